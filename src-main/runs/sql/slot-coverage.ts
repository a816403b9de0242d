import type { CoverageRange } from '../../../src-shared/connections';
import type { U64Text } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';

/** A row of the table; times in run time. */
export interface KeptRange extends Pick<CoverageRange, 'kind' | 'number' | 'fromSlot' | 'toSlot' | 'reason'> {
  readonly fromMs: number;
  readonly toMs: number;
}

const save: Statement = {
  name: 'save_slot_coverage',
  deadline: 'write',
  text: `
    INSERT INTO slot_coverage (run_id, number, kind, from_slot, to_slot, from_ms, to_ms, reason)
    VALUES ($1::int8, $2::int4, $3::text, $4::numeric, $5::numeric, $6::int8, $7::int8, $8::text)
    ON CONFLICT (run_id, number) DO UPDATE SET to_slot = excluded.to_slot, to_ms = excluded.to_ms`,
};

/** A new range, or one that has grown. */
export async function saveRange(db: Queryable, runId: string, range: KeptRange): Promise<void> {
  const { number, kind, fromSlot, toSlot, fromMs, toMs, reason } = range;
  await db.query(save, [runId, number, kind, fromSlot, toSlot, fromMs, toMs, reason]);
}

const findLast: Statement = {
  name: 'find_last_coverage',
  deadline: 'read',
  text: `
    SELECT number, kind, from_slot, to_slot, from_ms, to_ms, reason,
      (SELECT count(*)::int4 FROM slot_coverage WHERE run_id = $1::int8 AND kind = 'gap') AS gaps
    FROM slot_coverage WHERE run_id = $1::int8 ORDER BY number DESC LIMIT 1`,
};

interface Row {
  readonly number: number;
  readonly kind: CoverageRange['kind'];
  readonly from_slot: U64Text | null;
  readonly to_slot: U64Text | null;
  readonly from_ms: string;
  readonly to_ms: string;
  readonly reason: string | null;
  readonly gaps: number;
}

/** The run's last range, and how many gaps it has; null if there is none. */
export async function findLastRange(
  db: Queryable,
  runId: string,
): Promise<{ readonly range: KeptRange; readonly gaps: number } | null> {
  const [row] = (await db.query<Row>(findLast, [runId])).rows;
  if (!row) return null;
  const { number, kind, reason, gaps } = row;
  const range: KeptRange = {
    number,
    kind,
    fromSlot: row.from_slot,
    toSlot: row.to_slot,
    fromMs: Number(row.from_ms),
    toMs: Number(row.to_ms),
    reason,
  };
  return { range, gaps };
}
