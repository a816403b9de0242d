import type { Queryable, Statement } from '../../database/database';
import type { Place } from './cursor';
import { nullableTextOf, type RawRow } from './row-set';

/** First and last sequence number, of all or of one run: two look-ups in an index. */
const statement: Statement = {
  name: 'history_span',
  deadline: 'read',
  text: `
    SELECT
      (SELECT seq FROM account_updates WHERE $1::int8 IS NULL OR run_id = $1::int8 ORDER BY seq LIMIT 1) AS first_seq,
      (SELECT seq FROM account_updates WHERE $1::int8 IS NULL OR run_id = $1::int8 ORDER BY seq DESC LIMIT 1) AS last_seq`,
};

/**
 * The place in the history at a fraction of it (or of one run), as sequence numbers have few gaps; null if it
 * is empty. In a run that was resumed after others there is one where those stand: it lands behind them.
 */
export async function landInHistory(
  db: Queryable,
  runId: string | undefined,
  fraction: number,
): Promise<Omit<Place, 'index'> | null> {
  const { rows } = await db.query<RawRow>(statement, [runId ?? null]);
  const first = rows[0] && nullableTextOf(rows[0], 'first_seq');
  const last = rows[0] && nullableTextOf(rows[0], 'last_seq');
  if (!first || !last) return null;
  const offset =
    ((BigInt(last) - BigInt(first) + 1n) * BigInt(Math.round(fraction * 1_000_000))) / 1_000_000n;
  const seq = BigInt(first) + offset;
  return { part: 0, keys: [String(seq > BigInt(last) ? last : seq)] };
}
