import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import type { Callback } from '../classify';

const statement: Statement = {
  name: 'clear_waiting',
  deadline: 'write',
  text: `
    UPDATE accounts AS a SET callback_run_id = NULL, due_ms = NULL
    FROM unnest($1::text[], $2::int8[]) AS c (id, seq)
    WHERE a.id = c.id AND a.id = ANY ($1::text[]) AND a.update_seq = c.seq AND a.due_ms IS NOT NULL`,
};

/** The callbacks of these accounts, all of earlier batches, wait no longer. Gives how many did until now. */
export async function clearWaiting(db: Queryable, callbacks: readonly Callback[]): Promise<number> {
  const { affectedRows } = await db.query(statement, [
    textArray(callbacks.map(({ id }) => id)),
    numberArray(callbacks.map(({ of }) => ('seq' in of ? of.seq : null))),
  ]);
  return affectedRows;
}
