import type { EpochMs } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';

const statement: Statement = {
  name: 'find_earliest_due',
  text: `
    SELECT ${epochMsOf('callback_due_at')} AS due_ms
    FROM accounts
    WHERE callback_due_at IS NOT NULL
    ORDER BY callback_due_at, update_seq
    LIMIT 1`,
};

/** When the next callback is due; null if none waits. */
export async function findEarliestDue(db: Queryable): Promise<EpochMs | null> {
  const { rows } = await db.query<{ due_ms: string }>(statement);
  return rows[0] ? epochMsFromText(rows[0].due_ms) : null;
}
