import type { Queryable, Statement } from '../../database/database';

const statement: Statement = {
  name: 'count_pending_callbacks',
  deadline: 'read',
  text: 'SELECT count(*) AS callbacks FROM accounts WHERE due_ms IS NOT NULL',
};

/** Reads all accounts: for a program that opens no engine, which knows what waits. */
export async function countPendingCallbacks(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ callbacks: string }>(statement);
  return Number(rows[0]?.callbacks ?? 0);
}
