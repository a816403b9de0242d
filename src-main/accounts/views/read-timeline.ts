import {
  addToBin,
  binMsFor,
  mapKinds,
  TIMELINE_KINDS,
  type TimelineBins,
} from '../../../src-shared/timeline';
import type { EpochMs } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import type { Clock } from '../../engine/clock';
import { countOf, nullableTextOf, type RawRow, textOf } from './row-set';

const span: Statement = {
  name: 'timeline_span',
  deadline: 'read',
  text: `
    SELECT ${epochMsOf('r.started_at')} AS start_ms, ${epochMsOf(`greatest(
      r.started_at, r.ended_at,
      (SELECT u.ingested_at FROM account_updates AS u WHERE u.run_id = r.id ORDER BY u.seq DESC LIMIT 1),
      (SELECT j.rejected_at FROM rejects AS j WHERE j.run_id = r.id ORDER BY j.record_index DESC LIMIT 1)
    )`)} AS end_ms
    FROM runs AS r
    WHERE r.id = $1::int8`,
};

/** Rows that one statement reads. Measured on PGlite: 2,000 updates and their callbacks take 15 ms. */
export const TIMELINE_SLICE_ROWS = 2_000;

/**
 * Counts the moments of one slice by bin. Its first row says how many rows the slice has and where it ends.
 * @param moments Selects `kind` and `ms` from `slice`.
 */
const countSlice = (name: string, slice: string, moments: string): Statement => ({
  name,
  deadline: 'read',
  text: `
    WITH slice AS MATERIALIZED (${slice}), moment AS (${moments})
    SELECT 'slice' AS kind, 0 AS bin, count(*) AS events, max(position) AS last FROM slice
    UNION ALL
    SELECT kind, (greatest(ms - $4::int8, 0) / $6::int8)::int4, count(*), NULL
    FROM moment
    WHERE ms <= $5::int8
    GROUP BY 1, 2`,
});

const updates = countSlice(
  'timeline_updates',
  `SELECT seq AS position, outcome, ${epochMsOf('ingested_at')} AS ms
   FROM account_updates WHERE run_id = $1::int8 AND seq > $2::int8 ORDER BY seq LIMIT $3::int4`,
  // A look-up for each row, whatever the statistics say: as a join the planner may read all callbacks ever settled.
  `SELECT outcome AS kind, ms FROM slice
   UNION ALL
   SELECT CASE WHEN settled.fired THEN 'fired' ELSE 'cancelled' END, ${epochMsOf('settled.settled_at')}
   FROM slice, LATERAL (
     SELECT c.fired, c.settled_at FROM settled_callbacks AS c WHERE c.seq = slice.position LIMIT 1
   ) AS settled
   WHERE slice.outcome = 'indexed'`,
);

const rejects = countSlice(
  'timeline_rejects',
  `SELECT record_index AS position, ${epochMsOf('rejected_at')} AS ms
   FROM rejects WHERE run_id = $1::int8 AND record_index > $2::int8 ORDER BY record_index LIMIT $3::int4`,
  `SELECT 'rejected' AS kind, ms FROM slice`,
);

export interface TimelineQuery {
  readonly runId: string;
  /** Only what happened before; null: all of it. */
  readonly beforeMs: EpochMs | null;
}

/**
 * A run's arrivals and callbacks over its time; undefined if there is no such run. Duplicates and conflicts are
 * not stored, so they are missing.
 *
 * Reads in slices, and after each rests for as long as the slice took: a batch of a run waits for one slice at most.
 * It still reads every row of the run, so keep the answer.
 */
export async function readTimeline(
  db: Queryable,
  clock: Clock,
  { runId, beforeMs }: TimelineQuery,
): Promise<TimelineBins | undefined> {
  const [row] = (await db.query<RawRow>(span, [runId])).rows;
  if (!row) return undefined;
  const startMs = epochMsFromText(textOf(row, 'start_ms'));
  const endMs = epochMsFromText(textOf(row, 'end_ms'));
  const lastMs = beforeMs === null ? endMs : Math.min(endMs, beforeMs - 1);
  const binMs = binMsFor(startMs, lastMs);
  const bins = mapKinds((): number[] => []);

  for (const statement of [updates, rejects]) {
    let after: string | null = '-1';
    while (after !== null) {
      const sinceMs = clock.monotonicMs();
      const counted: { readonly rows: readonly RawRow[] } = await db.query<RawRow>(statement, [
        runId,
        after,
        TIMELINE_SLICE_ROWS,
        startMs,
        lastMs,
        binMs,
      ]);
      after = null;
      for (const raw of counted.rows) {
        const kind = textOf(raw, 'kind');
        const events = countOf(raw, 'events');
        if (kind === 'slice') {
          if (events === TIMELINE_SLICE_ROWS) after = nullableTextOf(raw, 'last');
          continue;
        }
        const known = TIMELINE_KINDS.find((each) => each === kind);
        if (known) addToBin(bins[known], countOf(raw, 'bin'), events);
      }
      const tookMs = clock.monotonicMs() - sinceMs;
      if (after !== null && tookMs >= 1) await clock.waitUntil(clock.now() + tookMs);
    }
  }
  return { startMs, binMs, bins };
}
