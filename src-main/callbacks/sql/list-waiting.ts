import type { ScheduledCallback } from '../../accounts/apply-batch';
import { waits } from '../../accounts/sql/waits';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';

/** Of 8 KiB: at most 15,000 accounts, so that neither thread is held for long. */
const BLOCKS_AT_ONCE = 200;

const size: Statement = {
  name: 'count_account_blocks',
  deadline: 'read',
  text: `SELECT (pg_relation_size('accounts') / current_setting('block_size')::int8)::int4 AS blocks`,
};

/** By place on the disk: no index over due times is needed, and each block is read once. */
const statement: Statement = {
  name: 'list_waiting_callbacks',
  deadline: 'read',
  text: `
    SELECT string_agg(concat(a.update_seq, ' ', ${epochMsOf('a.callback_due_at')}, ' ', a.data_length), ',') AS waiting
    FROM accounts AS a
    WHERE a.ctid >= format('(%s,0)', $1::int4)::tid AND a.ctid < format('(%s,0)', $2::int4)::tid AND ${waits('a')}`,
};

/** All waiting callbacks, in pieces and in no order. */
export async function* listWaiting(db: Queryable): AsyncGenerator<readonly ScheduledCallback[]> {
  const blocks = (await db.query<{ blocks: number }>(size)).rows[0]?.blocks ?? 0;
  for (let from = 0; from < blocks; from += BLOCKS_AT_ONCE) {
    const { rows } = await db.query<{ waiting: string | null }>(statement, [from, from + BLOCKS_AT_ONCE]);
    const waiting = rows[0]?.waiting?.split(',') ?? [];
    yield waiting.map((entry) => {
      const [seq = '', dueMs = '', dataLength = ''] = entry.split(' ');
      return {
        seq,
        dueAtMs: epochMsFromText(dueMs),
        dataLength: dataLength === '' ? null : Number(dataLength),
      };
    });
  }
}
