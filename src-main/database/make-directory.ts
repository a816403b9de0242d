import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and all that lead to it, if they are not there. Not by `recursive` of Node's own: where a
 * directory cannot be made though the one above it is there, as in /proc, Node 20 tries again without end, deaf to
 * signals.
 *
 * @throws the system's error
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    makeOne(path, mode);
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    makeDirectory(above, mode);
    makeOne(path, mode);
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Whatever the system says to one that is there: for the root of a disk, not all say that it exists.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
