import type { EpochMs, U64Text } from '../../../src-shared/update';
import { updateByNumber } from '../../accounts/sql/update-by-number';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';
import type { CallbackKey } from '../../engine/interface';

export interface SkippedCallback extends CallbackKey {
  /** Of the update whose callback it is. */
  readonly seq: string;
}

/** As a claim, but nobody wants to see the account. */
const statement: Statement = {
  name: 'skip_callbacks',
  text: `
    WITH skipped AS (
      INSERT INTO settled_callbacks (seq, fired, settled_at)
      SELECT w.seq, false, ${timestampOf('$2::int8')} FROM unnest($1::int8[]) AS w (seq) ORDER BY w.seq
      ON CONFLICT (seq) DO NOTHING
      RETURNING seq
    )
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
