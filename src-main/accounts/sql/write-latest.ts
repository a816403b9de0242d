import type { EpochMs, Update } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

/** A new latest state, and its callback, which waits. */
export interface LatestState {
  readonly update: Update;
  readonly seq: string;
  readonly dueAtMs: EpochMs;
  /** See `printedLength`. */
  readonly dataLength: number | null;
}

const GIVEN = `unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::int8[], $7::int8[],
    $8::int4[])
  AS u (id, account_type, tokens, version, seq, due_ms, data_length)`;

/** Half of what INSERT … ON CONFLICT costs, which locks each row before it writes it. */
const set: Statement = {
  name: 'set_latest',
  deadline: 'write',
  text: `
    UPDATE accounts AS a
    SET account_type = u.account_type, tokens = u.tokens, version = u.version,
      updated_at = ${timestampOf('$1::int8')}, update_seq = u.seq, callback_due_at = ${timestampOf('u.due_ms')},
      data_length = u.data_length
    FROM ${GIVEN}
    WHERE a.id = u.id AND a.id = ANY ($2::text[]) AND a.version < u.version`,
};

const add: Statement = {
  name: 'add_accounts',
  deadline: 'write',
  text: `
    INSERT INTO accounts AS a (id, account_type, tokens, version, created_at, updated_at, update_seq, callback_due_at,
      data_length)
    SELECT u.id, u.account_type, u.tokens, u.version, ${timestampOf('$1::int8')}, ${timestampOf('$1::int8')}, u.seq,
      ${timestampOf('u.due_ms')}, u.data_length
    FROM ${GIVEN}
    ON CONFLICT (id) DO UPDATE
    SET account_type = excluded.account_type, tokens = excluded.tokens, version = excluded.version,
      updated_at = excluded.updated_at, update_seq = excluded.update_seq, callback_due_at = excluded.callback_due_at,
      data_length = excluded.data_length
    WHERE a.version < excluded.version`,
};

/** Writes over the latest states of accounts that are there; none of them twice. The fence keeps a newer state from being undone. */
export async function setLatest(
  db: Queryable,
  writtenAtMs: EpochMs,
  latest: readonly LatestState[],
): Promise<void> {
  await db.query(set, valuesOf(writtenAtMs, latest));
}

/** Adds accounts; none of them twice. One that somebody else has added meanwhile is written over, under the same fence. */
export async function addAccounts(
  db: Queryable,
  writtenAtMs: EpochMs,
  latest: readonly LatestState[],
): Promise<void> {
  await db.query(add, valuesOf(writtenAtMs, latest));
}

function valuesOf(writtenAtMs: EpochMs, latest: readonly LatestState[]) {
  return [
    writtenAtMs,
    textArray(latest.map(({ update }) => update.id)),
    textArray(latest.map(({ update }) => update.accountType)),
    numberArray(latest.map(({ update }) => update.tokens)),
    numberArray(latest.map(({ update }) => update.version)),
    numberArray(latest.map(({ seq }) => seq)),
    numberArray(latest.map(({ dueAtMs }) => dueAtMs)),
    numberArray(latest.map(({ dataLength }) => dataLength)),
  ];
}
