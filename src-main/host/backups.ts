import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import type { BackupInfo } from '../../src-shared/views';
import type { Database } from '../database/database';
import { makeDirectory } from '../database/make-directory';
import type { Logger } from '../observability/logger';
import { type BackupReason, sumOf } from '../storage/backup-format';
import { landedMigrations } from '../storage/landed-migrations';
import { readBackupHeader } from '../storage/read-backup';
import { writeBackup } from '../storage/write-backup';
import type { Clock } from '../time/clock';

const SUFFIX = '.ndjson.gz';
const ID = /^ingot-\d{8}T\d{9}Z-[0-9a-f]{6}$/;
const DRAFT = /^ingot-\d{8}T\d{9}Z-[0-9a-f]{6}\.ndjson\.gz\.[0-9a-f]{8}\.partial$/;

/** The backups of one directory. */
export interface Backups {
  /** Latest first. Other files are omitted. */
  list(): Promise<readonly BackupInfo[]>;
  make(database: Database, reason: BackupReason): Promise<BackupInfo>;
  /** @throws IngotError `not_found`. */
  pathOf(backupId: string): Promise<string>;
}

export function createBackups(directory: string, clock: Clock, logger: Logger): Backups {
  const fileOf = (backupId: string) => join(directory, `${backupId}${SUFFIX}`);

  const describe = async (backupId: string): Promise<BackupInfo> => {
    const path = fileOf(backupId);
    const [{ size }, header] = await Promise.all([stat(path), readBackupHeader(path)]);
    return {
      backupId,
      name: basename(path),
      madeAtMs: header.madeAtMs,
      sizeBytes: size,
      rows: sumOf(header.rows),
      reason: header.reason,
    };
  };

  /** Drafts of killed processes. Only the holder of the data directory writes here. */
  const removeDrafts = async () => {
    const drafts = (await readdir(directory)).filter((name) => DRAFT.test(name));
    await Promise.all(drafts.map((name) => rm(join(directory, name), { force: true })));
  };

  return {
    async list() {
      const names = await readdir(directory).catch((error: unknown) => {
        // There is no backup yet. If the directory cannot be read, an empty list would be wrong.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        const why = (error as Error).message;
        throw new IngotError('source_unreadable', `The backups cannot be listed: ${why}.`, {}, error);
      });
      const ids = names.flatMap((name) => {
        const backupId = name.slice(0, -SUFFIX.length);
        return name.endsWith(SUFFIX) && ID.test(backupId) ? [backupId] : [];
      });
      const found = await Promise.all(
        ids.map((backupId) =>
          describe(backupId).catch((error: unknown) => {
            logger.warn({ err: error, backupId }, 'a file among the backups cannot be read');
            return null;
          }),
        ),
      );
      return found.filter((info) => info !== null).sort((a, b) => b.madeAtMs - a.madeAtMs);
    },
    async make(database, reason) {
      makeDirectory(directory);
      // Only a data directory has a high-water mark; other databases may share their backups with another Ingot.
      if (database.highWater) await removeDrafts();
      const madeAtMs = clock.now();
      const stamp = new Date(madeAtMs).toISOString().replace(/[-:.]/g, '');
      const backupId = `ingot-${stamp}-${randomBytes(3).toString('hex')}`;
      await writeBackup(database, {
        path: fileOf(backupId),
        madeAtMs,
        reason,
        schemaVersion: landedMigrations.length,
      });
      const made = await describe(backupId);
      const { name, rows, sizeBytes } = made;
      const durationMs = clock.now() - madeAtMs;
      logger.info({ name, reason, rows, sizeBytes, durationMs }, 'backup made');
      return made;
    },
    async pathOf(backupId) {
      // Only names from this file: no path into another directory.
      if (ID.test(backupId)) {
        const path = fileOf(backupId);
        if (
          await stat(path).then(
            (found) => found.isFile(),
            () => false,
          )
        )
          return path;
      }
      throw new IngotError('not_found', 'There is no such backup.');
    },
  };
}
