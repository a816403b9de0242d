import type {
  CallbackDelivery,
  CallbackDeliveryState,
  Delivery,
  DeliveryState,
} from '../../../src-shared/deliveries';
import { type ClockRecord, wallOf } from '../../../src-shared/run-clock';
import {
  type EpochMs,
  type JsonText,
  slotOf,
  type U64Text,
  type VersionText,
  writeVersionOf,
} from '../../../src-shared/update';
import { DELIVERED_KEPT, deliveriesOf, isDelivered } from '../../callbacks/sql/delivery-state';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';
import { clockFrom } from '../../storage/run-on-record';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';

/** Of the history of settled callbacks, read at once. */
export const PAGE_CALLBACKS = 1_000;

const nextFired: Statement = {
  name: 'find_next_fired',
  deadline: 'read',
  text: `
    SELECT s.seq, (${isDelivered('s', 'r.delivers_from')} AND d.seq IS NULL) IS TRUE AS sends
    FROM (SELECT seq, run_id, how FROM settled_callbacks WHERE seq > $2::int8 ORDER BY seq LIMIT ${PAGE_CALLBACKS}) AS s
    LEFT JOIN runs AS r ON r.id = s.run_id
    LEFT JOIN deliveries AS d ON d.target_id = $1::uuid AND d.seq = s.seq
    ORDER BY s.seq`,
};

export interface FiredPage {
  /** Numbers of those that are to be delivered. */
  readonly seqs: readonly bigint[];
  /** The last number that was looked at; null: there was none. */
  readonly last: bigint | null;
  readonly isLast: boolean;
}

/** The callbacks that settled after `afterSeq`, in order, without those that need no delivery. */
export async function findNextFired(db: Queryable, targetId: string, afterSeq: bigint): Promise<FiredPage> {
  const { rows } = await db.query<{ seq: string; sends: boolean }>(nextFired, [targetId, String(afterSeq)]);
  const last = rows.at(-1);
  return {
    seqs: rows.flatMap(({ seq, sends }) => (sends ? [BigInt(seq)] : [])),
    last: last ? BigInt(last.seq) : null,
    isLast: rows.length < PAGE_CALLBACKS,
  };
}

const behind: Statement = {
  name: 'count_fired_ahead',
  deadline: 'read',
  text: `
    SELECT count(*)::int4 AS behind
    FROM (SELECT seq, run_id, how FROM settled_callbacks WHERE seq > $2::int8 ORDER BY seq LIMIT $3::int4) AS s
    JOIN runs AS r ON r.id = s.run_id
    LEFT JOIN deliveries AS d ON d.target_id = $1::uuid AND d.seq = s.seq
    WHERE ${isDelivered('s', 'r.delivers_from')} AND d.seq IS NULL`,
};

/** How many of the next `most` settled callbacks are to be delivered. */
export async function countFiredAhead(
  db: Queryable,
  targetId: string,
  afterSeq: bigint,
  most: number,
): Promise<number> {
  const { rows } = await db.query<{ behind: number }>(behind, [targetId, String(afterSeq), most]);
  return rows[0]?.behind ?? 0;
}

const waiting: Statement = {
  name: 'find_waiting_deliveries',
  deadline: 'read',
  text: `
    SELECT seq, attempts, ${epochMsOf('first_at')} AS first_ms, ${epochMsOf('next_at')} AS next_ms
    FROM deliveries WHERE target_id = $1::uuid AND state = 'waiting' ORDER BY next_at, seq LIMIT $2::int4`,
};

export interface WaitingDelivery {
  readonly seq: bigint;
  readonly attempts: number;
  readonly firstAtMs: EpochMs;
  readonly nextAtMs: EpochMs;
}

/** The earliest first. */
export async function findWaiting(
  db: Queryable,
  targetId: string,
  limit: number,
): Promise<readonly WaitingDelivery[]> {
  const { rows } = await db.query<{ seq: string; attempts: number; first_ms: string; next_ms: string }>(
    waiting,
    [targetId, limit],
  );
  return rows.map((row) => ({
    seq: BigInt(row.seq),
    attempts: row.attempts,
    firstAtMs: epochMsFromText(row.first_ms),
    nextAtMs: epochMsFromText(row.next_ms),
  }));
}

const contents: Statement = {
  name: 'read_delivery_contents',
  deadline: 'read',
  text: `
    SELECT s.seq, s.run_id, s.at_ms, s.how, u.account_id, u.account_type, u.tokens, ${versionTextOf('u')} AS version,
      u.due_ms, u.callback_time_ms, octet_length(u.data::text) AS data_bytes,
      CASE WHEN octet_length(u.data::text) <= $2::int4 THEN u.data::text END AS data
    FROM unnest($1::int8[]) AS w (seq)
    CROSS JOIN LATERAL (SELECT * FROM settled_callbacks WHERE seq BETWEEN w.seq AND w.seq ORDER BY seq LIMIT 1) AS s
    CROSS JOIN LATERAL ${updateByNumber('s.update_seq')} AS u`,
};

const clocks: Statement = {
  name: 'read_delivery_clocks',
  deadline: 'read',
  text: 'SELECT id, clock FROM runs WHERE id = ANY ($1::int8[])',
};

/** A fired callback with the account as it was at that version. */
export interface FiredContent {
  readonly seq: bigint;
  readonly runId: string;
  readonly byHand: boolean;
  /** By the wall clock; null: on a virtual clock. */
  readonly firedAtMs: EpochMs | null;
  readonly dueAtMs: EpochMs | null;
  readonly callbackTimeMs: number;
  readonly id: string;
  readonly accountType: string;
  readonly tokens: U64Text;
  readonly version: VersionText;
  readonly dataBytes: number;
  /** Null: it is larger than allowed. */
  readonly data: JsonText | null;
}

export async function readContents(
  db: Queryable,
  seqs: readonly bigint[],
  maxDataBytes: number,
): Promise<readonly FiredContent[]> {
  const { rows } = await db.query<{
    seq: string;
    run_id: string;
    at_ms: string;
    how: string;
    account_id: string;
    account_type: string;
    tokens: string;
    version: string;
    due_ms: string;
    callback_time_ms: string;
    data_bytes: number;
    data: string | null;
  }>(contents, [numberArray(seqs), maxDataBytes]);
  const runIds = [...new Set(rows.map((row) => row.run_id))];
  const read = await db.query<{ id: string; clock: string }>(clocks, [numberArray(runIds)]);
  const clockOf = new Map<string, ClockRecord>(read.rows.map(({ id, clock }) => [id, clockFrom(clock)]));
  return rows.map((row) => {
    const clock = clockOf.get(row.run_id);
    const wallAt = (ms: string) => (clock ? wallOf(clock, epochMsFromText(ms)) : null);
    return {
      seq: BigInt(row.seq),
      runId: row.run_id,
      byHand: row.how === 'fired by hand',
      firedAtMs: wallAt(row.at_ms),
      dueAtMs: wallAt(row.due_ms),
      callbackTimeMs: Number(row.callback_time_ms),
      id: row.account_id,
      accountType: row.account_type,
      tokens: row.tokens,
      version: row.version,
      dataBytes: row.data_bytes,
      data: row.data,
    };
  });
}

/** What an attempt came to. */
export interface Attempted {
  readonly seq: bigint;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly firstAtMs: EpochMs;
  readonly lastAtMs: EpochMs;
  readonly nextAtMs: EpochMs | null;
  readonly answer: string | null;
  readonly error: string | null;
}

const save: Statement = {
  name: 'save_deliveries',
  deadline: 'write',
  text: `
    WITH attempted AS (
      INSERT INTO deliveries (target_id, seq, state, attempts, first_at, last_at, next_at, answer, error)
      SELECT $1::uuid, a.seq, a.state, a.attempts, ${timestampOf('a.first_ms')}, ${timestampOf('a.last_ms')},
        ${timestampOf('a.next_ms')}, a.answer, a.error
      FROM unnest($2::int8[], $3::text[], $4::int4[], $5::int8[], $6::int8[], $7::int8[], $8::text[], $9::text[])
        AS a (seq, state, attempts, first_ms, last_ms, next_ms, answer, error)
      ON CONFLICT (target_id, seq) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
        first_at = excluded.first_at, last_at = excluded.last_at, next_at = excluded.next_at, answer = excluded.answer, error = excluded.error
    )
    UPDATE targets SET cursor_seq = greatest(cursor_seq, $10::int8), delivered = delivered + $11::int4, last_error = $12::text
    WHERE id = $1::uuid`,
};

/** The cursor moves with them, in one transaction, and never back. */
export async function saveAttempts(
  db: Queryable,
  targetId: string,
  attempts: readonly Attempted[],
  cursorSeq: bigint,
  lastError: string | null,
): Promise<void> {
  await db.query(save, [
    targetId,
    numberArray(attempts.map(({ seq }) => seq)),
    textArray(attempts.map(({ state }) => state)),
    numberArray(attempts.map((attempt) => attempt.attempts)),
    numberArray(attempts.map(({ firstAtMs }) => firstAtMs)),
    numberArray(attempts.map(({ lastAtMs }) => lastAtMs)),
    numberArray(attempts.map(({ nextAtMs }) => nextAtMs)),
    textArray(attempts.map(({ answer }) => answer)),
    textArray(attempts.map(({ error }) => error)),
    String(cursorSeq),
    attempts.filter(({ state }) => state === 'delivered').length,
    lastError,
  ]);
}

const forget: Statement = {
  name: 'forget_old_deliveries',
  deadline: 'write',
  text: `
    DELETE FROM deliveries WHERE target_id = $1::uuid AND state = 'delivered' AND seq <= (
      SELECT seq FROM deliveries WHERE target_id = $1::uuid AND state = 'delivered' ORDER BY seq DESC OFFSET ${DELIVERED_KEPT} LIMIT 1)`,
};

/** Forgets the oldest that were delivered, beyond `DELIVERED_KEPT`. */
export async function forgetOldDeliveries(db: Queryable, targetId: string): Promise<void> {
  await db.query(forget, [targetId]);
}

interface ShownRow {
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly first_ms: string;
  readonly last_ms: string;
  readonly next_ms: string | null;
  readonly answer: string | null;
  readonly error: string | null;
}

interface DeliveryRow extends ShownRow {
  readonly seq: string;
  readonly account_id: string;
  readonly version: string;
}

const SHOWN = `d.state, d.attempts, ${epochMsOf('d.first_at')} AS first_ms, ${epochMsOf('d.last_at')} AS last_ms,
  ${epochMsOf('d.next_at')} AS next_ms, d.answer, d.error`;

const page = (condition: string): Statement => ({
  name: 'list_deliveries',
  deadline: 'read',
  text: `
    SELECT d.*, u.account_id, ${versionTextOf('u')} AS version
    FROM (
      SELECT d.seq, ${SHOWN} FROM deliveries AS d
      WHERE d.target_id = $1::uuid AND d.seq < $2::int8 ${condition} ORDER BY d.seq DESC LIMIT $3::int4
    ) AS d
    CROSS JOIN LATERAL (SELECT * FROM settled_callbacks WHERE seq BETWEEN d.seq AND d.seq ORDER BY seq LIMIT 1) AS s
    CROSS JOIN LATERAL ${updateByNumber('s.update_seq')} AS u
    ORDER BY d.seq DESC`,
});
const pages = {
  all: page(''),
  waiting: page(`AND state = 'waiting'`),
  dead: page(`AND state = 'dead'`),
};

/** The latest callback first. */
export async function listDeliveries(
  db: Queryable,
  target: { readonly id: string; readonly name: string },
  { state, beforeSeq, limit }: { state: 'waiting' | 'dead' | null; beforeSeq: string; limit: number },
): Promise<readonly Delivery[]> {
  const { rows } = await db.query<DeliveryRow>(pages[state ?? 'all'], [target.id, beforeSeq, limit]);
  return rows.map((row) => ({
    target: target.name,
    seq: row.seq,
    id: row.account_id,
    version: row.version,
    ...shownOf(row),
  }));
}

type FoundDelivery = Omit<ShownRow, 'state'> & { readonly state: DeliveryState | null };

const ofCallback: Statement = {
  name: 'find_callback_deliveries',
  deadline: 'read',
  text: `
    SELECT d.target, d.shown, ${SHOWN}
    FROM (SELECT seq, run_id FROM account_updates WHERE account_id = $1::text AND slot = $2::numeric AND version = $3::numeric) AS u
    JOIN settled_callbacks AS s ON s.update_seq = u.seq AND s.account_id = $1::text
    CROSS JOIN LATERAL (${deliveriesOf('s')}) AS d
    ORDER BY d.target`,
};

/** What became of a version's callback at each target, by their names; nothing if it has not fired. */
export async function findCallbackDeliveries(
  db: Queryable,
  { id, version }: { readonly id: string; readonly version: VersionText },
): Promise<readonly CallbackDelivery[]> {
  const { rows } = await db.query<FoundDelivery & { target: string; shown: CallbackDeliveryState }>(
    ofCallback,
    [id, slotOf(version), writeVersionOf(version)],
  );
  return rows.map(({ target, shown: state, ...row }) => ({
    target,
    state,
    delivery: row.state === null ? null : shownOf({ ...row, state: row.state }),
  }));
}

function shownOf(row: ShownRow) {
  return {
    state: row.state,
    attempts: row.attempts,
    firstAttemptMs: epochMsFromText(row.first_ms),
    lastAttemptMs: epochMsFromText(row.last_ms),
    nextAttemptMs: row.next_ms === null ? null : epochMsFromText(row.next_ms),
    answer: row.answer,
    error: row.error,
  };
}

const resend: Statement = {
  name: 'resend_deliveries',
  deadline: 'write',
  text: `
    UPDATE deliveries SET state = 'waiting', attempts = 0, first_at = ${timestampOf('$3::int8')}, next_at = ${timestampOf('$3::int8')}
    WHERE target_id = $1::uuid AND state = 'dead' AND seq IN (
      SELECT seq FROM deliveries WHERE target_id = $1::uuid AND state = 'dead' AND ($2::int8[] IS NULL OR seq = ANY ($2::int8[]))
      ORDER BY seq LIMIT $4::int4)`,
};

/** At most this many at once: what waits is tried before anything new. */
export const MOST_RESENT = 1_000;

/** Sends what is dead again, the oldest first: these, or with null `MOST_RESENT` at most. Returns how many. */
export async function resendDead(
  db: Queryable,
  targetId: string,
  seqs: readonly string[] | null,
  nowMs: EpochMs,
): Promise<number> {
  const { affectedRows } = await db.query(resend, [targetId, seqs && numberArray(seqs), nowMs, MOST_RESENT]);
  return affectedRows;
}
