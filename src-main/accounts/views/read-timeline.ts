import type { Timeline } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { waits } from '../sql/waits';
import { countOf, type RawRow, textOf } from './row-set';

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

/** One pass over the run's own rows: some 400 ms for a million. Ask again only when they have changed. */
const bins: Statement = {
  name: 'timeline_bins',
  deadline: 'read',
  text: `
    WITH moment AS (
      SELECT outcome AS kind, ${epochMsOf('ingested_at')} AS ms FROM account_updates WHERE run_id = $1::int8
      UNION ALL
      SELECT CASE WHEN s.fired THEN 'fired' ELSE 'cancelled' END, ${epochMsOf('s.settled_at')}
      FROM account_updates AS u JOIN settled_callbacks AS s ON s.seq = u.seq
      WHERE u.run_id = $1::int8
      UNION ALL
      SELECT 'due', ${epochMsOf('a.callback_due_at')}
      FROM accounts AS a JOIN account_updates AS u ON u.seq = a.update_seq
      WHERE ${waits('a')} AND u.run_id = $1::int8
      UNION ALL
      SELECT 'rejected', ${epochMsOf('rejected_at')} FROM rejects WHERE run_id = $1::int8
    )
    SELECT kind, ((ms - $2::int8) / $4::int8)::int4 AS bin, count(*) AS events
    FROM moment
    WHERE ms >= $2::int8 AND ms <= $3::int8
    GROUP BY kind, bin`,
};

/** A run's arrivals and callbacks over its time, in equal bins; undefined if there is no such run. */
export async function readTimeline(
  db: Queryable,
  { runId, bins: binCount }: { readonly runId: string; readonly bins: number },
): Promise<Timeline | undefined> {
  const spans = await db.query<RawRow>(span, [runId]);
  const row = spans.rows[0];
  if (!row) return undefined;
  const startMs = epochMsFromText(textOf(row, 'start_ms'));
  const lastMs = epochMsFromText(textOf(row, 'end_ms'));
  const binMs = Math.floor((lastMs - startMs) / binCount) + 1;
  const counted = await db.query<RawRow>(bins, [runId, startMs, lastMs, binMs]);
  const counts = new Map<string, number[]>();
  for (const raw of counted.rows) {
    const kind = textOf(raw, 'kind');
    const line = counts.get(kind) ?? new Array<number>(binCount).fill(0);
    line[countOf(raw, 'bin')] = countOf(raw, 'events');
    counts.set(kind, line);
  }
  const lineOf = (kind: string) => counts.get(kind) ?? new Array<number>(binCount).fill(0);
  return {
    runId,
    startMs,
    endMs: startMs + binMs * binCount,
    indexed: lineOf('indexed'),
    stale: lineOf('stale'),
    rejected: lineOf('rejected'),
    fired: lineOf('fired'),
    cancelled: lineOf('cancelled'),
    due: lineOf('due'),
  };
}
