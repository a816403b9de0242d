import type { Queryable, Statement } from '../../database/database';

/** One text in place of a row each. What a transaction that is rolled back had reserved stays a gap. */
const statement: Statement = {
  name: 'reserve_sequence',
  deadline: 'write',
  text: `
    SELECT string_agg(nextval('account_updates_seq_seq')::text, ',') AS numbers
    FROM generate_series(1, $1::int4)`,
};

/** The next `count` sequence numbers of the history, ascending; `count` from 1 on. */
export async function reserveSequence(db: Queryable, count: number): Promise<readonly string[]> {
  const { rows } = await db.query<{ numbers: string }>(statement, [count]);
  return (rows[0]?.numbers ?? '').split(',');
}
