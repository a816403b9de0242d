import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

export interface Reject {
  readonly record: number;
  /** Of its arrival within the run, from 0. */
  readonly position: number;
  /** When it arrived, on the run's clock. */
  readonly at: number;
  readonly field: string;
  readonly reason: string;
  readonly excerpt: string;
}

const insert: Statement = {
  name: 'insert_rejects',
  deadline: 'write',
  text: `
    INSERT INTO rejects (run_id, record_index, position, at_ms, field, reason, excerpt)
    SELECT $1::int8, r.*
    FROM unnest($2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[]) AS r`,
};

export async function insertRejects(db: Queryable, runId: string, rejects: readonly Reject[]): Promise<void> {
  await db.query(insert, [
    runId,
    numberArray(rejects.map(({ record }) => record)),
    numberArray(rejects.map(({ position }) => position)),
    numberArray(rejects.map(({ at }) => at)),
    textArray(rejects.map(({ field }) => field)),
    textArray(rejects.map(({ reason }) => reason)),
    textArray(rejects.map(({ excerpt }) => excerpt)),
  ]);
}
