import type { Queryable, Statement } from '../../database/database';
import { attemptsFrom } from '../../engine/run-on-record';
import { nullableTextOf, type Place, type RawRow, textOf } from './row-set';

/** From which to which number the updates of one attempt of a run lie; null: it is under way. */
export type Attempt = readonly [from: string, to: string | null];

const attempts: Statement = {
  name: 'read_attempts',
  deadline: 'read',
  text: `SELECT attempts, state IN ('running', 'paused', 'draining') AS goes_on FROM runs WHERE id = $1::int8`,
};

/** The attempts of a run, earliest first. */
export async function readAttempts(db: Queryable, runId: string): Promise<readonly Attempt[]> {
  const row = (await db.query<RawRow>(attempts, [runId])).rows[0];
  if (!row) return [];
  const known = attemptsFrom(textOf(row, 'attempts'));
  return known.map(([from, to], at) => [from, row.goes_on === true && at === known.length - 1 ? null : to]);
}

/** First and last number of all updates: two look-ups in an index. */
const span: Statement = {
  name: 'history_span',
  deadline: 'read',
  text: `
    SELECT (SELECT seq FROM account_updates ORDER BY seq LIMIT 1) AS first_seq,
      (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1) AS last_seq`,
};

/**
 * The place in the history, or in these attempts, at a fraction of it: numbers have few gaps, and those of settled callbacks lie
 * among them. Null if it is empty.
 */
export async function landInHistory(
  db: Queryable,
  of: readonly Attempt[] | null,
  fraction: number,
): Promise<Place | null> {
  const row = (await db.query<RawRow>(span)).rows[0] ?? {};
  const first = nullableTextOf(row, 'first_seq');
  const last = nullableTextOf(row, 'last_seq');
  if (first === null || last === null) return null;
  const stretches = (of ?? [[first, last]]).map(
    ([from, to]) => [BigInt(from), BigInt(to ?? last) - BigInt(from) + 1n] as const,
  );
  const whole = stretches.reduce((sum, [, length]) => sum + length, 0n);
  const wanted = (whole * BigInt(Math.round(fraction * 1_000_000))) / 1_000_000n;
  let offset = wanted < whole ? wanted : whole - 1n;
  for (const [from, length] of stretches) {
    if (offset < length) return { part: 0, keys: [String(from + offset)] };
    offset -= length;
  }
  return null;
}
