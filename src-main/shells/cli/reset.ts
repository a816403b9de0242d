import { IngotError } from '../../../src-shared/errors';
import { countRows } from '../../accounts/views/describe-database';
import { databaseTargetOf } from '../../settings/database-target';
import type { LoadedSettings } from '../../settings/load-settings';
import type { Settings } from '../../settings/schema';
import { checkSchema, hasSchema, migrate, recreateSchema } from '../../storage/migrate';
import { damagedOr, type OpenedDatabase } from '../../storage/open-database';
import { createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode, withHint } from '../process/failure';
import { backupsDirectoryOf, makeBackup, requireThere } from './backup-places';
import { confirm, requireAnswerer } from './confirm';
import { openChosenDatabase } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { formatRowCounts, isEmpty, type RowCounts } from './row-counts';
import { type CommandTools, replaceUnopenable } from './set-aside';

export interface ResetOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Make a backup first, if there is anything in it. */
  readonly backup: boolean;
}

/**
 * Empties the database, after saying what will be lost, asking, and making a backup. A directory that cannot
 * be opened is set aside instead.
 * @throws IngotError `invalid_input` if there is nobody to ask, or nothing that lasts to empty;
 *   `schema_mismatch` if it is another program's; as `writeBackup`, and then nothing was changed.
 */
export async function reset(loaded: LoadedSettings, options: ResetOptions): Promise<ExitCode> {
  const { settings } = loaded;
  if (settings.memory) {
    throw new IngotError('invalid_input', 'A database in memory is empty at every start: nothing to reset.');
  }
  requireAnswerer(options.yes, 'reset');
  requireThere(settings);
  const clock = createSystemClock();
  const { logger } = await openCommandLogs(loaded, { clock });
  const tools = { settings, clock, logger };
  let found: Found;
  try {
    found = await lookInto(tools);
  } catch (error) {
    return replaceUnopenable(error, tools, options);
  }
  try {
    return await empty(found, tools, options);
  } finally {
    await found.database.close();
  }
}

interface Found {
  readonly database: OpenedDatabase;
  /** Null if they cannot be counted. */
  readonly rows: RowCounts | null;
  /** Why this program cannot make a backup of such a schema; null if it can. */
  readonly whyNoBackup: string | null;
}

/** Opens it as it is: a schema that this program cannot bring up to date is a reason to start afresh. */
async function lookInto({ settings, clock, logger }: CommandTools): Promise<Found> {
  const database = await openChosenDatabase(settings, { clock, logger, migrated: false });
  try {
    if (!(await hasSchema(database))) {
      throw new IngotError(
        'invalid_input',
        `There is nothing of Ingot's in ${database.location} yet: nothing to empty.`,
      );
    }
    const whyNoBackup = await whyUnknown(database);
    return { database, whyNoBackup, rows: await countRows(database).catch(() => null) };
  } catch (error) {
    await database.close();
    throw damagedThere(error, settings);
  }
}

async function whyUnknown(database: OpenedDatabase): Promise<string | null> {
  try {
    await checkSchema(database);
    return null;
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'schema_mismatch') throw error;
    return error.message;
  }
}

/** What cannot be looked into on a server is not damaged for that. */
function damagedThere(error: unknown, settings: Settings): unknown {
  const target = databaseTargetOf(settings);
  return target.kind === 'data-dir' ? damagedOr(error, target.dataDir) : error;
}

async function empty(
  { database, rows, whyNoBackup }: Found,
  { settings, clock, logger: root }: CommandTools,
  { yes, backup }: ResetOptions,
): Promise<ExitCode> {
  const logger = root.child({ component: 'cli' });
  process.stderr.write(`${describeLoss(database.location, rows, backup ? whyNoBackup : null)}\n`);
  if (!yes && !(await confirm())) {
    process.stderr.write('Nothing was changed.\n');
    return EXIT.interrupted;
  }
  if (backup && whyNoBackup === null && !(rows && isEmpty(rows))) {
    const directory = backupsDirectoryOf(settings);
    const kept = await backUp(database, directory, { clock, logger });
    process.stderr.write(`What is there now is kept in ${kept}\n`);
  }
  await recreateSchema(database);
  logger.info({ location: database.location }, 'database emptied');
  process.stderr.write('Done: the database is empty.\n');
  return EXIT.done;
}

async function backUp(
  database: OpenedDatabase,
  directory: string,
  { clock, logger }: Pick<CommandTools, 'clock' | 'logger'>,
): Promise<string> {
  try {
    await migrate(database);
    return await makeBackup(database, directory, { clock, logger, reason: 'before reset' });
  } catch (error) {
    // A full disk, for one, says what to do about it.
    if (!(error instanceof IngotError) || error.details.hint !== undefined) throw error;
    throw withHint(
      error,
      'No backup can be made of it, so it was not emptied. To empty it without one, add --no-backup.',
    );
  }
}

/**
 * @param rows null if they cannot be counted.
 * @param whyNoBackup why none can be made; null if one can, or none is wanted.
 */
export function describeLoss(location: string, rows: RowCounts | null, whyNoBackup: string | null): string {
  const lost = rows === null ? 'everything that Ingot keeps there' : formatRowCounts(rows);
  const loss = `This empties ${location}: ${lost} will be lost.`;
  if (whyNoBackup === null) return loss;
  return `${loss}\nNo backup can be made of it. ${whyNoBackup} The version of Ingot that made it can make one.`;
}
