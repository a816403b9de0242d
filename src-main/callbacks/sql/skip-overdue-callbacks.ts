import type { EpochMs, U64Text } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

/** As `claim_due_callbacks`, but they end as cancelled, and nothing superseded them. */
const statement: Statement = {
  name: 'skip_overdue_callbacks',
  text: `
    WITH overdue AS (
      SELECT ctid AS place, update_seq, callback_due_at
      FROM accounts
      WHERE callback_due_at < ${timestampOf('$1::int8')}
      ORDER BY callback_due_at, update_seq
      LIMIT $3::int4
      FOR UPDATE SKIP LOCKED
    ), skipped AS (
      UPDATE accounts AS a
      SET callback_due_at = NULL
      WHERE a.ctid = ANY (ARRAY(SELECT place FROM overdue)) AND a.callback_due_at IS NOT NULL
      RETURNING a.id, a.version, a.update_seq
    ), settled AS (
      INSERT INTO settled_callbacks (seq, fired, settled_at)
      SELECT update_seq, false, ${timestampOf('$2::int8')} FROM skipped
    )
    SELECT id, version FROM skipped JOIN overdue USING (update_seq) ORDER BY overdue.callback_due_at, update_seq`,
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
