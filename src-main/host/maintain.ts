import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { IngotError } from '../../src-shared/errors';
import type { Health } from '../../src-shared/health';
import type { RetentionInfo, RetentionSettings } from '../../src-shared/retention';
import type { SpaceInfo } from '../../src-shared/spaces';
import type { DatabaseInfo } from '../../src-shared/views';
import { countRows } from '../accounts/views/describe-database';
import { countPendingCallbacks } from '../callbacks/sql/waiting';
import { createHealth } from '../observability/health';
import { createVitals } from '../observability/vitals';
import { lookAtRetention } from '../runs/retention';
import { databaseTargetOf } from '../settings/database-target';
import type { Settings } from '../settings/schema';
import type { BackupReason } from '../storage/backup-format';
import { copyAside } from '../storage/copy-aside';
import { MARK_FILE, readMark } from '../storage/high-water';
import { landedMigrations } from '../storage/landed-migrations';
import { checkSchema, hasSchema, migrate, recreateSchema } from '../storage/migrate';
import { damagedOr, type OpenedDatabase, openDatabase } from '../storage/open-database';
import { readBackupHeader, verifyBackup } from '../storage/read-backup';
import { checkSchemaVersion, restoreBackup } from '../storage/restore-backup';
import { saveRetention } from '../storage/retention';
import { deleteSpace, listSpaces } from '../storage/spaces';
import { writeBackup } from '../storage/write-backup';
import type { Clock } from '../time/clock';
import { createBackups } from './backups';
import { openStored, type ProgramTools } from './open-program';

/*
 * What a command does to a whole database. Windows do the same through the contract; a command also takes a database
 * that no engine can work on: one with the schema of another version, or one that cannot be opened at all.
 */

export type RowCounts = DatabaseInfo['rows'];

/**
 * To be called before a command opens a database that it does not want to make.
 * @throws IngotError `invalid_input` if the settings name a data directory in which none was made yet.
 */
export function requireDatabase(settings: Settings): void {
  const target = databaseTargetOf(settings);
  if (target.kind !== 'data-dir') return;
  const { dataDir } = target;
  // A directory whose files are gone had a database once: opening it says so.
  if (existsSync(join(dataDir, 'pg')) || existsSync(join(dataDir, MARK_FILE))) return;
  throw new IngotError('invalid_input', `There is no database in ${dataDir} yet.`);
}

export interface MadeBackup {
  readonly path: string;
  /** Where the database is. */
  readonly location: string;
  readonly rows: RowCounts;
  readonly sizeBytes: number;
}

/**
 * Writes everything to one file: `path` if it is given and no directory, else under a name of its own.
 * @throws IngotError `invalid_input` if the file cannot be written; else as `openDatabase` and `writeBackup`.
 */
export async function backUp(
  settings: Settings,
  tools: ProgramTools,
  place: { readonly kind: 'file' | 'directory'; readonly path: string } | null,
): Promise<MadeBackup> {
  const database = await openToRead(settings, tools);
  const { kind, path: chosen } = place ?? { kind: 'directory', path: backupsDirectoryOf(settings) };
  try {
    const reason = 'asked';
    const making =
      kind === 'directory'
        ? makeBackup(database, chosen, tools, reason)
        : writeBackup(database, {
            path: chosen,
            madeAtMs: tools.clock.now(),
            reason,
            schemaVersion: landedMigrations.length,
          }).then(() => chosen);
    const path = await making.catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof IngotError || code === undefined) throw error;
      throw new IngotError('invalid_input', `No backup can be written to ${chosen}: ${code}.`, {}, error);
    });
    const { rows } = await readBackupHeader(path);
    return { path, location: database.location, rows: rowCountsOf(rows), sizeBytes: statSync(path).size };
  } finally {
    await database.close();
  }
}

/** A backup that was read to its end and can be restored. */
export interface CheckedBackup {
  readonly path: string;
  readonly madeAtMs: number;
  readonly rows: RowCounts;
}

/** @throws IngotError as `verifyBackup` and `checkSchemaVersion`. */
export async function checkBackup(path: string): Promise<CheckedBackup> {
  const { header } = await verifyBackup(path);
  checkSchemaVersion(header);
  return { path, madeAtMs: header.madeAtMs, rows: rowCountsOf(header.rows) };
}

/** A database that is open to be replaced as a whole. */
export interface ReplaceableDatabase {
  readonly location: string;
  /** Null if they cannot be counted. */
  readonly rows: RowCounts | null;
  /** Why this program cannot make a backup of such a schema; null if it can. */
  readonly whyNoBackup: string | null;
  /** Keeps a backup where the window looks for them; gives its path. */
  keepBackup(reason: BackupReason): Promise<string>;
  empty(): Promise<void>;
  /** Gives how many callbacks wait in what was restored. */
  restore(backup: CheckedBackup): Promise<number>;
  close(): Promise<void>;
}

/** @throws IngotError as `openDatabase`: nothing was changed then. */
export async function openToRestore(settings: Settings, tools: ProgramTools): Promise<ReplaceableDatabase> {
  const database = await openStored(settings, tools);
  try {
    return replaceable(database, settings, tools, await countRows(database), null);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Opens a database as it is: a schema that this program cannot bring up to date is a reason to start afresh.
 * @throws IngotError `invalid_input` if there is nothing of Ingot's in it; else as `openDatabase`.
 */
export async function openToReset(settings: Settings, tools: ProgramTools): Promise<ReplaceableDatabase> {
  const database = await openStored(settings, { ...tools, migrated: false });
  try {
    if (!(await hasSchema(database))) {
      throw new IngotError(
        'invalid_input',
        `There is nothing of Ingot's in ${database.location} yet: nothing to empty.`,
      );
    }
    const whyNoBackup = await whyUnknown(database);
    const rows = await countRows(database).catch(() => null);
    return replaceable(database, settings, tools, rows, whyNoBackup);
  } catch (error) {
    await database.close();
    const target = databaseTargetOf(settings);
    // What fails on a server does not mean that it is damaged.
    throw target.kind === 'data-dir' ? damagedOr(error, target.dataDir) : error;
  }
}

function replaceable(
  database: OpenedDatabase,
  settings: Settings,
  tools: ProgramTools,
  rows: RowCounts | null,
  whyNoBackup: string | null,
): ReplaceableDatabase {
  const { location } = database;
  const logger = tools.logger.child({ component: 'cli' });
  return {
    location,
    rows,
    whyNoBackup,
    async keepBackup(reason) {
      await migrate(database);
      return makeBackup(database, backupsDirectoryOf(settings), tools, reason);
    },
    async empty() {
      await recreateSchema(database);
      logger.info({ location }, 'database emptied');
    },
    async restore({ path, rows: restored }) {
      await restoreBackup(database, path, tools.clock.now());
      logger.info({ path, rows: restored }, 'backup restored');
      return countPendingCallbacks(database);
    },
    close: () => database.close(),
  };
}

/** The directory of a database that cannot be opened, and that may be set aside. */
export interface UnopenableDatabase {
  readonly message: string;
  /**
   * Sets it aside, whole, and makes an empty database in its place.
   * @returns where it is kept; null if its files were gone. @throws IngotError as `copyAside`.
   */
  setAside(): Promise<string | null>;
}

/** @throws `refusal` if setting the directory aside would not help, or if nothing says that Ingot made it. */
export async function findUnopenable(
  refusal: unknown,
  settings: Settings,
  tools: ProgramTools,
): Promise<UnopenableDatabase> {
  const target = databaseTargetOf(settings);
  // Not one that another program holds, or that this one may not write to.
  const isBeyondOpening =
    refusal instanceof IngotError &&
    (refusal.details.trouble === 'damaged' || refusal.details.trouble === 'postgres_version');
  if (target.kind !== 'data-dir' || !isBeyondOpening) throw refusal;
  const { dataDir } = target;
  // A mistyped path must not take the files of a server that lie in a folder of that name.
  if ((await readMark(dataDir)) === null) {
    const hint = `Nothing says that Ingot made it. If it is yours to set aside, rename ${join(dataDir, 'pg')} and begin again.`;
    throw withHint(refusal, hint);
  }
  return {
    message: refusal.message,
    async setAside() {
      const aside = await copyAside(dataDir, tools.clock.now());
      const keptAt = existsSync(aside) ? aside : null;
      tools.logger.child({ component: 'cli' }).info({ dataDir, keptAt }, 'database set aside');
      return keptAt;
    },
  };
}

/** The spaces of a database, without an engine on any of them. */
export interface OpenSpaces {
  list(): Promise<readonly SpaceInfo[]>;
  /** @throws IngotError `not_found` */
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws IngotError as `openDatabase`. */
export async function openSpaces(
  settings: Settings,
  tools: ProgramTools & { readonly onlyReads?: boolean },
): Promise<OpenSpaces> {
  const database = await openStored(settings, { ...tools, migrated: !tools.onlyReads });
  return {
    list: () => listSpaces(database),
    remove: (name) => deleteSpace(database, name),
    close: () => database.close(),
  };
}

/** How long the history of a database is kept, without an engine on it. */
export interface OpenRetention {
  /** Where the database is. */
  readonly location: string;
  info(): Promise<RetentionInfo>;
  /** The next program that ingests removes what is older. */
  set(settings: RetentionSettings): Promise<void>;
  close(): Promise<void>;
}

/** @throws IngotError as `openDatabase`. */
export async function openRetention(
  settings: Settings,
  tools: ProgramTools & { readonly onlyReads?: boolean },
): Promise<OpenRetention> {
  const database = await openStored(settings, tools);
  return {
    location: database.location,
    info: () => lookAtRetention(database, tools.clock.now()),
    set: (limits) => saveRetention(database, limits),
    close: () => database.close(),
  };
}

/** Makes a database where there is none, and brings its schema up to date. */
export async function bringUpToDate(settings: Settings, tools: ProgramTools): Promise<void> {
  await (await openStored(settings, tools)).close();
}

/** The same error, with another thing to do about it. */
export function withHint({ code, message, details, cause }: IngotError, hint: string): IngotError {
  return new IngotError(code, message, { ...details, hint }, cause);
}

/**
 * The health of a database that no program has.
 * @throws IngotError with `trouble: 'held'` if one has it, and can be asked itself.
 */
export async function checkDatabaseHealth(settings: Settings, clock: Clock): Promise<Health> {
  const target = databaseTargetOf(settings);
  let database: OpenedDatabase | null = null;
  let refusal: unknown = null;
  try {
    const looking = target.kind === 'server' ? { ...target, readOnly: true } : target;
    database = await openDatabase(looking, { program: 'ingot health', nowMs: clock.now(), migrated: false });
  } catch (error) {
    if (error instanceof IngotError && error.details.trouble === 'held') throw error;
    refusal = error;
  }
  try {
    const vitals = createVitals({
      clock,
      database: () => {
        if (database) return database;
        throw refusal;
      },
      directory: () => (target.kind === 'data-dir' ? target.dataDir : null),
    });
    return await createHealth({ vitals, loopDelayMs: () => null, firing: () => 'nobody' })();
  } finally {
    await database?.close();
  }
}

/** Where the window looks for backups of the same database. */
function backupsDirectoryOf(settings: Settings): string {
  const target = databaseTargetOf(settings);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : envPaths('ingot', { suffix: '' }).data;
  return join(dataDir, 'backups');
}

/** Under a name of its own; gives its path. Throws as `writeBackup` does. */
async function makeBackup(
  database: OpenedDatabase,
  directory: string,
  { clock, logger }: ProgramTools,
  reason: BackupReason,
): Promise<string> {
  const backups = createBackups(directory, clock, logger.child({ component: 'cli' }));
  return join(directory, (await backups.make(database, reason)).name);
}

/** Beside a run that is under way, on a server. Only a schema that is missing or older has to be brought up to date first. */
async function openToRead(settings: Settings, tools: ProgramTools): Promise<OpenedDatabase> {
  const open = () => openStored(settings, { ...tools, onlyReads: true });
  try {
    return await open();
  } catch (error) {
    const isOlder = error instanceof IngotError && error.details.trouble === 'schema_older';
    if (!isOlder) throw error;
    await bringUpToDate(settings, tools);
    return open();
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

/** The counts that a backup was written with. */
function rowCountsOf(rows: Readonly<Record<string, number>>): RowCounts {
  return {
    accounts: rows.accounts ?? 0,
    accountUpdates: rows.account_updates ?? 0,
    runs: rows.runs ?? 0,
    rejects: rows.rejects ?? 0,
  };
}
