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
    WITH waiting AS (
      SELECT id, callback_due_at FROM accounts
      WHERE id = $1::text AND version = $2::numeric AND callback_due_at IS NOT NULL
      FOR UPDATE
    ), claimed AS (
      UPDATE accounts AS a
      SET callback_due_at = NULL
      FROM waiting
      WHERE a.id = waiting.id AND a.version = $2::numeric AND a.callback_due_at IS NOT NULL
      RETURNING a.account_type, a.tokens, a.data, a.update_seq, waiting.callback_due_at AS was_due_at
    ), settled AS (
      INSERT INTO settled_callbacks (seq, fired, settled_at)
      SELECT update_seq, $3::bool, ${timestampOf('$4::int8')} FROM claimed
    )
    SELECT account_type, tokens, data, ${epochMsOf('was_due_at')} AS due_ms FROM claimed`,
};

const find: Statement = {
  name: 'find_callback_state',
  text: `
    SELECT CASE WHEN s.fired THEN 'fired' WHEN NOT s.fired THEN 'cancelled' ELSE 'pending' END AS state
    FROM account_updates AS u
    LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
    WHERE u.account_id = $1::text AND u.version = $2::numeric AND u.outcome = 'indexed'`,
};

/** Settles one waiting callback by hand; undefined if it does not wait. */
export async function settleCallback(
  db: Queryable,
  { id, version }: CallbackKey,
  state: SettledState,
  nowMs: EpochMs,
): Promise<ClaimedCallback | undefined> {
  const { rows } = await db.query<Row>(settle, [id, version, state === 'fired', nowMs]);
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
