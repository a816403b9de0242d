import { createInterface } from 'node:readline/promises';
import { IngotError } from '../../../src-shared/errors';
import type { DatabaseInfo } from '../../../src-shared/views';
import { countRows } from '../../accounts/views/describe-database';
import { recreateSchema } from '../../database/migrate';
import { createSystemClock } from '../../engine/clock';
import { createLogger } from '../../observability/logger';
import type { Settings } from '../../settings/schema';
import { EXIT, type ExitCode } from '../process/failure';
import { formatCount } from './durations';
import { openChosenDatabase } from './open-chosen-database';

/**
 * Empties the database, after saying what will be lost and asking.
 * @throws IngotError `invalid_input` if there is nobody to ask, or nothing that lasts to empty.
 */
export async function reset(settings: Settings, { yes }: { readonly yes: boolean }): Promise<ExitCode> {
  if (settings.memory) {
    throw new IngotError('invalid_input', 'A database in memory is empty at every start: nothing to reset.');
  }
  if (!yes && !process.stdin.isTTY) {
    throw new IngotError('invalid_input', 'There is no terminal to ask on. To reset without asking: --yes');
  }
  const logger = await createLogger({ level: settings.logLevel, pretty: process.stderr.isTTY === true });
  // As it is: a schema that this program cannot bring up to date is a reason to start afresh.
  const database = await openChosenDatabase(settings, {
    clock: createSystemClock(),
    logger,
    migrated: false,
  });
  try {
    const rows = await countRows(database).catch(() => null);
    process.stderr.write(`${describeLoss(database.location, rows)}\n`);
    if (!yes && !(await confirm())) {
      process.stderr.write('Nothing was changed.\n');
      return EXIT.interrupted;
    }
    await recreateSchema(database);
    process.stderr.write('Done: the database is empty.\n');
    return EXIT.done;
  } finally {
    await database.close();
  }
}

/** @param rows null if they cannot be counted: the schema is not one that this program knows. */
export function describeLoss(location: string, rows: DatabaseInfo['rows'] | null): string {
  if (rows === null) return `This empties ${location}: everything that Ingot keeps there will be lost.`;
  const count = (value: number, one: string, many: string) =>
    `${formatCount(value)} ${value === 1 ? one : many}`;
  const lost = [
    count(rows.accounts, 'account', 'accounts'),
    count(rows.accountUpdates, 'update', 'updates'),
    count(rows.runs, 'run', 'runs'),
    count(rows.rejects, 'rejected record', 'rejected records'),
  ];
  return `This empties ${location}: ${lost.slice(0, -1).join(', ')} and ${lost.at(-1)} will be lost.`;
}

/** Whatever is not a clear yes is a no: an empty line, Ctrl-C, Ctrl-D. */
async function confirm(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const leaving = new AbortController();
  terminal.on('SIGINT', () => leaving.abort());
  terminal.on('close', () => leaving.abort());
  try {
    const answer = await terminal.question('Type "yes" to go on: ', { signal: leaving.signal });
    return answer.trim().toLowerCase() === 'yes';
  } catch {
    process.stderr.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
