import type { CallbackState } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';

const statement: Statement = {
  name: 'count_callbacks',
  text: `
    SELECT callback_state AS state, count(*) AS callbacks
    FROM account_updates
    WHERE callback_state IS NOT NULL
    GROUP BY callback_state`,
};

const pendingStatement: Statement = {
  name: 'count_pending_callbacks',
  text: `SELECT count(*) AS callbacks FROM account_updates WHERE callback_state = 'pending'`,
};

/** Reads the whole history: for a person who asks, not for a loop. */
export async function countCallbacks(db: Queryable): Promise<Record<CallbackState, number>> {
  const { rows } = await db.query<{ state: CallbackState; callbacks: string }>(statement);
  const counts = { pending: 0, fired: 0, cancelled: 0 };
  for (const { state, callbacks } of rows) counts[state] = Number(callbacks);
  return counts;
}

/** Served by the partial index over pending callbacks. */
export async function countPendingCallbacks(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ callbacks: string }>(pendingStatement);
  return Number(rows[0]?.callbacks ?? 0);
}
