import type { Account, EpochMs, U64Text } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';

/** An entry of the answer: id, account type, tokens, version, data and the due time in milliseconds, all as text. */
type Claimed = readonly [string, string, U64Text, U64Text, string, string];

export interface ClaimedCallback {
  readonly account: Account;
  readonly dueAtMs: EpochMs;
}

/**
 * Only the latest version's callback can wait, so its account's row holds all that the event says. The condition
 * on it is repeated in the UPDATE: on a server, a row that a newer version overtakes between the look and the
 * claim is then left alone. Whoever commits first wins. An array of places keeps the planner from reading the
 * whole table where it knows nothing of it.
 *
 * The answer is one text: PGlite takes apart each field of each row by itself, which was a quarter of what a claim cost.
 */
const statement: Statement = {
  name: 'claim_due_callbacks',
  text: `
    WITH due AS (
      SELECT ctid AS place, update_seq, callback_due_at
      FROM accounts
      WHERE callback_due_at <= ${timestampOf('$1::int8')}
      ORDER BY callback_due_at, update_seq
      LIMIT $2::int4
      FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE accounts AS a
      SET callback_due_at = NULL
      WHERE a.ctid = ANY (ARRAY(SELECT place FROM due)) AND a.callback_due_at IS NOT NULL
      RETURNING a.id, a.account_type, a.tokens, a.version, a.data, a.update_seq
    ), settled AS (
      INSERT INTO settled_callbacks (seq, fired, settled_at)
      SELECT update_seq, true, ${timestampOf('$1::int8')} FROM claimed
    )
    SELECT json_agg(
      json_build_array(id, account_type, tokens::text, version::text, data::text,
        ${epochMsOf('due.callback_due_at')}::text)
      ORDER BY due.callback_due_at, update_seq)::text AS claimed
    FROM claimed JOIN due USING (update_seq)`,
};

/** Fires at most `limit` callbacks due at `nowMs` or before, the earliest first, and gives them in that order. */
export async function claimDueCallbacks(
  db: Queryable,
  nowMs: EpochMs,
  limit: number,
): Promise<readonly ClaimedCallback[]> {
  const { rows } = await db.query<{ claimed: string | null }>(statement, [nowMs, limit]);
  const claimed: readonly Claimed[] = JSON.parse(rows[0]?.claimed ?? '[]');
  return claimed.map(([id, accountType, tokens, version, data, dueMs]) => ({
    account: { id, accountType, tokens, version, data },
    dueAtMs: epochMsFromText(dueMs),
  }));
}
