import { existsSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { BackupReason } from '../../database/backup-format';
import type { Database } from '../../database/database';
import type { Clock } from '../../engine/clock';
import { createBackups } from '../../host/backups';
import type { Logger } from '../../observability/logger';
import { databaseTargetOf } from '../../settings/database-target';
import type { Settings } from '../../settings/schema';

/** Where the window looks for backups of the same database. */
export function backupsDirectoryOf(settings: Settings): string {
  const target = databaseTargetOf(settings);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data;
  return join(dataDir, 'backups');
}

/** False if the settings name a data directory in which no database was made yet. */
export function isThere(settings: Settings): boolean {
  const target = databaseTargetOf(settings);
  return target.kind !== 'data-dir' || existsSync(join(target.dataDir, 'pg'));
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
