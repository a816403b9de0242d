import type { EpochMs } from '../../../src-shared/update';
import type { ScheduledCallback } from '../../accounts/apply-batch';
import { waits } from '../../accounts/sql/waits';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';

interface Row {
  readonly seq: string;
  readonly due_ms: string;
  readonly data_length: number | null;
}

const COLUMNS = `a.update_seq AS seq, ${epochMsOf('a.callback_due_at')} AS due_ms, a.data_length`;

const due: Statement = {
  name: 'find_due_callbacks',
  deadline: 'read',
  text: `
    SELECT ${COLUMNS}
    FROM accounts AS a
    WHERE a.callback_due_at <= ${timestampOf('$1::int8')} AND ${waits('a')}
    ORDER BY a.callback_due_at, a.update_seq
    LIMIT $2::int4`,
};

const earliest: Statement = {
  name: 'find_earliest_due',
  deadline: 'read',
  text: `
    SELECT ${COLUMNS}
    FROM accounts AS a
    WHERE ${waits('a')}
    ORDER BY a.callback_due_at, a.update_seq
    LIMIT 1`,
};

/** At most `limit` waiting callbacks that are due at `nowMs` or before, the earliest first. */
export async function findDue(
  db: Queryable,
  nowMs: EpochMs,
  limit: number,
): Promise<readonly ScheduledCallback[]> {
  const { rows } = await db.query<Row>(due, [nowMs, limit]);
  return rows.map(scheduled);
}

/** When the next callback is due; null if none waits. */
export async function findEarliestDue(db: Queryable): Promise<EpochMs | null> {
  const { rows } = await db.query<Row>(earliest);
  return rows[0] ? scheduled(rows[0]).dueAtMs : null;
}

function scheduled({ seq, due_ms, data_length: dataLength }: Row): ScheduledCallback {
  return { seq, dueAtMs: epochMsFromText(due_ms), dataLength };
}
