import { rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import { unusableDirectory } from '../database/data-directory';
import { syncNames } from '../database/durable-files';
import { lockDirectory } from '../database/lock';
import { MARK_FILE } from './high-water';
import { threadsEnded } from './open-database';

/**
 * Moves a database that cannot be opened aside, so that the directory can start empty: renames `<dataDir>/pg` to
 * `<dataDir>/pg.aside-<time>`, and its high-water mark likewise. Deletes nothing and takes no disk space.
 *
 * @param nowMs whole milliseconds since 1970.
 * @returns the new path.
 * @throws IngotError `not_found` if there is no database; `database_unusable` if another process holds the directory, or if it
 * cannot be written.
 */
export async function copyAside(dataDir: string, nowMs: number): Promise<string> {
  const home = resolve(dataDir);
  if (!(await isThere(join(home, 'pg'))) && !(await isThere(join(home, MARK_FILE)))) {
    throw new IngotError('not_found', `There is no database in ${home}.`);
  }
  const lock = await lockDirectory(home, { program: 'ingot, setting a database aside', nowMs });
  try {
    // Windows cannot rename what a thread of ours still has open.
    await threadsEnded();
    const aside = await findFreeName(join(home, `pg.aside-${stampOf(nowMs)}`));
    // The mark goes first: if the process ends here, the database stays as it was.
    await renameIfThere(join(home, MARK_FILE), `${aside}.${MARK_FILE}`);
    await renameIfThere(join(home, 'pg.unfinished'), `${aside}.unfinished`);
    await renameIfThere(join(home, 'pg'), aside);
    await syncNames(home);
    return aside;
  } catch (error) {
    throw unusableDirectory(home, error);
  } finally {
    lock.release();
  }
}

/** `20261122T200000Z`: sorts by time, and is a valid file name everywhere. */
function stampOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

async function findFreeName(wanted: string): Promise<string> {
  for (let turn = 1; ; turn += 1) {
    const name = turn === 1 ? wanted : `${wanted}-${turn}`;
    if (!(await isThere(name))) return name;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw unusableDirectory(path, error);
    },
  );
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
