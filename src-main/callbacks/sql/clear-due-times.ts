import { isLeftOver } from '../../accounts/sql/waits';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

export interface SettledOfAccount {
  readonly id: string;
  /** Of the update whose callback it is. */
  readonly seq: string;
}

const some: Statement = {
  name: 'clear_due_times',
  text: `
    UPDATE accounts AS a
    SET callback_due_at = NULL
    FROM unnest($1::text[], $2::int8[]) AS s (id, seq)
    WHERE a.id = s.id AND a.id = ANY ($1::text[]) AND a.update_seq = s.seq AND a.callback_due_at IS NOT NULL`,
};

const leftOver: Statement = {
  name: 'clear_left_due_times',
  text: `UPDATE accounts AS a SET callback_due_at = NULL WHERE ${isLeftOver('a')}`,
};

/** Takes due times back whose callback was settled. An account that has a newer version meanwhile is left alone. */
export async function clearDueTimes(db: Queryable, settled: readonly SettledOfAccount[]): Promise<void> {
  await db.query(some, [textArray(settled.map(({ id }) => id)), numberArray(settled.map(({ seq }) => seq))]);
}

/** Takes back what an earlier process has left over. */
export async function clearLeftDueTimes(db: Queryable): Promise<void> {
  await db.query(leftOver);
}
