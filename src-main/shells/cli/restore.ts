import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import { countRows } from '../../accounts/views/describe-database';
import { countPendingCallbacks } from '../../callbacks/sql/waiting';
import type { LoadedSettings } from '../../settings/load-settings';
import { verifyBackup } from '../../storage/read-backup';
import { checkSchemaVersion, restoreBackup } from '../../storage/restore-backup';
import { createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { backupsDirectoryOf, makeBackup } from './backup-places';
import { confirm, requireAnswerer } from './confirm';
import { formatCount } from './durations';
import { openChosenDatabase } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { formatRowCounts, isEmpty, rowCountsOf } from './row-counts';

/**
 * Puts a backup in the place of everything in the database, after checking the whole backup, saying what
 * will be replaced, asking, and making a backup of it.
 * @throws IngotError `source_unreadable` if the file is not there; else as `openDatabase`, `writeBackup` and
 *   `restoreBackup`: nothing was changed then.
 */
export async function restore(
  file: string,
  loaded: LoadedSettings,
  { yes }: { readonly yes: boolean },
): Promise<ExitCode> {
  const { settings } = loaded;
  if (settings.memory) {
    throw new IngotError(
      'invalid_input',
      'A database in memory ends with the program: nothing to restore into.',
    );
  }
  requireAnswerer(yes, 'restore');
  const path = resolve(file);
  if (!existsSync(path)) throw new IngotError('source_unreadable', `${file} is not there.`);
  const { header } = await verifyBackup(path);
  checkSchemaVersion(header);

  const clock = createSystemClock();
  const { logger: root } = await openCommandLogs(loaded, { clock });
  const logger = root.child({ component: 'cli' });
  const database = await openChosenDatabase(settings, { clock, logger: root });
  try {
    const restored = formatRowCounts(rowCountsOf(header.rows));
    const made = new Date(header.madeAtMs).toISOString();
    process.stderr.write(`The backup of ${made} is whole: ${restored}.\n`);
    const before = await countRows(database);
    if (isEmpty(before)) {
      process.stderr.write(`${database.location} is empty.\n`);
    } else {
      process.stderr.write(`It replaces what is in ${database.location}: ${formatRowCounts(before)}.\n`);
      if (!yes && !(await confirm())) {
        process.stderr.write('Nothing was changed.\n');
        return EXIT.interrupted;
      }
      const reason = 'before restore';
      const kept = await makeBackup(database, backupsDirectoryOf(settings), { clock, logger, reason });
      process.stderr.write(`What is there now is kept in ${kept}\n`);
    }
    await restoreBackup(database, path, clock.now());
    logger.info({ path, rows: rowCountsOf(header.rows) }, 'backup restored');
    const pending = await countPendingCallbacks(database);
    const waiting =
      pending === 0 ? '' : ` Pending callbacks (${formatCount(pending)}) wait until you resume their runs.`;
    process.stderr.write(`Done: ${restored}.${waiting}\n`);
    return EXIT.done;
  } finally {
    await database.close();
  }
}
