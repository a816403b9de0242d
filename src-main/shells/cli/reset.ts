import { IngotError } from '../../../src-shared/errors';
import { countRows } from '../../accounts/views/describe-database';
import { migrate, recreateSchema } from '../../database/migrate';
import type { OpenedDatabase } from '../../database/open-database';
import { createSystemClock } from '../../engine/clock';
import type { LoadedSettings } from '../../settings/load-settings';
import { EXIT, type ExitCode } from '../process/failure';
import { backupsDirectoryOf, makeBackup } from './backup-places';
import { confirm, requireAnswerer } from './confirm';
import { openChosenDatabase } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { formatRowCounts, isEmpty, type RowCounts } from './row-counts';

export interface ResetOptions {
  readonly yes: boolean;
  /** Make a backup first, if there is anything in it. */
  readonly backup: boolean;
}

/**
 * Empties the database, after saying what will be lost, asking, and making a backup.
 * @throws IngotError `invalid_input` if there is nobody to ask, or nothing that lasts to empty; as
 *   `writeBackup`, and then nothing was changed.
 */
export async function reset(loaded: LoadedSettings, { yes, backup }: ResetOptions): Promise<ExitCode> {
  const { settings } = loaded;
  if (settings.memory) {
    throw new IngotError('invalid_input', 'A database in memory is empty at every start: nothing to reset.');
  }
  requireAnswerer(yes, 'reset');
  const clock = createSystemClock();
  const { logger: root } = await openCommandLogs(loaded, { clock });
  const logger = root.child({ component: 'cli' });
  // As it is: a schema that this program cannot bring up to date is a reason to start afresh.
  const database = await openChosenDatabase(settings, { clock, logger: root, migrated: false });
  try {
    const rows = await countRows(database).catch(() => null);
    process.stderr.write(`${describeLoss(database.location, rows)}\n`);
    if (!yes && !(await confirm())) {
      process.stderr.write('Nothing was changed.\n');
      return EXIT.interrupted;
    }
    if (backup && rows && !isEmpty(rows) && (await isUpToDate(database))) {
      const reason = 'before reset';
      const kept = await makeBackup(database, backupsDirectoryOf(settings), { clock, logger, reason });
      process.stderr.write(`What is there now is kept in ${kept}\n`);
    }
    await recreateSchema(database);
    logger.info({ location: database.location }, 'database emptied');
    process.stderr.write('Done: the database is empty.\n');
    return EXIT.done;
  } finally {
    await database.close();
  }
}

/** Only a schema that this program knows can be backed up. */
async function isUpToDate(database: OpenedDatabase): Promise<boolean> {
  try {
    await migrate(database);
    return true;
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'schema_mismatch') throw error;
    process.stderr.write('No backup can be made of it: this program does not know its schema.\n');
    return false;
  }
}

/** @param rows null if they cannot be counted: the schema is not one that this program knows. */
export function describeLoss(location: string, rows: RowCounts | null): string {
  const lost = rows === null ? 'everything that Ingot keeps there' : formatRowCounts(rows);
  return `This empties ${location}: ${lost} will be lost.`;
}
