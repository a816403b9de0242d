import type { EpochMs, U64Text } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

/** As `claim_due_callbacks`, but they end as cancelled, and nothing superseded them. */
const statement: Statement = {
  name: 'skip_overdue_callbacks',
  text: `
    WITH overdue AS (
      SELECT account_id, version
      FROM account_updates
      WHERE callback_state = 'pending' AND callback_due_at < ${timestampOf('$1::int8')}
      ORDER BY callback_due_at, seq
      LIMIT $3::int4
      FOR UPDATE SKIP LOCKED
    ), skipped AS (
      UPDATE account_updates AS skipped
      SET callback_state = 'cancelled', callback_settled_at = ${timestampOf('$2::int8')}
      FROM overdue
      WHERE skipped.account_id = overdue.account_id AND skipped.version = overdue.version
        AND skipped.callback_state = 'pending'
      RETURNING skipped.account_id, skipped.version, skipped.callback_due_at, skipped.seq
    )
    SELECT account_id AS id, version FROM skipped ORDER BY callback_due_at, seq`,
};

/** Cancels at most `limit` callbacks that were due before `overdueBeforeMs`, and gives them in order of due time. */
export async function skipOverdueCallbacks(
  db: Queryable,
  overdueBeforeMs: EpochMs,
  nowMs: EpochMs,
  limit: number,
): Promise<readonly { readonly id: string; readonly version: U64Text }[]> {
  const { rows } = await db.query<{ id: string; version: U64Text }>(statement, [
    overdueBeforeMs,
    nowMs,
    limit,
  ]);
  return rows;
}
