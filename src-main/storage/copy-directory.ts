import { constants } from 'node:fs';
import { copyFile, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes } from '../../src-shared/amounts';
import { IngotError } from '../../src-shared/errors';
import { unusableDirectory } from '../database/data-directory';
import type { Queryable, Statement } from '../database/database';
import { makeDirectory } from '../database/make-directory';

/**
 * Copies an open data directory, as Postgres' own base backups do: the files are copied while they change, and the log from the
 * beginning of the copy to its end makes them whole when the copy is opened. See
 * https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
 */

/** Keeps the log until it is copied: a checkpoint would remove it. It ends with the session. */
const keepLog: Statement = {
  name: 'copy_keep_log',
  deadline: 'read',
  text: "SELECT pg_create_physical_replication_slot('ingot_copy', true, true)",
};
const dropLog: Statement = {
  name: 'copy_drop_log',
  deadline: 'read',
  text: "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'ingot_copy'",
};
/** Makes a checkpoint. */
const begin: Statement = {
  name: 'copy_begin',
  deadline: 'maintenance',
  text: "SELECT pg_backup_start('ingot', true)",
};
const end: Statement = {
  name: 'copy_end',
  deadline: 'maintenance',
  text: 'SELECT labelfile AS label FROM pg_backup_stop(false)',
};

/** Folders that a copy has empty: its queries leave the one, and it has no use for the other. */
const LEFT_EMPTY = new Set(['pgsql_tmp', 'pg_replslot']);
const LOG = 'pg_wal';
/** What a copy is as of: the last that happened. */
export const FIND_SEQ =
  'SELECT greatest((SELECT max(seq) FROM account_updates), (SELECT max(seq) FROM settled_callbacks), 0)';
/** What must stay free on the disk beside the copy: it grows while it is opened. */
const SPARE_BYTES = 128 * 2 ** 20;

/** The bytes of the files of a data directory, and how many are free on the disk where its copy goes. */
export interface CopyRoom {
  readonly sizeBytes: number;
  readonly freeBytes: number;
}

/** @param dataDir Ingot's. @throws IngotError `database_unusable`. */
export async function measureCopy(dataDir: string): Promise<CopyRoom> {
  try {
    let sizeBytes = 0;
    for (const folder of ['', LOG]) {
      for await (const { path } of entriesOf(join(dataDir, 'pg'), folder)) {
        const found = await stat(join(dataDir, 'pg', path)).catch(ignoreMissing);
        sizeBytes += found?.size ?? 0;
      }
    }
    const { bavail, bsize } = await statfs(dataDir);
    return { sizeBytes, freeBytes: bavail * bsize };
  } catch (error) {
    throw unusableDirectory(dataDir, error);
  }
}

/**
 * Copies Postgres' files of an open data directory. Writers go on meanwhile; they wait only for the checkpoint at the beginning.
 * Where the file system can, the copy shares its blocks with the original.
 *
 * @param target a directory. One that exists is removed first. After a failure it does not exist.
 * @throws IngotError `disk_full`, also if the room would not be enough; the reason of `signal`.
 */
export async function copyDataDirectory(
  database: Pick<Queryable, 'query'>,
  dataDir: string,
  target: string,
  signal: AbortSignal,
): Promise<CopyRoom> {
  const source = join(dataDir, 'pg');
  await rm(target, { recursive: true, force: true });
  const room = await measureCopy(dataDir);
  const { sizeBytes, freeBytes } = room;
  if (freeBytes < sizeBytes + SPARE_BYTES) {
    const message = `A copy of the database takes ${formatBytes(sizeBytes)}, and ${formatBytes(freeBytes)} are free on its disk.`;
    throw new IngotError('disk_full', message, { hint: 'Free disk space and try again.' });
  }
  try {
    await database.query(keepLog);
    try {
      await database.query(begin);
      let label: string | undefined;
      try {
        makeDirectory(target);
        await copyTree(source, target, '', signal);
      } finally {
        // Also after a failure: the session holds one at most.
        label = (await database.query<{ label: string }>(end)).rows[0]?.label;
      }
      await copyTree(source, target, LOG, signal);
      await writeFile(join(target, 'backup_label'), label ?? '');
    } finally {
      await database.query(dropLog);
    }
    return room;
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    signal.throwIfAborted();
    if (error instanceof IngotError) throw error;
    throw unusableDirectory(dirname(target), error);
  }
}

async function copyTree(source: string, target: string, folder: string, signal: AbortSignal): Promise<void> {
  for await (const { path, isFolder } of entriesOf(source, folder)) {
    signal.throwIfAborted();
    if (isFolder) makeDirectory(join(target, path));
    else {
      const copied = copyFile(join(source, path), join(target, path), constants.COPYFILE_FICLONE);
      await copied.catch(ignoreMissing);
    }
  }
}

/** What is in a folder and in those below it, without the log. */
async function* entriesOf(
  root: string,
  folder: string,
): AsyncGenerator<{ readonly path: string; readonly isFolder: boolean }> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory();
    yield { path, isFolder };
    if (isFolder && path !== LOG && !LEFT_EMPTY.has(entry.name)) yield* entriesOf(root, path);
  }
}

/** A table or a segment of the log that was removed meanwhile. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
