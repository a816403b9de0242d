import { EXIT } from '../process/failure';

/** Command lines to begin with, each with what it is for. */
export function formatExamples(examples: readonly (readonly [line: string, meaning: string])[]): string {
  const width = examples.reduce((widest, [line]) => Math.max(widest, line.length), 0);
  return `\nExamples:\n${examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`).join('\n')}\n`;
}

export const EXIT_CODES_HELP = `
Exit codes:
  ${EXIT.done}    done
  ${EXIT.failed}    the run failed, or every record was rejected
  ${EXIT.misused}    wrong usage, or a source that cannot be read
  ${EXIT.interrupted}  interrupted; pending callbacks stay pending in the database
`;
