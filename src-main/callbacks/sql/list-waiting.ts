import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';

/** Of 8 KiB: at most 15,000 accounts, so that neither thread is held for long. */
const BLOCKS_AT_ONCE = 200;

const size: Statement = {
  name: 'count_account_blocks',
  deadline: 'read',
  text: `SELECT (pg_relation_size('accounts') / current_setting('block_size')::int8)::int4 AS blocks`,
};

/**
 * By place on the disk: no index over due times is needed, and each block is read once. Lengths that an earlier version did
 * not keep are measured.
 */
const statement: Statement = {
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

/** A callback that waits. */
export interface WaitingCallback {
  /** Number of its update. */
  readonly seq: bigint;
  readonly runId: string;
  /** On the clock of its run. */
  readonly dueMs: number;
  /** Characters that the database prints of its update's data. */
  readonly dataLength: number;
}

/** All waiting callbacks, in pieces and in no order. */
export async function* listWaiting(db: Queryable): AsyncGenerator<readonly WaitingCallback[]> {
  const blocks = (await db.query<{ blocks: number }>(size)).rows[0]?.blocks ?? 0;
  for (let from = 0; from < blocks; from += BLOCKS_AT_ONCE) {
    const { rows } = await db.query<{ waiting: string | null }>(statement, [from, from + BLOCKS_AT_ONCE]);
    const waiting = rows[0]?.waiting?.split(',') ?? [];
    yield waiting.map((entry) => {
      const [seq = '', runId = '', dueMs = '', dataLength = ''] = entry.split(' ');
      return { seq: BigInt(seq), runId, dueMs: epochMsFromText(dueMs), dataLength: Number(dataLength) };
    });
  }
}
