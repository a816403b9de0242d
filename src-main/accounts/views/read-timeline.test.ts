import { expect, it } from 'vitest';
import type { Queryable, SqlValue, Statement } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createVirtualClock } from '../../engine/virtual-clock';
import { readTimeline, TIMELINE_SLICE_ROWS } from './read-timeline';

/** Two runs in turns, as if one was resumed after the other: rows of both lie between each other. */
const fill: Statement = {
  name: 'fill',
  deadline: 'write',
  text: `
    WITH begun AS (
      INSERT INTO runs (source, settings, state, started_at)
      SELECT 'big.json', '{}', 'stopped', timestamptz '2026-01-01' FROM generate_series(1, 2)
    ), history AS (
      INSERT INTO account_updates (account_id, version, run_id, record_index, account_type, tokens, data,
        callback_time_ms, outcome, ingested_at, callback_due_at)
      SELECT 'account-' || n % 20000, n, n / 1000 % 2 + 1, n, 'mint', n, '{"a": 1}', 1000,
        CASE WHEN n % 10 = 7 THEN 'stale' ELSE 'indexed' END, timestamptz '2026-01-01' + n * interval '1 ms',
        CASE WHEN n % 10 <> 7 THEN timestamptz '2026-01-01' + (n + 1000) * interval '1 ms' END
      FROM generate_series(0, $1::int8 - 1) AS n
      RETURNING seq, outcome, ingested_at
    ), settled AS (
      INSERT INTO settled_callbacks (seq, fired, settled_at)
      SELECT seq, seq % 3 = 0, ingested_at + interval '500 ms' FROM history WHERE outcome = 'indexed'
    )
    INSERT INTO rejects (run_id, record_index, field, reason, excerpt, rejected_at)
    SELECT 1, n, 'id', 'required', '', timestamptz '2026-01-01' + n * interval '1 ms'
    FROM generate_series(0, $1::int8 / 20 - 1) AS n`,
};

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that the scans of a plan have looked at. */
function rowsLookedAt(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, each) => sum + rowsLookedAt(each), 0);
  const isScan = /^(Seq|Index|Index Only|Bitmap Heap) Scan$/.test(node['Node Type']);
  const rows = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  return below + (isScan ? rows * node['Actual Loops'] : 0);
}

/** Notes of each statement how many rows it looks at. */
function watch(db: Queryable) {
  const looked: number[] = [];
  const query = async <Row>(statement: Statement, values: readonly SqlValue[] = []) => {
    const explained = { ...statement, text: `EXPLAIN (ANALYZE, FORMAT JSON) ${statement.text}` };
    const { rows } = await db.query<{ 'QUERY PLAN': string }>(explained, values);
    const [plan] = JSON.parse(rows[0]?.['QUERY PLAN'] ?? '[]') as { Plan: PlanNode }[];
    looked.push(plan === undefined ? Number.NaN : rowsLookedAt(plan.Plan));
    return db.query<Row>(statement, values);
  };
  return { looked, db: { ...db, query } satisfies Queryable };
}

const sum = (line: readonly number[] = []) => line.reduce((total, count) => total + count, 0);

describeOnEachDatabase('the timeline of a large run', (open, kind) => {
  it('is read in slices: no statement looks at more rows than a slice and its callbacks have', async () => {
    const database = await open();
    // Both plan alike; a server is filled in a fifth of the time.
    const updates = kind === 'postgres' ? 200_000 : 40_000;
    await database.query(fill, [updates]);
    await database.executeScript('analyze', 'ANALYZE');
    const { looked, db } = watch(database);
    const timeline = await readTimeline(db, createVirtualClock(), { runId: '1', beforeMs: null });
    expect(looked.length).toBeGreaterThan(updates / 2 / TIMELINE_SLICE_ROWS);
    expect(Math.max(...looked)).toBeLessThanOrEqual(3 * TIMELINE_SLICE_ROWS);
    const { indexed, stale, rejected, fired, cancelled } = timeline?.bins ?? {};
    expect([indexed, stale, rejected].map(sum)).toEqual([updates * 0.45, updates * 0.05, updates * 0.05]);
    expect(sum(fired) + sum(cancelled)).toBeGreaterThan(updates * 0.43);
  });
});
