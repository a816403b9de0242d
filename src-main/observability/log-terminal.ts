import { pino } from 'pino';

export interface TerminalLogOptions {
  /** For a person at a terminal; else one JSON object a line. */
  readonly pretty: boolean;
  /** Only with `pretty`. */
  readonly colors?: boolean;
  /** Only with `pretty`: shows where an error happened, not just what it says. */
  readonly stacks?: boolean;
  /** Standard error if left out, written synchronously, so that the last words of a crash are not lost. */
  readonly destination?: { write(text: string): void };
}

/** Lines of the log as a terminal, or whoever reads standard error, gets them. */
export async function openTerminalLog({
  pretty,
  colors = false,
  stacks = false,
  destination,
}: TerminalLogOptions): Promise<{ write(line: string): void }> {
  const out = destination ?? pino.destination({ dest: 2, sync: true });
  if (!pretty) return { write: (line) => void out.write(line) };
  // As a function, not as a stream or transport: entries keep their place among other lines of a terminal.
  const { prettyFactory } = await import('pino-pretty');
  const prettify = prettyFactory({
    colorize: colors,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    // Without its stack an error is one of the fields.
    ...(!stacks && { errorLikeObjectKeys: [] }),
  });
  return { write: (line) => void out.write(prettify(stacks ? line : withoutStack(line))) };
}

/** A person gets what an error says, and what to do about it, on the line itself. */
function withoutStack(line: string): string | object {
  const { err, ...entry } = JSON.parse(line);
  if (err === undefined) return line;
  const hint = err.details?.hint;
  return { ...entry, err: hint === undefined ? err.message : `${err.message} ${hint}` };
}
