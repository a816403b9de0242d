import { createInterface } from 'node:readline/promises';
import { IngotError } from '../../../src-shared/errors';

/** @throws IngotError `invalid_input` if there is nobody to ask and no `--yes`. */
export function requireAnswerer(yes: boolean, what: string): void {
  if (yes || process.stdin.isTTY) return;
  throw new IngotError(
    'invalid_input',
    `There is no terminal to ask on. To ${what} without asking, add --yes.`,
  );
}

/** Whatever is not a clear yes is a no: an empty line, Ctrl-C, Ctrl-D. */
export async function confirm(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const leaving = new AbortController();
  terminal.on('SIGINT', () => leaving.abort());
  terminal.on('close', () => leaving.abort());
  try {
    const answer = await terminal.question('Type "yes" to go on: ', { signal: leaving.signal });
    return answer.trim().toLowerCase() === 'yes';
  } catch {
    process.stderr.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
