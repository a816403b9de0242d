import type { RunCounts } from '../../../src-shared/events';
import type { RunSettings } from '../../../src-shared/run-settings';
import type { EpochMs, RunState } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';
import type { SourceIdentity } from '../../ingestion/source-identity';
import type { Checkpoint } from '../run-on-record';

const insert: Statement = {
  name: 'insert_run',
  deadline: 'write',
  text: `
    INSERT INTO runs (source, settings, state, checkpoint, counts, started_at, source_identity, origin, field_map)
    VALUES ($1::text, $2::jsonb, 'running', $3::jsonb, $4::jsonb, ${timestampOf('$5::int8')}, $6::jsonb, $7::text,
      $8::text)
    RETURNING id`,
};

export interface NewRun {
  readonly source: string;
  readonly settings: RunSettings;
  readonly counts: RunCounts;
  readonly startedAtMs: EpochMs;
  readonly identity: SourceIdentity;
  /** Where the source can be opened again; null: nowhere. */
  readonly origin: string | null;
  /** The names of fields that the source had so far. */
  readonly fieldMap: string;
}

/** Gives the run's id. */
export async function insertRun(db: Queryable, run: NewRun): Promise<string> {
  const checkpoint: Checkpoint = { records: 0, byteOffset: 0, savedAtMs: run.startedAtMs };
  const { rows } = await db.query<{ id: string }>(insert, [
    run.source,
    JSON.stringify(run.settings),
    JSON.stringify(checkpoint),
    JSON.stringify(run.counts),
    run.startedAtMs,
    JSON.stringify(run.identity),
    run.origin,
    run.fieldMap,
  ]);
  const row = rows[0];
  if (!row) throw new Error('an inserted run must come back with its id');
  return row.id;
}

const saveProgress: Statement = {
  name: 'save_run_progress',
  deadline: 'write',
  text: `
    UPDATE runs SET checkpoint = $2::jsonb, counts = $3::jsonb, field_map = $4::text WHERE id = $1::int8`,
};

export interface RunProgress {
  readonly checkpoint: Checkpoint;
  readonly counts: RunCounts;
  /** The names of fields that the source had so far. */
  readonly fieldMap: string;
}

export async function saveRunProgress(
  db: Queryable,
  runId: string,
  { checkpoint, counts, fieldMap }: RunProgress,
): Promise<void> {
  await db.query(saveProgress, [runId, JSON.stringify(checkpoint), JSON.stringify(counts), fieldMap]);
}

const saveState: Statement = {
  name: 'save_run_state',
  deadline: 'write',
  text: `
    UPDATE runs
    SET state = $2::text, counts = $3::jsonb, failure = $4::text, ended_at = ${timestampOf('$5::int8')},
      checkpoint = jsonb_set(checkpoint, '{savedAtMs}', to_jsonb($6::int8))
    WHERE id = $1::int8`,
};

export interface RunEnding {
  readonly state: RunState;
  readonly counts: RunCounts;
  readonly failure: string | null;
  readonly endedAtMs: EpochMs | null;
}

export async function saveRunState(
  db: Queryable,
  runId: string,
  ending: RunEnding,
  savedAtMs: EpochMs,
): Promise<void> {
  await db.query(saveState, [
    runId,
    ending.state,
    JSON.stringify(ending.counts),
    ending.failure,
    ending.endedAtMs,
    savedAtMs,
  ]);
}

const markInterrupted: Statement = {
  name: 'mark_runs_interrupted',
  deadline: 'write',
  text: `UPDATE runs SET state = 'interrupted' WHERE state IN ('running', 'paused', 'draining')`,
};

/** Runs whose process died without saying so; gives how many. Only at start, before any run of ours. */
export async function markRunsInterrupted(db: Queryable): Promise<number> {
  const { affectedRows } = await db.query(markInterrupted);
  return affectedRows;
}

const countKept: Statement = {
  name: 'count_kept_by_others',
  deadline: 'read',
  text: `
    SELECT coalesce(sum(
      coalesce((counts ->> 'indexed')::int8, 0) + coalesce((counts ->> 'stale')::int8, 0)
    ), 0)::text AS kept
    FROM runs WHERE id <> $1::int8`,
};

/** Updates that all other runs have put into the history, as they count them. 1 ms for some hundred runs. */
export async function countKeptByOthers(db: Queryable, runId: string): Promise<number> {
  const { rows } = await db.query<{ kept: string }>(countKept, [runId]);
  return Number(rows[0]?.kept ?? 0);
}
