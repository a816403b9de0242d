import type { Account, EpochMs, U64Text } from '../../../src-shared/update';
import { updateByNumber } from '../../accounts/sql/update-by-number';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { settleWaiting } from './settle-waiting';

/** An entry of the answer: id, account type, tokens, version, data, due time in milliseconds and number, all as text. */
type Claimed = readonly [string, string, U64Text, U64Text, string, string, string];

export interface ClaimedCallback {
  /** Of the update whose callback it is. */
  readonly seq: string;
  /** The account as it was at that version. */
  readonly account: Account;
  readonly dueAtMs: EpochMs;
}

/**
 * The history says what the account was.
 * The answer is one text: PGlite takes apart each field of each row by itself, which was a quarter of what a claim cost.
 * So what a claim may take is bounded by its data: see `claim-size.ts`.
 */
const statement: Statement = {
  name: 'claim_callbacks',
  deadline: 'write',
  text: `
    WITH claimed AS (${settleWaiting(true)})
    SELECT json_agg(
      json_build_array(u.account_id, u.account_type, u.tokens::text, u.version::text, u.data::text,
        ${epochMsOf('u.callback_due_at')}::text, u.seq::text)
      ORDER BY u.callback_due_at, u.seq)::text AS claimed
    FROM claimed AS c
    CROSS JOIN LATERAL ${updateByNumber('c.seq')} AS u`,
};

/** Settles those of `seqs` that still wait as fired. Gives them in order of due time. */
export async function claimCallbacks(
  db: Queryable,
  seqs: readonly string[],
  nowMs: EpochMs,
): Promise<readonly ClaimedCallback[]> {
  const { rows } = await db.query<{ claimed: string | null }>(statement, [numberArray(seqs), nowMs]);
  const claimed: readonly Claimed[] = JSON.parse(rows[0]?.claimed ?? '[]');
  return claimed.map(([id, accountType, tokens, version, data, dueMs, seq]) => ({
    seq,
    account: { id, accountType, tokens, version, data },
    dueAtMs: epochMsFromText(dueMs),
  }));
}
