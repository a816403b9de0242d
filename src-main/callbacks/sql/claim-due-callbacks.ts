import type { Account, EpochMs, U64Text } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';

interface Row {
  readonly id: string;
  readonly account_type: string;
  readonly tokens: U64Text;
  readonly version: U64Text;
  readonly data: string;
  readonly due_ms: string;
}

export interface ClaimedCallback {
  readonly account: Account;
  readonly dueAtMs: EpochMs;
}

/**
 * The condition on the state is repeated in the UPDATE: on a server, a row that a newer version settles
 * between the look and the claim is then left alone. Whoever commits first wins.
 */
const statement: Statement = {
  name: 'claim_due_callbacks',
  text: `
    WITH due AS (
      SELECT account_id, version
      FROM account_updates
      WHERE callback_state = 'pending' AND callback_due_at <= ${timestampOf('$1::int8')}
      ORDER BY callback_due_at, seq
      LIMIT $2::int4
      FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE account_updates AS claimed
      SET callback_state = 'fired', callback_settled_at = ${timestampOf('$1::int8')}
      FROM due
      WHERE claimed.account_id = due.account_id AND claimed.version = due.version
        AND claimed.callback_state = 'pending'
      RETURNING claimed.*
    )
    SELECT account_id AS id, account_type, tokens, version, data, ${epochMsOf('callback_due_at')} AS due_ms
    FROM claimed
    ORDER BY callback_due_at, seq`,
};

/** Fires at most `limit` callbacks due at `nowMs` or before, the earliest first, and gives them in that order. */
export async function claimDueCallbacks(
  db: Queryable,
  nowMs: EpochMs,
  limit: number,
): Promise<readonly ClaimedCallback[]> {
  const { rows } = await db.query<Row>(statement, [nowMs, limit]);
  return rows.map(({ id, account_type: accountType, tokens, version, data, due_ms }) => ({
    account: { id, accountType, tokens, version, data },
    dueAtMs: epochMsFromText(due_ms),
  }));
}
