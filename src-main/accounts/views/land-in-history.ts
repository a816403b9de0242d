import type { Queryable, Statement } from '../../database/database';
import type { Place } from './cursor';
import { type RawRow, textOf } from './row-set';

/** First and last sequence number of each run: a handful of index look-ups a run, however long it is. */
const statement: Statement = {
  name: 'run_spans',
  text: `
    WITH RECURSIVE run AS (
      (SELECT run_id FROM account_updates WHERE $1::int8 IS NULL OR run_id = $1::int8 ORDER BY run_id LIMIT 1)
      UNION ALL
      SELECT (SELECT u.run_id FROM account_updates AS u WHERE u.run_id > run.run_id ORDER BY u.run_id LIMIT 1)
      FROM run
      WHERE run.run_id IS NOT NULL AND $1::int8 IS NULL
    )
    SELECT run_id,
      (SELECT u.seq FROM account_updates AS u WHERE u.run_id = run.run_id ORDER BY u.seq LIMIT 1) AS first_seq,
      (SELECT u.seq FROM account_updates AS u WHERE u.run_id = run.run_id ORDER BY u.seq DESC LIMIT 1) AS last_seq
    FROM run
    WHERE run_id IS NOT NULL
    ORDER BY run_id`,
};

/** The place in the history at a fraction of it (or of one run), as sequence numbers have few gaps; null if it is empty. */
export async function landInHistory(
  db: Queryable,
  runId: string | undefined,
  fraction: number,
): Promise<Omit<Place, 'index'> | null> {
  const { rows } = await db.query<RawRow>(statement, [runId ?? null]);
  const spans = rows.map((raw) => ({
    runId: textOf(raw, 'run_id'),
    first: BigInt(textOf(raw, 'first_seq')),
    size: BigInt(textOf(raw, 'last_seq')) - BigInt(textOf(raw, 'first_seq')) + 1n,
  }));
  const all = spans.reduce((sum, { size }) => sum + size, 0n);
  let left = (all * BigInt(Math.round(fraction * 1_000_000))) / 1_000_000n;
  for (const span of spans) {
    if (left < span.size) return { part: 0, keys: [span.runId, String(span.first + left)] };
    left -= span.size;
  }
  const last = spans.at(-1);
  return last ? { part: 0, keys: [last.runId, String(last.first + last.size - 1n)] } : null;
}
