import { slotOf, type VersionText, writeVersionOf } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';

const findWaiting: Statement = {
  name: 'find_waiting_callback',
  deadline: 'read',
  text: `
    SELECT update_seq AS seq, callback_run_id AS "runId" FROM accounts
    WHERE id = $1::text AND slot = $2::numeric AND version = $3::numeric AND due_ms IS NOT NULL`,
};

const findSettled: Statement = {
  name: 'find_settled_callback',
  deadline: 'read',
  text: `
    SELECT coalesce(s.how, 'newer version') AS how
    FROM account_updates AS u
    LEFT JOIN settled_callbacks AS s ON s.update_seq = u.seq
    WHERE u.account_id = $1::text AND u.slot = $2::numeric AND u.version = $3::numeric AND u.due_ms IS NOT NULL`,
};

/** Names a callback: by the id of its account and the version of its update. */
export interface CallbackKey {
  readonly id: string;
  readonly version: VersionText;
}

/** The number of its update and its run, while it waits. */
export async function findWaitingCallback(
  db: Queryable,
  key: CallbackKey,
): Promise<{ readonly seq: string; readonly runId: string } | undefined> {
  const { rows } = await db.query<{ seq: string; runId: string }>(findWaiting, valuesOf(key));
  return rows[0];
}

/** What settled a callback that does not wait; undefined if there is none of that id and version. */
export async function findHowSettled(db: Queryable, key: CallbackKey): Promise<string | undefined> {
  const { rows } = await db.query<{ how: string }>(findSettled, valuesOf(key));
  return rows[0]?.how;
}

const valuesOf = ({ id, version }: CallbackKey) => [id, slotOf(version), writeVersionOf(version)];
