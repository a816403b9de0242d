import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { unusableDirectory } from '../database/data-directory';
import { lockDirectory } from '../database/lock';

/** What makes the database; the lock, backups and preferences beside it stay where they are. */
const DATABASE_FILES = ['pg.unfinished', 'pg'];

/**
 * Moves a database that cannot be opened out of the way, whole, within its data directory: no room is
 * needed, and nothing is read or changed. The next start finds no database there and makes one.
 *
 * @returns where it is now.
 * @throws IngotError `database_unusable` if another program holds it, or nothing can be moved.
 */
export async function setAside(dataDir: string, nowMs: number): Promise<string> {
  const lock = await lockDirectory(dataDir, { program: 'ingot', nowMs });
  try {
    const stamp = new Date(nowMs).toISOString().replace(/[-:.]/g, '');
    const keptAt = join(dataDir, `set-aside-${stamp}`);
    await mkdir(keptAt);
    for (const name of DATABASE_FILES) {
      await rename(join(dataDir, name), join(keptAt, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    return keptAt;
  } catch (error) {
    throw unusableDirectory(dataDir, error);
  } finally {
    lock.release();
  }
}
