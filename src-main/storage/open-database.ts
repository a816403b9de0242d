import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IngotError } from '../../src-shared/errors';
import type { AbandonableDatabase } from '../database/abandonable';
import { HOW_TO_REPLACE, TRY_AGAIN } from '../database/data-directory';
import type { HighWaterMark } from '../database/database';
import { faultError, isDamage } from '../database/faults';
import { type DirectoryLock, type LockHolder, lockDirectory } from '../database/lock';
import { type EmbeddedDatabase, openPglite } from '../database/pglite';
import type { ServerDatabase } from '../database/postgres';
import type { ThreadWatch } from '../database/thread-watch';
import type { Logger } from '../observability/logger';
import { adjustAccountOrders } from './account-orders';
import { countContent, openHighWaterMark, readMark } from './high-water';
import { landedMigrations } from './landed-migrations';
import { checkSchema, migrate, type OnMigrated, schemaOlder } from './migrate';
import { findSetback, type Setback } from './setback';

export type DatabaseTarget =
  | { readonly kind: 'data-dir'; readonly dataDir: string }
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'server';
      readonly url: string;
      /**
       * Looks on, beside the process that holds the database: takes no lock, changes nothing, and the server refuses every
       * write. False if left out.
       */
      readonly readOnly?: boolean;
    };

export interface OpenDatabaseOptions {
  /** What a person calls this program: a second one on the same database is told of it. */
  readonly program: string;
  /** Whole milliseconds since 1970, from the `Clock`. */
  readonly nowMs: number;
  /** False leaves the schema as it is, whatever that may be: for starting afresh. True if left out. */
  readonly migrated?: boolean;
  /** The root logger; nothing is logged if left out. */
  readonly logger?: Logger;
  /** Called once if the database is lost while it is open. It still has to be closed. */
  readonly onLost?: (error: IngotError) => void;
  /** Follows statements into the thread of an embedded database; nobody does if left out. */
  readonly watch?: ThreadWatch | undefined;
}

export interface OpenedDatabase extends AbandonableDatabase {
  /** 0 if the schema was left as it is. */
  readonly schemaVersion: number;
  /** What it had acknowledged and came back without, told at this start only; null if nothing is missing. */
  readonly cameBackEarlier: Setback | null;
  /** Finds who holds a database that was opened read-only: null if nobody does. Null: this process holds it. */
  readonly findHolder: (() => Promise<LockHolder | null>) | null;
}

/**
 * The one door to the database: takes it for this process alone, opens, and brings the schema up to date. Closing lets
 * go of it.
 *
 * @throws IngotError `database_unusable` if it is held by another process, or a directory is damaged or of another
 *   Postgres version, and is left as it was; `database_unavailable` if the server cannot be reached;
 *   `schema_mismatch` if the database is newer than this program, or another program has its schema;
 *   `invalid_input`; `disk_full`.
 */
export async function openDatabase(
  target: DatabaseTarget,
  options: OpenDatabaseOptions,
): Promise<OpenedDatabase> {
  const logger = options.logger?.child({ component: 'database' });
  logger?.debug({ kind: target.kind }, 'opening the database');
  const database = await openTarget(target, options, (name) =>
    logger?.info({ migration: name }, 'migration applied'),
  );
  const { kind, location, schemaVersion } = database;
  logger?.info({ kind, location, schemaVersion }, 'database opened');
  return {
    ...database,
    async close() {
      await database.close();
      logger?.info({ location }, 'database closed');
    },
  };
}

async function openTarget(
  target: DatabaseTarget,
  { program, nowMs, migrated: isMigrated = true, onLost, watch }: OpenDatabaseOptions,
  onMigrated: OnMigrated,
): Promise<OpenedDatabase> {
  const migrated = isMigrated && onMigrated;
  const looked = { watch, ...(onLost && { onLost }) };
  switch (target.kind) {
    case 'memory':
      return openWith(openPglite({ dataDir: 'memory', ...looked }), null, migrated);
    case 'server': {
      // A fifth of what the program loads before it does anything, and few have a server.
      const { openPostgres } = await import('../database/postgres');
      if (target.readOnly) return lookInto(openPostgres({ url: target.url, readOnly: true }), isMigrated);
      const server = { url: target.url, hold: { program, nowMs }, onLost };
      return openWith(openPostgres(server), null, migrated);
    }
    case 'data-dir': {
      const dataDir = resolve(target.dataDir);
      const lock = await lockDirectory(dataDir, { program, nowMs });
      return openWith(
        openPglite({ dataDir, tentative: true, ...looked }),
        { lock, dataDir, nowMs },
        migrated,
      );
    }
  }
}

async function lookInto(opening: Promise<ServerDatabase>, requiresNewest: boolean): Promise<OpenedDatabase> {
  const [db, { readHolder }] = await Promise.all([opening, import('../database/server-hold')]);
  try {
    if (requiresNewest && !(await checkSchema(db))) throw schemaOlder(db);
    const schemaVersion = requiresNewest ? landedMigrations.length : 0;
    return { ...db, schemaVersion, cameBackEarlier: null, findHolder: () => readHolder(db) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** @throws IngotError if there is no database in a data directory any more. */
export async function refuseIfMissing(target: DatabaseTarget): Promise<void> {
  if (target.kind !== 'data-dir') return;
  const dataDir = resolve(target.dataDir);
  if (!existsSync(join(dataDir, 'pg', 'PG_VERSION'))) throw faultError('GONE', dataDir);
}

interface HeldDirectory {
  readonly lock: DirectoryLock;
  readonly dataDir: string;
  readonly nowMs: number;
}

async function openWith(
  opening: Promise<AbandonableDatabase | EmbeddedDatabase | ServerDatabase>,
  directory: HeldDirectory | null,
  /** False leaves the schema as it is. */
  migrated: OnMigrated | false,
): Promise<OpenedDatabase> {
  const release = () => directory?.lock.release();
  try {
    const db = await opening;
    try {
      const accept = async () => {
        if ('acceptOpening' in db) await db.acceptOpening();
      };
      // A directory that is refused is left as it was: nothing of it stays before it has been looked at. What a
      // migration changes was to be changed.
      if (!migrated || !(await checkSchema(db))) await accept();
      const schemaVersion = migrated ? await migrate(db, landedMigrations, migrated) : 0;
      if ('claim' in db) await db.claim();
      const compared = directory && migrated ? await compareWithMark(db, directory) : null;
      await accept();
      if (migrated) await adjustAccountOrders(db);
      const { highWater, setback } = compared ?? {};
      return {
        ...db,
        ...(highWater ? { highWater } : {}),
        schemaVersion,
        cameBackEarlier: setback ?? null,
        findHolder: null,
        close: async () => {
          await highWater?.note();
          await db.close().finally(release);
        },
        abandon: () => db.abandon().finally(release),
      };
    } catch (error) {
      await db.close();
      throw directory ? damagedOr(error, directory.dataDir) : error;
    }
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * What a statement that failed says of a data directory that Postgres had opened: damage only where Postgres itself
 * says so. A fault of the surroundings stays what it is.
 */
export function damagedOr(error: unknown, dataDir: string): unknown {
  if (!(error instanceof IngotError) || !OF_STATEMENTS.includes(error.code)) return error;
  const { errno, sqlstate } = error.details;
  if (errno !== undefined) return error;
  if (isDamage(sqlstate)) {
    if (!existsSync(join(dataDir, 'pg'))) return faultError('GONE', dataDir, { cause: error });
    const message = `The database in ${dataDir} is damaged. ${error.message}`;
    return new IngotError('database_unusable', message, { hint: HOW_TO_REPLACE, trouble: 'damaged' }, error);
  }
  const message = `The database in ${dataDir} cannot be opened. ${error.message}`;
  return new IngotError('database_unusable', message, { ...error.details, hint: TRY_AGAIN }, error);
}

const OF_STATEMENTS: readonly string[] = ['database_error', 'database_unavailable'];

async function compareWithMark(
  db: AbandonableDatabase,
  { dataDir, nowMs }: HeldDirectory,
): Promise<{ highWater: HighWaterMark; setback: Setback | null }> {
  const setback = findSetback(await readMark(dataDir), await countContent(db));
  return { setback, highWater: await openHighWaterMark(db, dataDir, nowMs) };
}
