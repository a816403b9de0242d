import type { U64Text, VersionText } from '../../../src-shared/update';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
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

/** So many at once, that no statement takes long. */
const ACCOUNTS_AT_ONCE = 2_000;

/**
 * Each account goes down its own versions, past those of dead slots, along the key. One text, because PGlite decodes each field of
 * each row separately.
 */
const fallBack: Statement = {
  name: 'fall_back',
  deadline: 'write',
  text: `
    WITH fallen AS MATERIALIZED (
      SELECT id, slot, version, update_seq, callback_run_id, due_ms, row_number() OVER (ORDER BY version, id) - 1 AS place
      FROM accounts WHERE slot = $1::numeric ORDER BY version, id LIMIT ${ACCOUNTS_AT_ONCE}
    ), back AS MATERIALIZED (
      SELECT u.account_type, u.tokens, u.slot, u.version, u.seq, fallen.id, fallen.place
      FROM fallen CROSS JOIN LATERAL (
        SELECT o.account_type, o.tokens, o.slot, o.version, o.seq FROM account_updates AS o
        WHERE o.account_id = fallen.id AND o.slot < $1::numeric
          AND NOT EXISTS (SELECT FROM dead_slots AS d WHERE d.slot = o.slot)
        ORDER BY o.slot DESC, o.version DESC LIMIT 1
      ) AS u
    ), moved AS (
      UPDATE accounts AS a SET account_type = back.account_type, tokens = back.tokens, slot = back.slot,
        version = back.version, update_seq = back.seq, callback_run_id = NULL, due_ms = NULL, data_length = NULL
      FROM back WHERE a.id = back.id AND a.id = ANY (ARRAY(SELECT id FROM fallen))
    ), gone AS (
      DELETE FROM accounts AS a USING fallen
      WHERE a.id = fallen.id AND a.id = ANY (ARRAY(SELECT id FROM fallen)) AND a.id <> ALL (ARRAY(SELECT id FROM back))
    ), noted AS (
      INSERT INTO retractions (seq, run_id, at_ms, account_id, update_seq, back_seq)
      SELECT $2::int8 + fallen.place, $3::int8, $4::int8, fallen.id, fallen.update_seq, back.seq
      FROM fallen LEFT JOIN back ON back.place = fallen.place
    ), settled AS (
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      SELECT $2::int8 + fallen.place, fallen.update_seq, fallen.callback_run_id, clock.at_ms, fallen.id, 'dead slot'
      FROM fallen JOIN unnest($5::int8[], $6::int8[]) AS clock (run_id, at_ms) ON clock.run_id = fallen.callback_run_id
      WHERE fallen.due_ms IS NOT NULL
    )
    SELECT json_agg(
      json_build_array(fallen.id, ${versionTextOf('fallen')}, fallen.update_seq::text, fallen.callback_run_id::text,
        ${versionTextOf('back')}, back.seq::text)
      ORDER BY fallen.place)::text AS fallen
    FROM fallen LEFT JOIN back ON back.place = fallen.place`,
};

type FallenText = readonly [string, VersionText, string, string | null, VersionText | null, string | null];

/**
 * Lets the next accounts whose latest state lies in a dead slot fall back, and cancels their callbacks; none: all have.
 * @param dead Its number is that of the first account.
 * @param times When it is, on the clocks of the runs whose callbacks wait.
 */
export async function fallBackSome(
  db: Queryable,
  { slot, seq, runId, at }: DeadSlot,
  times: ReadonlyMap<string, number>,
): Promise<readonly FallenBack[]> {
  const { rows } = await db.query<{ fallen: string | null }>(fallBack, [
    slot,
    String(seq),
    runId,
    at,
    numberArray([...times.keys()]),
    numberArray([...times.values()]),
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
