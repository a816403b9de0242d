import type { EpochMs } from '../../../src-shared/update';
import type { SettledState } from '../../accounts/classify';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';
import type { CallbackKey } from '../../engine/interface';
import type { ClaimedCallback } from './claim-callbacks';

interface Row {
  readonly seq: string;
  readonly account_type: string;
  readonly tokens: string;
  readonly data: string;
  readonly due_ms: string;
}

/** Both in one: what a person settled before it was due does not wait any more, and its account's row says so at once. */
const settle: Statement = {
  name: 'settle_callback',
  deadline: 'write',
  text: `
    WITH wanted AS (
      SELECT u.account_id, u.seq, u.account_type, u.tokens, u.data, u.callback_due_at
      FROM account_updates AS u JOIN accounts AS a ON a.id = u.account_id AND a.update_seq = u.seq
      WHERE u.account_id = $1::text AND u.version = $2::numeric
    ), settled AS (
      INSERT INTO settled_callbacks (seq, fired, settled_at)
      SELECT seq, $3::bool, ${timestampOf('$4::int8')} FROM wanted
      ON CONFLICT (seq) DO NOTHING
      RETURNING seq
    ), cleared AS (
      UPDATE accounts AS a SET callback_due_at = NULL FROM wanted, settled
      WHERE a.id = wanted.account_id AND a.update_seq = settled.seq
    )
    SELECT wanted.seq, wanted.account_type, wanted.tokens, wanted.data,
      ${epochMsOf('wanted.callback_due_at')} AS due_ms
    FROM wanted JOIN settled USING (seq)`,
};

const find: Statement = {
  name: 'find_callback_state',
  deadline: 'read',
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
  return rows.map(({ seq, account_type: accountType, tokens, data, due_ms }) => ({
    seq,
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
