import type { EpochMs } from '../../../src-shared/update';
import { waits } from '../../accounts/sql/waits';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';

const statement: Statement = {
  name: 'read_vitals',
  deadline: 'read',
  text: `
    SELECT
      (SELECT max(version) FROM schema_migrations) AS schema_version,
      (SELECT ${epochMsOf('a.callback_due_at')} FROM accounts AS a WHERE ${waits('a')}
        ORDER BY a.callback_due_at, a.update_seq LIMIT 1) AS due_ms`,
};

export interface StoredVitals {
  readonly schemaVersion: number;
  /** When the callback that is to fire next is due, or was; null if none waits. */
  readonly earliestDueMs: EpochMs | null;
}

/** A look into an index each; few accounts have none, and are read. */
export async function readVitals(db: Queryable): Promise<StoredVitals> {
  const { rows } = await db.query<{ schema_version: number | null; due_ms: string | null }>(statement);
  const row = rows[0];
  return {
    schemaVersion: row?.schema_version ?? 0,
    earliestDueMs: row?.due_ms == null ? null : epochMsFromText(row.due_ms),
  };
}
