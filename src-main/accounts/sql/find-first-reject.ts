import type { RejectRow } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';

interface Row {
  readonly record_index: string;
  readonly field: string;
  readonly reason: string;
  readonly excerpt: string;
}

const find: Statement = {
  name: 'find_first_reject',
  deadline: 'read',
  text: `
    SELECT record_index, field, reason, excerpt FROM rejects
    WHERE run_id = $1::int8
    ORDER BY record_index
    LIMIT 1`,
};

/** The first in the order of the source; undefined if the run rejected nothing. */
export async function findFirstReject(db: Queryable, runId: string): Promise<RejectRow | undefined> {
  const { rows } = await db.query<Row>(find, [runId]);
  return rows.map(({ record_index, ...row }) => ({ record: Number(record_index), ...row }))[0];
}
