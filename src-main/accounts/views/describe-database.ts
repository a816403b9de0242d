import type { DatabaseInfo } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { countOf, type RawRow, textOf } from './row-set';

const facts: Statement = {
  name: 'database_facts',
  deadline: 'read',
  text: `SELECT pg_database_size(current_database()) AS bytes, current_setting('server_version') AS server_version`,
};

/** Counted, not estimated: it says what a reset would lose. Some 100 ms for a million rows. */
const counts: Statement = {
  name: 'count_rows',
  deadline: 'read',
  text: `
    SELECT (SELECT count(*) FROM accounts) AS accounts,
      (SELECT count(*) FROM account_updates) AS account_updates,
      (SELECT count(*) FROM runs) AS runs,
      (SELECT count(*) FROM rejects) AS rejects`,
};

export async function readDatabaseFacts(
  db: Queryable,
): Promise<Pick<DatabaseInfo, 'sizeBytes' | 'serverVersion'>> {
  const { rows } = await db.query<RawRow>(facts);
  const row = rows[0] ?? {};
  return { sizeBytes: countOf(row, 'bytes'), serverVersion: textOf(row, 'server_version') };
}

export async function countRows(db: Queryable): Promise<DatabaseInfo['rows']> {
  const { rows } = await db.query<RawRow>(counts);
  const row = rows[0] ?? {};
  return {
    accounts: countOf(row, 'accounts'),
    accountUpdates: countOf(row, 'account_updates'),
    runs: countOf(row, 'runs'),
    rejects: countOf(row, 'rejects'),
  };
}

const accountCount: Statement = {
  name: 'count_accounts',
  deadline: 'read',
  text: 'SELECT count(*) AS accounts FROM accounts',
};

export async function countAccounts(db: Queryable): Promise<number> {
  const { rows } = await db.query<RawRow>(accountCount);
  return countOf(rows[0] ?? {}, 'accounts');
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

/** What the runs counted as it happened, of one run or, with null, of all: no look at their rows. */
export async function sumRunCounts(
  db: Queryable,
  runId: string | null,
): Promise<Record<(typeof RUN_COUNTS)[number], number>> {
  const { rows } = await db.query<RawRow>(runCounts, [runId]);
  const of = (kind: (typeof RUN_COUNTS)[number]) => countOf(rows[0] ?? {}, kind);
  return {
    indexed: of('indexed'),
    stale: of('stale'),
    fired: of('fired'),
    cancelled: of('cancelled'),
    pending: of('pending'),
  };
}
