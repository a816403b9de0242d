import { pino } from 'pino';

export interface TerminalLogOptions {
  /** For a person at a terminal; else one JSON object a line. */
  readonly pretty: boolean;
  /** Only with `pretty`. */
  readonly colors?: boolean;
  /** Standard error if left out, written synchronously, so that the last words of a crash are not lost. */
  readonly destination?: { write(text: string): void };
}

/** Lines of the log as a terminal, or whoever reads standard error, gets them. */
export async function openTerminalLog({
  pretty,
  colors = false,
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
  });
  return { write: (line) => void out.write(prettify(line)) };
}
