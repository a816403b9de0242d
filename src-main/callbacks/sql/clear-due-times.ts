import { updateByNumber } from '../../accounts/sql/update-by-number';
import { isLeftOver } from '../../accounts/sql/waits';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

/** The history knows whose they are. */
const some: Statement = {
  name: 'clear_due_times',
  deadline: 'write',
  text: `
    WITH settled AS MATERIALIZED (
      SELECT s.seq, u.account_id
      FROM unnest($1::int8[]) AS s (seq)
      CROSS JOIN LATERAL ${updateByNumber('s.seq')} AS u
    )
    UPDATE accounts AS a
    SET callback_due_at = NULL
    FROM settled AS s
    WHERE a.id = s.account_id AND a.id = ANY (ARRAY(SELECT account_id FROM settled)) AND a.update_seq = s.seq
      AND a.callback_due_at IS NOT NULL`,
};

const leftOver: Statement = {
  name: 'clear_left_due_times',
  deadline: 'maintenance',
  text: `UPDATE accounts AS a SET callback_due_at = NULL WHERE ${isLeftOver('a')}`,
};

/**
 * Takes the due times of callbacks back that were settled, by the numbers of their updates. An account that has a newer
 * version meanwhile is left alone.
 */
export async function clearDueTimes(db: Queryable, settled: readonly bigint[]): Promise<void> {
  await db.query(some, [numberArray(settled)]);
}

/** Takes back what an earlier process has left over. */
export async function clearLeftDueTimes(db: Queryable): Promise<void> {
  await db.query(leftOver);
}
