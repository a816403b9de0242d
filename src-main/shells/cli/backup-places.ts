import { existsSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { IngotError } from '../../../src-shared/errors';
import type { Database } from '../../database/database';
import { createBackups } from '../../host/backups';
import type { Logger } from '../../observability/logger';
import { databaseTargetOf } from '../../settings/database-target';
import type { Settings } from '../../settings/schema';
import type { BackupReason } from '../../storage/backup-format';
import { MARK_FILE } from '../../storage/high-water';
import type { Clock } from '../../time/clock';

/** Where the window looks for backups of the same database. */
export function backupsDirectoryOf(settings: Settings): string {
  const target = databaseTargetOf(settings);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data;
  return join(dataDir, 'backups');
}

/**
 * Opening a data directory makes a database where there is none: to be called first by whoever needs one.
 * @throws IngotError `invalid_input` if the settings name a data directory in which none was made yet.
 */
export function requireThere(settings: Settings): void {
  const target = databaseTargetOf(settings);
  if (target.kind !== 'data-dir') return;
  const { dataDir } = target;
  // One whose files are gone was made once: opening it says so.
  if (existsSync(join(dataDir, 'pg')) || existsSync(join(dataDir, MARK_FILE))) return;
  throw new IngotError('invalid_input', `There is no database in ${dataDir} yet.`);
}

/** Writes a backup under a name of its own; gives its path. Throws as `writeBackup` does. */
export async function makeBackup(
  database: Database,
  directory: string,
  { clock, logger, reason }: { clock: Clock; logger: Logger; reason: BackupReason },
): Promise<string> {
  const { name } = await createBackups(directory, clock, logger).make(database, reason);
  return join(directory, name);
}
