import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a directory and its parents. Not with Node's `recursive`: if a directory cannot be created although its parent exists,
 * as in /proc, Node 20 retries forever and ignores signals.
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
    // Check whether it exists, whatever the error: for the root of a disk, not every system says that it exists.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
