import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { IngotError } from '../../../src-shared/errors';
import type { Database } from '../../database/database';
import type { Logger } from '../../observability/logger';
import type { LoadedSettings } from '../../settings/load-settings';
import type { Settings } from '../../settings/schema';
import { landedMigrations } from '../../storage/landed-migrations';
import type { OpenedDatabase } from '../../storage/open-database';
import { readBackupHeader } from '../../storage/read-backup';
import { writeBackup } from '../../storage/write-backup';
import { type Clock, createSystemClock } from '../../time/clock';
import { EXIT, type ExitCode } from '../process/failure';
import { backupsDirectoryOf, makeBackup, requireThere } from './backup-places';
import { openChosenDatabase } from './open-chosen-database';
import { openCommandLogs } from './open-command-logs';
import { formatRowCounts, rowCountsOf } from './row-counts';
import { writeOut } from './write-out';

/**
 * Writes everything to one file and prints its path on standard output.
 * @throws IngotError `invalid_input` if there is nothing to back up or the place is taken; else as
 *   `openDatabase` and `writeBackup`.
 */
export async function backup(
  loaded: LoadedSettings,
  { out }: { readonly out: string | undefined },
): Promise<ExitCode> {
  const { settings } = loaded;
  if (settings.memory) {
    throw new IngotError(
      'invalid_input',
      'A database in memory is empty at every start: nothing to back up.',
    );
  }
  requireThere(settings);
  const place = choosePlace(settings, out);
  const clock = createSystemClock();
  const { logger: root } = await openCommandLogs(loaded, { clock });
  const logger = root.child({ component: 'cli' });
  const database = await openToRead(settings, { clock, logger: root });
  try {
    const path = await write(database, place, clock, logger).catch((error: unknown) => {
      throw unwritable(place.path, error);
    });
    const { rows } = await readBackupHeader(path);
    const megabytes = (statSync(path).size / 1e6).toFixed(1);
    process.stderr.write(
      `Backed up ${database.location}: ${formatRowCounts(rowCountsOf(rows))}, ${megabytes} MB. ` +
        'Read back and found whole.\n',
    );
    await writeOut(`${path}\n`);
    return EXIT.done;
  } finally {
    await database.close();
  }
}

/** Beside a run that is under way, on a server. Only a schema that is missing or older has to be brought up to date first. */
async function openToRead(
  settings: Settings,
  tools: { readonly clock: Clock; readonly logger: Logger },
): Promise<OpenedDatabase> {
  const open = () => openChosenDatabase(settings, { ...tools, onlyReads: true });
  try {
    return await open();
  } catch (error) {
    const isOlder = error instanceof IngotError && error.details.trouble === 'schema_older';
    if (!isOlder) throw error;
    await (await openChosenDatabase(settings, tools)).close();
    return open();
  }
}

interface Place {
  readonly kind: 'file' | 'directory';
  readonly path: string;
}

function choosePlace(settings: Settings, out: string | undefined): Place {
  if (out === undefined) return { kind: 'directory', path: backupsDirectoryOf(settings) };
  const path = resolve(out);
  if (/[\\/]$/.test(out)) return { kind: 'directory', path };
  if (!existsSync(path)) return { kind: 'file', path };
  if (statSync(path).isDirectory()) return { kind: 'directory', path };
  throw new IngotError('invalid_input', `--out ${out} is there already: it is not overwritten.`, {
    hint: 'Choose another name, or a directory.',
  });
}

async function write(database: Database, place: Place, clock: Clock, logger: Logger): Promise<string> {
  const reason = 'asked';
  if (place.kind === 'directory') return makeBackup(database, place.path, { clock, logger, reason });
  await writeBackup(database, {
    path: place.path,
    madeAtMs: clock.now(),
    reason,
    schemaVersion: landedMigrations.length,
  });
  return place.path;
}

function unwritable(path: string, error: unknown): unknown {
  if (error instanceof IngotError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new IngotError('invalid_input', `No backup can be written to ${path}: ${code}.`, {}, error);
}
