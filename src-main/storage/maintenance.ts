import type { Database, Queryable, Statement } from '../database/database';

/**
 * A Postgres server does this itself; PGlite does not. It has no checkpointer, so its WAL grows without end (1.4 GB were seen),
 * and no autovacuum, so its plans rest on outdated statistics.
 */

const doCheckpoint: Statement = { name: 'checkpoint', deadline: 'maintenance', text: 'CHECKPOINT' };

const findWalSinceCheckpoint: Statement = {
  name: 'find_wal_since_checkpoint',
  deadline: 'read',
  text: `
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 AS bytes FROM pg_control_checkpoint()`,
};

const listTables: Statement = {
  name: 'list_tables_to_vacuum',
  deadline: 'read',
  text: "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables FROM pg_tables WHERE schemaname = current_schema()",
};

/** Writes all changed pages to their files, so that the WAL before can be removed. Does nothing on a server. */
export async function checkpoint(db: Database): Promise<void> {
  if (db.kind === 'pglite') await db.query(doCheckpoint);
}

/**
 * Makes a checkpoint if more than `limitBytes` of WAL was written since the last: 100 to 250 ms for 96 MB, the WAL of some
 * 120,000 updates. Half a millisecond if not due, so call it every few thousand rows. Also inside a long transaction, whose
 * changes stay uncommitted.
 *
 * @returns whether it made one.
 */
export async function checkpointIfDue(
  db: Pick<Database, 'kind' | 'query'>,
  limitBytes = 96 * 2 ** 20,
): Promise<boolean> {
  if (db.kind !== 'pglite' || (await walSinceCheckpoint(db)) < limitBytes) return false;
  await db.query(doCheckpoint);
  return true;
}

/** In bytes. */
export async function walSinceCheckpoint(db: Pick<Queryable, 'query'>): Promise<number> {
  const { rows } = await db.query<{ bytes: number }>(findWalSinceCheckpoint);
  return rows[0]?.bytes ?? 0;
}

const findGrowth: Statement = {
  name: 'find_history_growth',
  deadline: 'read',
  text: `
    SELECT relpages AS known,
      (pg_relation_size(oid) / current_setting('block_size')::int8)::int4 - relpages AS grown
    FROM pg_class WHERE oid = 'account_updates'::regclass`,
};

/** Blocks of the history: those in its statistics, and the growth since. */
export async function findHistoryGrowth(
  db: Pick<Queryable, 'query'>,
): Promise<{ readonly known: number; readonly grown: number }> {
  const { rows } = await db.query<{ known: number; grown: number }>(findGrowth);
  return rows[0] ?? { known: 0, grown: 0 };
}

/** Removes dead rows and updates the statistics: after an import, on both kinds of database. */
export async function vacuumAnalyze(db: Database): Promise<void> {
  const { rows } = await db.query<{ tables: string | null }>(listTables);
  const tables = rows[0]?.tables;
  if (tables) await db.executeScript('vacuum_analyze', `VACUUM (ANALYZE) ${tables}`);
}

const findAccounts: Statement = {
  name: 'find_accounts_at_last_vacuum',
  deadline: 'read',
  text: "SELECT greatest(reltuples, 0)::float8 AS accounts FROM pg_class WHERE oid = 'accounts'::regclass",
};

/** The number of accounts at the last vacuum; 0 if there was none. */
export async function findAccountsAtLastVacuum(db: Pick<Queryable, 'query'>): Promise<number> {
  const { rows } = await db.query<{ accounts: number }>(findAccounts);
  return rows[0]?.accounts ?? 0;
}

const findHistory: Statement = {
  name: 'find_history_at_last_vacuum',
  deadline: 'read',
  text: "SELECT greatest(reltuples, 0)::float8 AS updates FROM pg_class WHERE oid = 'account_updates'::regclass",
};

/** The number of updates in the history at the last vacuum; 0 if there was none. */
export async function findHistoryAtLastVacuum(db: Pick<Queryable, 'query'>): Promise<number> {
  const { rows } = await db.query<{ updates: number }>(findHistory);
  return rows[0]?.updates ?? 0;
}

/** What history is removed from. */
const OF_HISTORY = ['account_updates', 'settled_callbacks', 'rejects'];

/**
 * Gives the room of removed rows to new ones. Their entries in the indexes stay, because going through all of the indexes takes the
 * longest. One table after the other: a batch waits for one of them at most.
 */
export async function reuseRoomOfHistory(db: Database): Promise<void> {
  for (const table of OF_HISTORY) {
    await db.executeScript(`reuse_${table}`, `VACUUM (INDEX_CLEANUP OFF, TRUNCATE OFF) ${table}`);
  }
}

/** As above, with the indexes and the statistics. */
export async function vacuumHistory(db: Database): Promise<void> {
  for (const table of OF_HISTORY)
    await db.executeScript(`vacuum_${table}`, `VACUUM (ANALYZE, INDEX_CLEANUP ON) ${table}`);
}

/** The only table whose rows are overwritten; the others only grow, unless history is removed. */
export async function vacuumAccounts(db: Database): Promise<void> {
  await db.executeScript('vacuum_accounts', 'VACUUM (ANALYZE) accounts');
}
