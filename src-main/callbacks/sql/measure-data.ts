import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';

const statement: Statement = {
  name: 'measure_data',
  deadline: 'read',
  text: `
    SELECT u.seq, octet_length(u.data::text) AS length
    FROM unnest($1::int8[]) AS w (seq)
    CROSS JOIN LATERAL ${updateByNumber('w.seq')} AS u`,
};

/** How many bytes the database prints of the data of each update, by its number. It prints one at a time. */
export async function measureData(
  db: Queryable,
  seqs: readonly bigint[],
): Promise<ReadonlyMap<bigint, number>> {
  const { rows } = await db.query<{ seq: string; length: number }>(statement, [numberArray(seqs)]);
  return new Map(rows.map(({ seq, length }) => [BigInt(seq), length]));
}
