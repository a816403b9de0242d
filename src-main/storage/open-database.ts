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
import { countContent, openHighWaterMark, readMark, refuseIfGone } from './high-water';
import { landedMigrations } from './landed-migrations';
import { checkSchema, migrate, type OnMigrated, schemaOlder } from './migrate';
import { findSetback, type Setback } from './setback';
import { enterSpace } from './spaces';

export { threadsEnded } from '../database/database-thread';

export type DatabaseTarget = (
  | { readonly kind: 'data-dir'; readonly dataDir: string }
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'server';
      readonly url: string;
      /** Opens beside the holder without a lock; the server refuses every write. Default false. */
      readonly readOnly?: boolean;
    }
) & {
  /** A schema of its own in it; left out: main. */
  readonly space?: string | null;
};

export interface OpenDatabaseOptions {
  /** The program's name, shown to a second program on the same database. */
  readonly program: string;
  /** Whole milliseconds since 1970, from the `Clock`. */
  readonly nowMs: number;
  /** False leaves the schema as it is, for a reset. Default true. */
  readonly migrated?: boolean;
  /** The root logger. Default: nothing is logged. */
  readonly logger?: Logger;
  /** Called once no other program can have the database: early, before most of the opening. */
  readonly onTaken?: (() => void) | undefined;
  /** Called once if the database is lost while open. It must still be closed. */
  readonly onLost?: (error: IngotError) => void;
  /** Traces statements in the thread of an embedded database. Default: none. */
  readonly watch?: ThreadWatch | undefined;
}

export interface OpenedDatabase extends AbandonableDatabase {
  /** 0 if the schema was left as it is. */
  readonly schemaVersion: number;
  /** Acknowledged content that was missing, reported at this start only; null if complete. */
  readonly cameBackEarlier: Setback | null;
  /** Finds the holder of a database opened read-only: null if there is none. Null: this process holds it. */
  readonly findHolder: (() => Promise<LockHolder | null>) | null;
}

/**
 * The only way to open a database: locks it for this process, opens it, and migrates the schema. Closing unlocks it.
 *
 * @throws IngotError `database_unusable` if another process holds it, or a directory is damaged or of another Postgres version,
 * and is left unchanged; `database_unavailable` if the server cannot be reached; `schema_mismatch` if the database is newer than
 * this program, or another program has its schema; `invalid_input`; `disk_full`.
 */
export async function openDatabase(
  target: DatabaseTarget,
  options: OpenDatabaseOptions,
): Promise<OpenedDatabase> {
  const logger = options.logger?.child({ component: 'database' });
  logger?.debug({ kind: target.kind }, 'opening the database');
  const onMigrated = (name: string) => logger?.info({ migration: name }, 'migration applied');
  const database = await openTarget(target, options, onMigrated);
  if (target.space != null) {
    const isMade = options.migrated !== false && database.findHolder === null;
    await enterSpace(database, target.space, { how: isMade ? 'make' : 'look', onMigrated }).catch(
      async (error: unknown) => {
        await database.close();
        throw error;
      },
    );
  }
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
  {
    program,
    nowMs,
    migrated: isMigrated = true,
    onTaken = () => undefined,
    onLost,
    watch,
  }: OpenDatabaseOptions,
  onMigrated: OnMigrated,
): Promise<OpenedDatabase> {
  const migrated = isMigrated && onMigrated;
  const looked = { watch, ...(onLost && { onLost }) };
  switch (target.kind) {
    case 'memory':
      onTaken();
      return openWith(openPglite({ dataDir: 'memory', ...looked }), null, migrated);
    case 'server': {
      // Loaded on demand: a fifth of the program's code, and few use a server.
      const { openPostgres } = await import('../database/postgres');
      if (target.readOnly) {
        onTaken();
        return lookInto(openPostgres({ url: target.url, readOnly: true }), isMigrated);
      }
      const server = openPostgres({ url: target.url, hold: { program, nowMs }, onLost });
      server.then(onTaken, () => undefined);
      return openWith(server, null, migrated);
    }
    case 'data-dir': {
      const dataDir = resolve(target.dataDir);
      const lock = await lockDirectory(dataDir, { program, nowMs });
      onTaken();
      return openWith(
        openPglite({ dataDir, tentative: true, beforeNew: () => refuseIfGone(dataDir), ...looked }),
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

/** @throws IngotError if a data directory no longer contains a database. */
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
      // A refused directory is left unchanged, so keep nothing before it was checked. A migration is meant to change it.
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
 * What a failed statement says about an open data directory: damage only if Postgres says so. A fault of the system stays a
 * fault.
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
