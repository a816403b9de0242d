import type { DatabaseInfo } from '../../../src-shared/views';
import type { Queryable, SqlValue, Statement } from '../../database/database';
import { isOrderedByType } from '../../storage/account-orders';

/** A statement's only row as counts, by column name. */
async function readCounts<Name extends string>(
  db: Queryable,
  statement: Statement,
  values: readonly SqlValue[] = [],
): Promise<Record<Name, number>> {
  const { rows } = await db.query<Record<string, string>>(statement, values);
  const counts = Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]);
  return Object.fromEntries(counts) as Record<Name, number>;
}

/** Counted, not estimated, because it tells what a reset would lose. Some 100 ms for a million rows. */
const rowCounts: Statement = {
  name: 'count_rows',
  deadline: 'read',
  text: `
    SELECT (SELECT count(*) FROM accounts) AS accounts,
      (SELECT count(*) FROM account_updates) AS "accountUpdates",
      (SELECT count(*) FROM runs) AS runs,
      (SELECT count(*) FROM rejects) AS rejects`,
};

export const countRows = (db: Queryable): Promise<DatabaseInfo['rows']> => readCounts(db, rowCounts);

const accountCount: Statement = {
  name: 'count_accounts',
  deadline: 'read',
  text: 'SELECT count(*) AS accounts FROM accounts',
};

export async function countAccounts(db: Queryable): Promise<number> {
  return (await readCounts<'accounts'>(db, accountCount)).accounts;
}

const RUN_COUNTS = ['indexed', 'stale', 'fired', 'cancelled', 'pending'] as const;

const runCounts: Statement = {
  name: 'sum_run_counts',
  deadline: 'read',
  text: `
    SELECT ${RUN_COUNTS.map((kind) => `coalesce(sum((counts ->> '${kind}')::int8), 0) AS ${kind}`).join(', ')}
    FROM runs
    WHERE $1::int8 IS NULL OR id = $1::int8`,
};

/** The counts of one run, or with null of all runs, without reading their rows. */
export const sumRunCounts = (
  db: Queryable,
  runId: string | null,
): Promise<Record<(typeof RUN_COUNTS)[number], number>> => readCounts(db, runCounts, [runId]);

const facts: Statement = {
  name: 'database_facts',
  deadline: 'read',
  text: `SELECT pg_database_size(current_database()) AS bytes, current_setting('server_version') AS version`,
};

/** Walks from type to type on the report's index: one look-up each, whatever the number of accounts. */
const types: Statement = {
  name: 'list_account_types',
  deadline: 'read',
  text: `
    WITH RECURSIVE type AS (
      (SELECT account_type FROM accounts ORDER BY account_type LIMIT 1)
      UNION ALL
      SELECT (
        SELECT a.account_type FROM accounts AS a
        WHERE a.account_type > type.account_type
        ORDER BY a.account_type
        LIMIT 1
      )
      FROM type
      WHERE type.account_type IS NOT NULL
    )
    SELECT account_type AS type FROM type WHERE account_type IS NOT NULL LIMIT $1::int4`,
};

/** Few accounts have no index by type, and each look-up would read all of them. */
const typesOfFew: Statement = {
  name: 'list_account_types_of_few',
  deadline: 'read',
  text: 'SELECT DISTINCT account_type AS type FROM accounts ORDER BY account_type LIMIT $1::int4',
};

/** Nobody can choose from more types. */
const LISTED_ACCOUNT_TYPES = 500;

/** The account types are those of the latest states, in order. */
export async function describeDatabase(
  db: Queryable,
): Promise<Pick<DatabaseInfo, 'sizeBytes' | 'serverVersion' | 'rows' | 'accountTypes'>> {
  const found = await db.query<{ bytes: string; version: string }>(facts);
  const listing = (await isOrderedByType(db)) ? types : typesOfFew;
  const listed = await db.query<{ type: string }>(listing, [LISTED_ACCOUNT_TYPES]);
  return {
    sizeBytes: Number(found.rows[0]?.bytes),
    serverVersion: found.rows[0]?.version ?? '',
    rows: await countRows(db),
    accountTypes: listed.rows.map(({ type }) => type),
  };
}
