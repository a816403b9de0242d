import { IngotError } from '../../../src-shared/errors';
import { clockRecordSchema, wallOf } from '../../../src-shared/run-clock';
import type { EpochMs } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';

const version: Statement = {
  name: 'read_schema_version',
  deadline: 'read',
  text: 'SELECT max(version) AS version FROM schema_migrations',
};

/** 0 if there is no schema. */
export async function readSchemaVersion(db: Queryable): Promise<number> {
  try {
    const { rows } = await db.query<{ version: number | null }>(version);
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (error instanceof IngotError && error.details.sqlstate === '42P01') return 0;
    throw error;
  }
}

const earliest: Statement = {
  name: 'find_earliest_due',
  deadline: 'read',
  text: `
    SELECT r.clock, a.due_ms
    FROM (SELECT callback_run_id, min(due_ms) AS due_ms FROM accounts WHERE due_ms IS NOT NULL GROUP BY 1) AS a
    JOIN runs AS r ON r.id = a.callback_run_id`,
};

/**
 * When the callback that is to fire next is due, or was; null if none waits on a clock that moves. Reads all accounts: for a
 * program without an engine, which knows it.
 */
export async function findEarliestDue(db: Queryable): Promise<EpochMs | null> {
  const { rows } = await db.query<{ clock: string; due_ms: string }>(earliest);
  let earliestMs: EpochMs | null = null;
  for (const { clock, due_ms } of rows) {
    const wallMs = wallOf(clockRecordSchema.parse(JSON.parse(clock)), epochMsFromText(due_ms));
    if (wallMs !== null && (earliestMs === null || wallMs < earliestMs)) earliestMs = wallMs;
  }
  return earliestMs;
}
