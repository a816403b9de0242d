import type { EpochMs } from '../../../src-shared/update';
import type { SettledState } from '../../accounts/classify';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';
import type { CallbackKey } from '../../engine/interface';
import type { ClaimedCallback } from './claim-due-callbacks';

interface Row {
  readonly account_type: string;
  readonly tokens: string;
  readonly data: string;
  readonly due_ms: string;
}

const settle: Statement = {
  name: 'settle_callback',
  text: `
    UPDATE account_updates
    SET callback_state = $3::text, callback_settled_at = ${timestampOf('$4::int8')}
    WHERE account_id = $1::text AND version = $2::numeric AND callback_state = 'pending'
    RETURNING account_type, tokens, data, ${epochMsOf('callback_due_at')} AS due_ms`,
};

const find: Statement = {
  name: 'find_callback_state',
  text: `
    SELECT callback_state AS state
    FROM account_updates
    WHERE account_id = $1::text AND version = $2::numeric AND callback_state IS NOT NULL`,
};

/** Settles one waiting callback by hand; undefined if it does not wait. */
export async function settleCallback(
  db: Queryable,
  { id, version }: CallbackKey,
  state: SettledState,
  nowMs: EpochMs,
): Promise<ClaimedCallback | undefined> {
  const { rows } = await db.query<Row>(settle, [id, version, state, nowMs]);
  return rows.map(({ account_type: accountType, tokens, data, due_ms }) => ({
    account: { id, accountType, tokens, version, data },
    dueAtMs: epochMsFromText(due_ms),
  }))[0];
}

/** What became of a callback; undefined if there is none of that id and version. */
export async function findCallbackState(
  db: Queryable,
  { id, version }: CallbackKey,
): Promise<string | undefined> {
  const { rows } = await db.query<{ state: string }>(find, [id, version]);
  return rows[0]?.state;
}
