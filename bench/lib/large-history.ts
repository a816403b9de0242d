import { adjustAccountOrders } from '../../src-main/database/account-orders';
import { textArray } from '../../src-main/database/array-literal';
import type { Database } from '../../src-main/database/database';
import { checkpoint } from '../../src-main/database/maintenance';

/** So many rows are put in by one statement: the database has to answer within a minute, on a busy machine too. */
const FILL_ROWS = 50_000;

const TYPES = textArray(['account', 'auctionData', 'escrow', 'mint', 'metadata', 'rare']);

/** Which updates of a history that is filled in pieces; `to` is the first that is not put in. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  /** Of the whole history. */
  readonly updates: number;
  readonly accounts: number;
}

/**
 * Updates of all accounts in turn, in four runs, as an ingest would have left them. One in a thousand is stale; a rare
 * type has one row in ten thousand. The callbacks of those that were overtaken are cancelled; of the latest one in
 * three has fired, and the others wait.
 */
export async function fillHistory(database: Database, piece: Piece): Promise<void> {
  for (let from = piece.from; from < piece.to; from += FILL_ROWS) {
    await database.query(
      {
        name: 'fill_history',
        deadline: 'write',
        text: `
          WITH history AS (
            INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
              callback_time_ms, outcome, ingested_at, callback_due_at)
            SELECT md5((n % $2::int8)::text), n / $2::int8 + 1, n * 4 / $1::int8 + 1, n,
              ('${TYPES}'::text[])[CASE WHEN n % 10000 = 0 THEN 6 ELSE n % 5 + 1 END],
              (n * 7919) % 1000003, '{"a": 1}', 1000,
              CASE WHEN stale THEN 'stale' ELSE 'indexed' END, at,
              CASE WHEN NOT stale THEN at + interval '1 s' END
            FROM (
              SELECT n, n % 1000 = 7 AND n < $1::int8 - $2::int8 AS stale,
                timestamptz '2026-01-01' + n * interval '1 ms' AS at
              FROM generate_series($3::int8, $4::int8 - 1) AS n) AS g
            RETURNING *
          ), settled AS (
            INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
            SELECT seq, record_index >= $1::int8 - $2::int8, ingested_at + interval '500 ms',
              CASE WHEN record_index < $1::int8 - $2::int8 THEN version + 1 END
            FROM history
            WHERE outcome = 'indexed' AND (record_index < $1::int8 - $2::int8 OR record_index % 3 = 0)
          )
          INSERT INTO accounts (id, account_type, tokens, version, created_at, updated_at, update_seq,
            callback_due_at)
          SELECT account_id, account_type, tokens, version, ingested_at, ingested_at, seq,
            CASE WHEN record_index % 3 > 0 THEN callback_due_at END
          FROM history
          WHERE record_index >= $1::int8 - $2::int8`,
      },
      [piece.updates, piece.accounts, from, Math.min(from + FILL_ROWS, piece.to)],
    );
  }
}

/** What the engine's housekeeping does after a run of such a length. */
export async function tidyUp(database: Database): Promise<void> {
  await adjustAccountOrders(database);
  for (const table of ['accounts', 'account_updates', 'settled_callbacks']) {
    await database.executeScript('vacuum_analyze', `VACUUM (ANALYZE) ingot.${table}`);
  }
  await checkpoint(database);
}
