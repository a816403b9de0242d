import type { EpochMs } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

export interface Reject {
  readonly record: number;
  readonly field: string;
  readonly reason: string;
  readonly excerpt: string;
}

const statement: Statement = {
  name: 'insert_rejects',
  deadline: 'write',
  text: `
    INSERT INTO rejects (run_id, record_index, field, reason, excerpt, rejected_at)
    SELECT $1::int8, r.record_index, r.field, r.reason, r.excerpt, ${timestampOf('$2::int8')}
    FROM unnest($3::int8[], $4::text[], $5::text[], $6::text[]) AS r (record_index, field, reason, excerpt)`,
};

export async function insertRejects(
  db: Queryable,
  runId: string,
  rejectedAtMs: EpochMs,
  rejects: readonly Reject[],
): Promise<void> {
  await db.query(statement, [
    runId,
    rejectedAtMs,
    numberArray(rejects.map(({ record }) => record)),
    textArray(rejects.map(({ field }) => field)),
    textArray(rejects.map(({ reason }) => reason)),
    textArray(rejects.map(({ excerpt }) => excerpt)),
  ]);
}
