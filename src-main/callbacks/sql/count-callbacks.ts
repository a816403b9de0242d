import type { CallbackState } from '../../../src-shared/update';
import { waits } from '../../accounts/sql/waits';
import type { Queryable, Statement } from '../../database/database';

const statement: Statement = {
  name: 'count_callbacks',
  deadline: 'read',
  text: `
    SELECT
      (SELECT count(*) FROM accounts AS a WHERE ${waits('a')}) AS pending,
      count(*) FILTER (WHERE fired) AS fired,
      count(*) FILTER (WHERE NOT fired) AS cancelled
    FROM settled_callbacks`,
};

const pendingStatement: Statement = {
  name: 'count_pending_callbacks',
  deadline: 'read',
  text: `SELECT count(*) AS callbacks FROM accounts AS a WHERE ${waits('a')}`,
};

/** Reads all settled ones: for a person who asks, not for a loop. */
export async function countCallbacks(db: Queryable): Promise<Record<CallbackState, number>> {
  const { rows } = await db.query<Record<CallbackState, string>>(statement);
  const { pending, fired, cancelled } = rows[0] ?? { pending: 0, fired: 0, cancelled: 0 };
  return { pending: Number(pending), fired: Number(fired), cancelled: Number(cancelled) };
}

/** Those due later than anything was settled are counted without a look at the others. */
export async function countPendingCallbacks(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ callbacks: string }>(pendingStatement);
  return Number(rows[0]?.callbacks ?? 0);
}
