import { fstatSync } from 'node:fs';

export interface ColorChoice {
  readonly isTTY: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Whether to colour what goes to a stream: https://no-color.org, and `FORCE_COLOR` for the other way. */
export function wantsColors({ isTTY, variables }: ColorChoice): boolean {
  if (variables.NO_COLOR) return false;
  const forced = variables.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY && variables.TERM !== 'dumb';
}

/** Whether standard output and standard error end up on the same screen. */
export function shareTerminal(): boolean {
  if (!process.stdout.isTTY || !process.stderr.isTTY) return false;
  const [out, err] = [fstatSync(1), fstatSync(2)];
  return out.rdev === err.rdev && out.ino === err.ino;
}
