import { adjustAccountOrders } from '../../src-main/database/account-orders';
import { textArray } from '../../src-main/database/array-literal';
import type { Database } from '../../src-main/database/database';

/** Puts a history into the database, ten updates for each account, in four runs, as an ingest would have left it. */
export async function fillHistory(database: Database, updates: number): Promise<void> {
  const accounts = updates / 10;
  const types = textArray(['account', 'auctionData', 'escrow', 'mint', 'metadata', 'rare']);
  // One update in a thousand is stale; a rare type has one row in ten thousand.
  await database.query(
    {
      name: 'fill_history',
      text: `
        INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
          callback_time_ms, outcome, ingested_at, callback_due_at)
        SELECT md5((n % $2::int4)::text), n / $2::int4 + 1, n / ($1::int4 / 4) + 1, n,
          ('${types}'::text[])[CASE WHEN n % 10000 = 0 THEN 6 ELSE n % 5 + 1 END],
          (n::int8 * 7919) % 1000003, '{"a": 1}', 1000,
          CASE WHEN stale THEN 'stale' ELSE 'indexed' END, at,
          CASE WHEN NOT stale THEN at + interval '1 s' END
        FROM (SELECT n, n % 1000 = 7 AND n < $1::int4 - $2::int4 AS stale, timestamptz '2026-01-01' + n * interval '1 ms' AS at
          FROM generate_series(0, $1::int4 - 1) AS n) AS g`,
    },
    [updates, accounts],
  );
  // Overtaken ones are cancelled; of the latest one in three has fired, the others wait.
  await database.query(
    {
      name: 'fill_settled',
      text: `
        INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
        SELECT seq, record_index >= $1::int4 - $2::int4, ingested_at + interval '500 ms',
          CASE WHEN record_index < $1::int4 - $2::int4 THEN version + 1 END
        FROM account_updates
        WHERE outcome = 'indexed' AND (record_index < $1::int4 - $2::int4 OR record_index % 3 = 0)
        ORDER BY seq`,
    },
    [updates, accounts],
  );
  await database.query({
    name: 'fill_accounts',
    text: `
      INSERT INTO accounts (id, account_type, tokens, version, data, created_at, updated_at, update_seq, callback_due_at)
      SELECT DISTINCT ON (account_id) account_id, account_type, tokens, version, data, ingested_at, ingested_at, u.seq,
        CASE WHEN s.seq IS NULL THEN callback_due_at END
      FROM account_updates AS u LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
      ORDER BY account_id, version DESC`,
  });
  await adjustAccountOrders(database);
  await database.executeScript(
    'analyze',
    'VACUUM (ANALYZE) ingot.accounts, ingot.account_updates, ingot.settled_callbacks',
  );
  await database.executeScript('checkpoint', 'CHECKPOINT');
}
