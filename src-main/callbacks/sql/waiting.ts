import { slotOf, type VersionText, writeVersionOf } from '../../../src-shared/update';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { updateByNumber } from '../../storage/update-by-number';

/** Blocks of 8 KiB: at most 15,000 accounts, so that neither thread is busy for long. */
const BLOCKS_AT_ONCE = 200;

const size: Statement = {
  name: 'count_account_blocks',
  deadline: 'read',
  text: `SELECT (pg_relation_size('accounts') / current_setting('block_size')::int8)::int4 AS blocks`,
};

/**
 * In disk order: no index over due times is needed, and each block is read once. Lengths that an earlier version did not store
 * are measured.
 */
const listPart: Statement = {
  name: 'list_waiting_callbacks',
  deadline: 'read',
  text: `
    SELECT string_agg(concat(a.update_seq, ' ', a.callback_run_id, ' ', a.due_ms, ' ', coalesce(a.data_length,
      (SELECT octet_length(u.data::text) FROM account_updates AS u
        WHERE u.account_id = a.id AND u.slot = a.slot AND u.version = a.version))), ',') AS waiting
    FROM accounts AS a
    WHERE a.ctid >= format('(%s,0)', $1::int4)::tid AND a.ctid < format('(%s,0)', $2::int4)::tid
      AND a.due_ms IS NOT NULL`,
};

export interface WaitingCallback {
  /** Number of its update. */
  readonly seq: bigint;
  readonly runId: string;
  /** In run time. */
  readonly dueMs: number;
  /** Characters that the database prints of its update's data. */
  readonly dataLength: number;
}

/** All pending callbacks, in pieces and in no order. */
export async function* listWaiting(db: Queryable): AsyncGenerator<readonly WaitingCallback[]> {
  const blocks = (await db.query<{ blocks: number }>(size)).rows[0]?.blocks ?? 0;
  for (let from = 0; from < blocks; from += BLOCKS_AT_ONCE) {
    const { rows } = await db.query<{ waiting: string | null }>(listPart, [from, from + BLOCKS_AT_ONCE]);
    const waiting = rows[0]?.waiting?.split(',') ?? [];
    yield waiting.map((entry) => {
      const [seq = '', runId = '', dueMs = '', dataLength = ''] = entry.split(' ');
      return { seq: BigInt(seq), runId, dueMs: epochMsFromText(dueMs), dataLength: Number(dataLength) };
    });
  }
}

const countAll: Statement = {
  name: 'count_pending_callbacks',
  deadline: 'read',
  text: 'SELECT count(*) AS callbacks FROM accounts WHERE due_ms IS NOT NULL',
};

/** Reads all accounts: for a program without an engine, which would know. */
export async function countPendingCallbacks(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ callbacks: string }>(countAll);
  return Number(rows[0]?.callbacks ?? 0);
}

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

/** The id of a callback's account, and the version of its update. */
export interface CallbackKey {
  readonly id: string;
  readonly version: VersionText;
}

/** The number of its update and its run; only while pending. */
export async function findWaitingCallback(
  db: Queryable,
  key: CallbackKey,
): Promise<{ readonly seq: string; readonly runId: string } | undefined> {
  const { rows } = await db.query<{ seq: string; runId: string }>(findWaiting, valuesOf(key));
  return rows[0];
}

/** What settled a callback; undefined if there is none of that id and version. */
export async function findHowSettled(db: Queryable, key: CallbackKey): Promise<string | undefined> {
  const { rows } = await db.query<{ how: string }>(findSettled, valuesOf(key));
  return rows[0]?.how;
}

const valuesOf = ({ id, version }: CallbackKey) => [id, slotOf(version), writeVersionOf(version)];

const measure: Statement = {
  name: 'measure_data',
  deadline: 'read',
  text: `
    SELECT u.seq, octet_length(u.data::text) AS length
    FROM unnest($1::int8[]) AS w (seq)
    CROSS JOIN LATERAL ${updateByNumber('w.seq')} AS u`,
};

/** How many bytes the database prints of each update's data, by number. It prints one at a time. */
export async function measureData(
  db: Queryable,
  seqs: readonly bigint[],
): Promise<ReadonlyMap<bigint, number>> {
  const { rows } = await db.query<{ seq: string; length: number }>(measure, [numberArray(seqs)]);
  return new Map(rows.map(({ seq, length }) => [BigInt(seq), length]));
}
