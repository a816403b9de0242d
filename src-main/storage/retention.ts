import {
  type HistoryFloor,
  KEEP_ALL,
  NOTHING_REMOVED,
  type Removed,
  type RetentionSettings,
} from '../../src-shared/retention';
import { momentAt } from '../../src-shared/run-clock';
import type { VersionText } from '../../src-shared/update';
import type { Queryable, Statement } from '../database/database';
import { epochMsFromText } from '../database/epoch-ms';
import { clockFrom } from './run-on-record';
import { versionTextOf } from './version-sql';

const KINDS = ['indexed', 'stale', 'fired', 'rejects'] as const;

/** What is removed of a run, as columns. */
const sums = KINDS.map((kind) => `coalesce(sum((removed ->> '${kind}')::int8), 0)::float8 AS ${kind}`).join(
  ', ',
);

const sum: Statement = {
  name: 'sum_removed',
  deadline: 'read',
  text: `SELECT ${sums} FROM runs WHERE removed IS NOT NULL AND ($1::int8 IS NULL OR id = $1::int8)`,
};

/** What retention removed of one run, or with null of all runs. */
export async function sumRemoved(db: Queryable, runId: string | null = null): Promise<Removed> {
  return (await db.query<Removed>(sum, [runId])).rows[0] ?? NOTHING_REMOVED;
}

const read: Statement = {
  name: 'read_retention',
  deadline: 'read',
  text: `
    SELECT t.age_ms::float8 AS age_ms, t.size_bytes::float8 AS size_bytes, t.floor_seq::text, t.floor_run_id::text,
      t.floor_at_ms::text, ${versionTextOf('t', 'floor_slot', 'floor_version')} AS version, t.size_after::float8 AS size_after, r.clock
    FROM retention AS t LEFT JOIN runs AS r ON r.id = t.floor_run_id`,
};

/** As it is stored. */
export interface StoredRetention {
  readonly settings: RetentionSettings;
  readonly floor: HistoryFloor | null;
  /** What the tables took when history was last removed because of their size; null: it was not. */
  readonly sizeAfter: number | null;
}

export async function readRetention(db: Queryable): Promise<StoredRetention> {
  const { rows } = await db.query<{
    age_ms: number | null;
    size_bytes: number | null;
    floor_seq: string | null;
    floor_run_id: string | null;
    floor_at_ms: string | null;
    version: VersionText | null;
    size_after: number | null;
    clock: string | null;
  }>(read);
  const [row] = rows;
  if (!row) return { settings: KEEP_ALL, floor: null, sizeAfter: null };
  const { floor_seq: seq, floor_run_id: runId, floor_at_ms: atMs, version, clock } = row;
  return {
    settings: { ageMs: row.age_ms, sizeBytes: row.size_bytes },
    floor:
      seq === null || runId === null || atMs === null || version === null || clock === null
        ? null
        : { seq, version, moment: momentAt(runId, clockFrom(clock), epochMsFromText(atMs)) },
    sizeAfter: row.size_after,
  };
}

const save: Statement = {
  name: 'save_retention',
  deadline: 'write',
  text: `
    INSERT INTO retention (age_ms, size_bytes) VALUES ($1::int8, $2::int8)
    ON CONFLICT (is_only) DO UPDATE SET age_ms = excluded.age_ms, size_bytes = excluded.size_bytes, size_after = NULL`,
};

export async function saveRetention(db: Queryable, { ageMs, sizeBytes }: RetentionSettings): Promise<void> {
  await db.query(save, [ageMs, sizeBytes]);
}

/** In a restored backup all history may be older than the limit: a person is to ask for it again. */
export const endRetention: Statement = {
  name: 'restore_without_retention',
  deadline: 'write',
  text: 'UPDATE retention SET age_ms = NULL, size_bytes = NULL, size_after = NULL',
};

const noteSize: Statement = {
  name: 'note_size_after_removal',
  deadline: 'write',
  text: 'UPDATE retention SET size_after = $1::int8',
};

export async function noteSizeAfter(db: Queryable, bytes: number): Promise<void> {
  await db.query(noteSize, [bytes]);
}

const size: Statement = {
  name: 'measure_tables',
  deadline: 'read',
  text: `
    SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::float8 AS bytes FROM pg_class
    WHERE relnamespace = current_schema()::text::regnamespace AND relkind = 'r'`,
};

/** What the tables of this space take on the disk, in bytes. */
export async function measureTables(db: Queryable): Promise<number> {
  return (await db.query<{ bytes: number }>(size)).rows[0]?.bytes ?? 0;
}

const span: Statement = {
  name: 'find_history_span_above',
  deadline: 'read',
  text: `
    SELECT (SELECT seq FROM account_updates WHERE seq > $1::int8 ORDER BY seq LIMIT 1) AS first,
      (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1) AS last`,
};

/** The numbers of the first update above a floor, and of the last one; null if there is none. */
export async function findSpanAbove(
  db: Queryable,
  floor: string | null,
): Promise<{ readonly first: bigint; readonly last: bigint } | null> {
  const { rows } = await db.query<{ first: string | null; last: string | null }>(span, [floor ?? LOWEST_SEQ]);
  const { first = null, last = null } = rows[0] ?? {};
  return first === null || last === null ? null : { first: BigInt(first), last: BigInt(last) };
}

/** Numbers may be negative. */
const LOWEST_SEQ = String(-(2n ** 63n));
