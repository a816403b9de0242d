import { type U64Text, type VersionText, writeVersionOf } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { versionTextOf } from '../../storage/version-sql';

const findAny: Statement = {
  name: 'find_any_dead_slot',
  deadline: 'read',
  text: 'SELECT EXISTS (SELECT FROM dead_slots) AS found',
};

export async function hasDeadSlots(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(findAny);
  return rows[0]?.found === true;
}

const find: Statement = {
  name: 'find_dead_slots',
  deadline: 'read',
  text: 'SELECT slot::text FROM dead_slots WHERE slot = ANY ($1::numeric[])',
};

/** Those of `slots` that are dead. */
export async function findDeadSlots(db: Queryable, slots: readonly U64Text[]): Promise<ReadonlySet<U64Text>> {
  const { rows } = await db.query<{ slot: U64Text }>(find, [numberArray(slots)]);
  return new Set(rows.map(({ slot }) => slot));
}

/** A slot that a run has learned to be dead, in the one order and in the time of the run. */
export interface DeadSlot {
  readonly slot: U64Text;
  readonly seq: bigint;
  readonly runId: string;
  readonly at: number;
}

const insert: Statement = {
  name: 'insert_dead_slot',
  deadline: 'write',
  text: `INSERT INTO dead_slots (slot, seq, run_id, at_ms) VALUES ($1::numeric, $2::int8, $3::int8, $4::int8)
    ON CONFLICT (slot) DO NOTHING`,
};

/** False if it was dead already. */
export async function insertDeadSlot(db: Queryable, { slot, seq, runId, at }: DeadSlot): Promise<boolean> {
  const { affectedRows } = await db.query(insert, [slot, String(seq), runId, at]);
  return affectedRows > 0;
}

const countLatest: Statement = {
  name: 'count_latest_of_slot',
  deadline: 'read',
  text: `SELECT callback_run_id::text AS run_id, count(*)::int4 AS accounts FROM accounts WHERE slot = $1::numeric GROUP BY 1`,
};

/** How many accounts have their latest state in a slot, by the run of the callback that waits; null: none waits. */
export async function countLatestOf(
  db: Queryable,
  slot: U64Text,
): Promise<readonly { readonly run_id: string | null; readonly accounts: number }[]> {
  return (await db.query<{ run_id: string | null; accounts: number }>(countLatest, [slot])).rows;
}

/** An account whose latest state lay in a dead slot. */
export interface FallenBack {
  readonly id: string;
  readonly version: VersionText;
  /** Of the update that was the latest. */
  readonly seq: bigint;
  /** Of its callback, which waited; null: none did. */
  readonly callbackRunId: string | null;
  /** What is the latest again; null: nothing is left of the account. */
  readonly back: { readonly version: VersionText; readonly seq: bigint } | null;
}

/** So many at once, that no statement takes long: some 20 ms. */
export const ACCOUNTS_AT_ONCE = 250;

/**
 * Each account goes down its own versions, past those of dead slots, along the key: with NOT EXISTS it would read all of them. One text, because PGlite decodes each field of
 * each row separately.
 */
const fallBack = (name: string, accounts: string): Statement => ({
  name,
  deadline: 'write',
  text: `
    WITH latest AS MATERIALIZED (
      SELECT id, version, update_seq, callback_run_id, due_ms, row_number() OVER () - 1 AS place FROM (${accounts}) AS a
    ), fallen AS MATERIALIZED (
      SELECT latest.*, u.seq AS back_seq, u.slot AS back_slot, u.version AS back_version, u.account_type, u.tokens
      FROM latest LEFT JOIN LATERAL (
        SELECT o.account_type, o.tokens, o.slot, o.version, o.seq FROM account_updates AS o
        WHERE o.account_id = latest.id AND o.slot < $1::numeric
          AND (SELECT true FROM dead_slots AS d WHERE d.slot = o.slot LIMIT 1) IS NOT TRUE
        ORDER BY o.slot DESC, o.version DESC LIMIT 1
      ) AS u ON true
    ), moved AS (
      UPDATE accounts AS a SET account_type = f.account_type, tokens = f.tokens, slot = f.back_slot,
        version = f.back_version, update_seq = f.back_seq, callback_run_id = NULL, due_ms = NULL, data_length = NULL
      FROM fallen AS f WHERE a.id = f.id AND a.id = ANY (ARRAY(SELECT id FROM fallen)) AND f.back_seq IS NOT NULL
    ), gone AS (
      DELETE FROM accounts WHERE id = ANY (ARRAY(SELECT id FROM fallen WHERE back_seq IS NULL))
    ), noted AS (
      INSERT INTO retractions (seq, run_id, at_ms, account_id, update_seq, back_seq)
      SELECT $2::int8 + place, $3::int8, $4::int8, id, update_seq, back_seq FROM fallen
    ), settled AS (
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      SELECT $2::int8 + f.place, f.update_seq, f.callback_run_id, clock.at_ms, f.id, 'dead slot'
      FROM fallen AS f JOIN unnest($5::int8[], $6::int8[]) AS clock (run_id, at_ms) ON clock.run_id = f.callback_run_id
      WHERE f.due_ms IS NOT NULL
    )
    SELECT json_agg(
      json_build_array(id, $1::text || ':' || version, update_seq::text, callback_run_id::text,
        ${versionTextOf('fallen', 'back_slot', 'back_version')}, back_seq::text)
      ORDER BY place)::text AS fallen
    FROM fallen`,
});
const fallBackNext = fallBack(
  'fall_back',
  `SELECT * FROM accounts
        WHERE slot = $1::numeric AND (version, id) > ($7::numeric, $8::text) ORDER BY version, id LIMIT $9::int8`,
);
/** The look-up by key keeps the planner from reading all accounts. */
const fallBackThese = fallBack(
  'fall_back_these',
  `SELECT a.* FROM unnest($7::text[]) AS wanted (id)
        CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = wanted.id LIMIT 1) AS a WHERE a.slot = $1::numeric`,
);

const findOf: Statement = {
  name: 'find_accounts_of_updates',
  deadline: 'read',
  text: `
    SELECT a.id FROM unnest($1::int8[]) AS wanted (seq)
    CROSS JOIN LATERAL (SELECT * FROM accounts WHERE update_seq BETWEEN wanted.seq AND wanted.seq ORDER BY update_seq LIMIT 1) AS a
    WHERE a.slot = $2::numeric`,
};

/** The accounts whose latest states are these updates, by their numbers, if they lie in `slot`. */
export async function findAccountsOf(
  db: Queryable,
  seqs: readonly bigint[],
  slot: U64Text,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(findOf, [numberArray(seqs), slot]);
  return rows.map(({ id }) => id);
}

/** A join, because few accounts have no index by slot. */
const unfinished: Statement = {
  name: 'find_unfinished_deaths',
  deadline: 'maintenance',
  text: `
    SELECT d.slot::text AS slot, d.run_id, d.at_ms FROM dead_slots AS d
    WHERE EXISTS (SELECT FROM accounts AS a WHERE a.slot = d.slot) ORDER BY d.seq`,
};

/** Dead slots with accounts that have not fallen back yet: the process ended before. */
export async function findUnfinishedDeaths(db: Queryable): Promise<readonly Omit<DeadSlot, 'seq'>[]> {
  const { rows } = await db.query<{ slot: U64Text; run_id: string; at_ms: string }>(unfinished);
  return rows.map(({ slot, run_id: runId, at_ms }) => ({ slot, runId, at: epochMsFromText(at_ms) }));
}

type FallenText = readonly [string, VersionText, string, string | null, VersionText | null, string | null];

/** Which accounts of a dead slot fall back: the first `count` after one (null: from the first), or some by their ids. */
export type WhichFall =
  | { readonly after: FallenBack | null; readonly count: number }
  | { readonly ids: readonly string[] };

/**
 * Lets accounts whose latest state lies in a dead slot fall back, and cancels their callbacks.
 * @param dead Its number is that of the first account.
 * @param times When it is, on the clocks of the runs whose callbacks wait.
 */
export async function fallBackSome(
  db: Queryable,
  { slot, seq, runId, at }: DeadSlot,
  times: ReadonlyMap<string, number>,
  which: WhichFall,
): Promise<readonly FallenBack[]> {
  const values = [
    slot,
    String(seq),
    runId,
    at,
    numberArray([...times.keys()]),
    numberArray([...times.values()]),
  ];
  const { rows } =
    'ids' in which
      ? await db.query<{ fallen: string | null }>(fallBackThese, [...values, textArray(which.ids)])
      : await db.query<{ fallen: string | null }>(fallBackNext, [
          ...values,
          which.after ? writeVersionOf(which.after.version) : '-1',
          which.after?.id ?? '',
          which.count,
        ]);
  const fallen: readonly FallenText[] = JSON.parse(rows[0]?.fallen ?? '[]');
  return fallen.map(([id, version, updateSeq, callbackRunId, backVersion, backSeq]) => ({
    id,
    version,
    seq: BigInt(updateSeq),
    callbackRunId,
    back: backVersion === null || backSeq === null ? null : { version: backVersion, seq: BigInt(backSeq) },
  }));
}
