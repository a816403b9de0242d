import { textArray } from '../../src-main/database/array-literal';
import type { Database } from '../../src-main/database/database';
import { adjustAccountOrders } from '../../src-main/storage/account-orders';
import { checkpoint } from '../../src-main/storage/maintenance';

/** Rows per statement: the database must answer within a minute, on a busy machine too. */
const FILL_ROWS = 50_000;

const TYPES = textArray(['account', 'auctionData', 'escrow', 'mint', 'metadata', 'rare']);

/** The updates of one piece; `to` is exclusive. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  /** Of the whole history. */
  readonly updates: number;
  readonly accounts: number;
}

/** Updates and settlements are numbered alternately, below any engine's numbers. */
const seqOf = (n: string) => `(2 * ${n} - 10000000000)`;
const RUNS = 4;

/**
 * Updates of all accounts in turn, in four runs, as an ingest would leave them. One in a thousand is stale; a rare type has one
 * row in ten thousand. Callbacks of earlier versions were cancelled by the next; of the latest, one in three has fired, and the
 * others are pending on clocks that stand still.
 */
export async function fillHistory(database: Database, piece: Piece): Promise<void> {
  if (piece.from === 0) await fillRuns(database, piece.updates);
  for (let from = piece.from; from < piece.to; from += FILL_ROWS) {
    await database.query(
      {
        name: 'fill_history',
        deadline: 'write',
        text: `
          WITH history AS (
            INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
              version, account_type, tokens, data, cancels_slot, cancels_version)
            SELECT ${seqOf('n')}, r.id, n, n, 1000, at_ms, CASE WHEN NOT stale THEN at_ms + 1000 END, md5((n % $2::int8)::text), 0,
              n / $2::int8 + 1, ('${TYPES}'::text[])[CASE WHEN n % 10000 = 0 THEN 6 ELSE n % 5 + 1 END],
              (n * 7919) % 1000003, '{"a": 1}', CASE WHEN cancels THEN 0 END, CASE WHEN cancels THEN n / $2::int8 END
            FROM (
              SELECT *, NOT stale AND n >= $2::int8 AND (n - $2::int8) % 1000 <> 7 AS cancels
              FROM (
                SELECT n, n % 1000 = 7 AND n < $1::int8 - $2::int8 AS stale, n * ${RUNS} / $1::int8 AS run,
                  n - (n * ${RUNS} / $1::int8) * $1::int8 / ${RUNS} AS at_ms
                FROM generate_series($3::int8, $4::int8 - 1) AS n) AS g) AS g
            JOIN runs AS r ON r.source = 'filled ' || g.run
            RETURNING *
          ), settled AS (
            INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
            SELECT seq + 1, seq, run_id, due_ms, account_id, 'due'
            FROM history
            WHERE record_index >= $1::int8 - $2::int8 AND record_index % 3 = 0
          )
          INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms,
            data_length)
          SELECT account_id, account_type, tokens, slot, version, seq, ${seqOf('(record_index % $2::int8)')},
            CASE WHEN record_index % 3 > 0 THEN run_id END, CASE WHEN record_index % 3 > 0 THEN due_ms END, 8
          FROM history
          WHERE record_index >= $1::int8 - $2::int8`,
      },
      [piece.updates, piece.accounts, from, Math.min(from + FILL_ROWS, piece.to)],
    );
  }
}

async function fillRuns(database: Database, updates: number): Promise<void> {
  await database.query(
    {
      name: 'fill_runs',
      deadline: 'write',
      text: `
        INSERT INTO runs (source, settings, state, clock, attempts)
        SELECT 'filled ' || run, '{}', 'stopped', $2::jsonb, jsonb_build_array(jsonb_build_array(
          ${seqOf(`(run * $1::int8 / ${RUNS})`)}::text, ${seqOf(`((run + 1) * $1::int8 / ${RUNS} - 1)`)}::text))
        FROM generate_series(0, ${RUNS} - 1) AS run`,
    },
    [updates, JSON.stringify({ kind: 'virtual', atMs: updates })],
  );
}

/** What the engine's housekeeping does after such a run. */
export async function tidyUp(database: Database): Promise<void> {
  await adjustAccountOrders(database);
  for (const table of ['accounts', 'account_updates', 'settled_callbacks']) {
    await database.executeScript('vacuum_analyze', `VACUUM (ANALYZE) ingot.${table}`);
  }
  await checkpoint(database);
}
