import { fstatSync } from 'node:fs';
import pc from 'picocolors';

type Variables = Readonly<Record<string, string | undefined>>;

/** What an output stream can show. All decisions on colours and redrawing are made here. */
export interface Terminal {
  /** A person reads it: words instead of JSON. */
  readonly isTerminal: boolean;
  readonly hasColors: boolean;
  /** The cursor can be moved. Without that there is no progress line, and lines are as in a pipe. */
  readonly canRedraw: boolean;
}

/** By https://no-color.org, `FORCE_COLOR` for the opposite, and `TERM=dumb`: a terminal that only appends. */
export function describeTerminal(
  { isTTY = false }: { readonly isTTY?: boolean | undefined },
  { TERM, NO_COLOR, FORCE_COLOR }: Variables = process.env,
): Terminal {
  const canRedraw = isTTY && TERM !== 'dumb';
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  const hasColors = !NO_COLOR && (FORCE_COLOR === undefined ? canRedraw : isForced);
  return { isTerminal: isTTY, hasColors, canRedraw };
}

/** For standard output. */
export function outputColors() {
  return pc.createColors(describeTerminal(process.stdout).hasColors);
}

/** Whether standard output and standard error are the same terminal. */
export function shareTerminal(): boolean {
  if (!process.stdout.isTTY || !process.stderr.isTTY) return false;
  const [out, err] = [fstatSync(1), fstatSync(2)];
  return out.rdev === err.rdev && out.ino === err.ino;
}
