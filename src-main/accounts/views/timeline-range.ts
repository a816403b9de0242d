import { MAX_BINS } from '../../../src-shared/timeline';
import { MOST_RANGE_EVENTS, type RangeQuery, type TimelineRange } from '../../../src-shared/views';
import { settledStateOf } from '../../callbacks/sql/callback-state';
import type { Queryable, Statement } from '../../database/database';
import { readRetention } from '../../storage/retention';
import { SCAN_ROWS } from './read-window';
import { numbersBetween } from './resolve-instant';
import { countOf, type RawRow, textOf } from './row-set';

/** The bin of a row of `page`; null: it is of another run, or outside the range. */
const BIN = `CASE WHEN page.run_id = $3::int8 AND page.at_ms >= $4::int8 AND page.at_ms < $5::int8
  THEN ((page.at_ms - $4::int8) / $6::int8)::int4 END AS bin`;

/** What a run's updates of one page did: an update cancels at its own time, if the callback is of the same run. */
const countUpdates: Statement = {
  name: 'count_updates_by_time',
  deadline: 'read',
  text: `
    WITH page AS (
      SELECT * FROM account_updates WHERE seq > $1::int8 AND seq <= $2::int8 ORDER BY seq LIMIT ${SCAN_ROWS}
    )
    SELECT ${BIN}, max(page.seq)::text AS last, count(*)::int4 AS found, count(page.due_ms)::int4 AS indexed,
      (count(*) - count(page.due_ms))::int4 AS stale, count(own.run_id)::int4 AS cancelled, 0 AS fired
    FROM page LEFT JOIN LATERAL (
      SELECT o.run_id FROM account_updates AS o
      WHERE o.account_id = page.account_id AND o.slot = page.cancels_slot AND o.version = page.cancels_version
        AND o.run_id = $3::int8
      LIMIT 1
    ) AS own ON true
    GROUP BY 1`,
};

const countSettled: Statement = {
  name: 'count_settled_by_time',
  deadline: 'read',
  text: `
    WITH page AS (
      SELECT * FROM settled_callbacks WHERE seq > $1::int8 AND seq <= $2::int8 ORDER BY seq LIMIT ${SCAN_ROWS}
    )
    SELECT ${BIN}, max(page.seq)::text AS last, count(*)::int4 AS found, 0 AS indexed, 0 AS stale,
      (count(*) FILTER (WHERE ${settledStateOf('page')} = 'cancelled'))::int4 AS cancelled,
      (count(*) FILTER (WHERE ${settledStateOf('page')} = 'fired'))::int4 AS fired
    FROM page GROUP BY 1`,
};

const KINDS = ['indexed', 'stale', 'fired', 'cancelled'] as const;

/**
 * What a run stored in a part of its time, in narrow bins; null if that may be more than `MOST_RANGE_EVENTS`, or some of it was removed. A callback that another
 * run cancelled is in none of them.
 */
export async function countRange(db: Queryable, query: RangeQuery): Promise<TimelineRange | null> {
  const { runId, from, to } = query;
  const [after, until] = await numbersBetween(db, query);
  const { floor } = await readRetention(db);
  if (floor !== null && BigInt(after) < BigInt(floor.seq)) return null;
  if (BigInt(until) - BigInt(after) > BigInt(MOST_RANGE_EVENTS)) return null;
  const binMs = Math.max(1, Math.ceil((to - from) / MAX_BINS));
  const bins = { indexed: [], stale: [], fired: [], cancelled: [] } as Record<
    (typeof KINDS)[number],
    number[]
  >;
  const add = (row: RawRow) => {
    if (row.bin === null) return;
    const bin = countOf(row, 'bin');
    for (const kind of KINDS) {
      const count = countOf(row, kind);
      if (count === 0) continue;
      const line = bins[kind];
      while (line.length <= bin) line.push(0);
      line[bin] = (line[bin] ?? 0) + count;
    }
  };
  for (const statement of [countUpdates, countSettled]) {
    let last = BigInt(after);
    for (let found: number = SCAN_ROWS; found === SCAN_ROWS && last < BigInt(until); ) {
      const { rows } = await db.query<RawRow>(statement, [String(last), until, runId, from, to, binMs]);
      rows.forEach(add);
      found = rows.reduce((sum, row) => sum + countOf(row, 'found'), 0);
      for (const row of rows) {
        const seq = BigInt(textOf(row, 'last'));
        if (seq > last) last = seq;
      }
    }
  }
  return { runId, from, to, binMs, bins };
}
