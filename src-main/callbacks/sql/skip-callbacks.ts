import type { EpochMs, U64Text } from '../../../src-shared/update';
import { updateByNumber } from '../../accounts/sql/update-by-number';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import type { CallbackKey } from '../../engine/interface';
import { settleWaiting } from './settle-waiting';

export interface SkippedCallback extends CallbackKey {
  /** Of the update whose callback it is. */
  readonly seq: string;
}

/** As a claim, but nobody wants to see the account. */
const statement: Statement = {
  name: 'skip_callbacks',
  deadline: 'write',
  text: `
    WITH skipped AS (${settleWaiting(false)})
    SELECT u.seq, u.account_id, u.version
    FROM skipped AS s
    CROSS JOIN LATERAL ${updateByNumber('s.seq')} AS u
    ORDER BY u.callback_due_at, u.seq`,
};

/** Settles those of `seqs` that still wait as cancelled, with nothing that superseded them. Gives them in order of due time. */
export async function skipCallbacks(
  db: Queryable,
  seqs: readonly string[],
  nowMs: EpochMs,
): Promise<readonly SkippedCallback[]> {
  const { rows } = await db.query<{ seq: string; account_id: string; version: U64Text }>(statement, [
    numberArray(seqs),
    nowMs,
  ]);
  return rows.map(({ seq, account_id: id, version }) => ({ seq, id, version }));
}
