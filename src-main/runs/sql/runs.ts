import type { RunCounts } from '../../../src-shared/events';
import type { ClockRecord } from '../../../src-shared/run-clock';
import type { RunSettings } from '../../../src-shared/run-settings';
import type { EpochMs, RunState } from '../../../src-shared/update';
import { type RunFigures, timelineFrom } from '../../callbacks/figures';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';
import type { SourceIdentity } from '../../ingestion/source-identity';
import {
  type Attempts,
  attemptsFrom,
  type Checkpoint,
  checkpointFrom,
  clockFrom,
  countsFrom,
  identityFrom,
  type RunOnRecord,
  settingsFrom,
} from '../../storage/run-on-record';

const insert: Statement = {
  name: 'insert_run',
  deadline: 'write',
  text: `
    INSERT INTO runs (source, settings, state, checkpoint, counts, started_at, source_identity, origin, field_map, clock,
      delivers_from)
    VALUES ($1::text, $2::jsonb, 'running', $3::jsonb, $4::jsonb, ${timestampOf('$5::int8')}, $6::jsonb, $7::text,
      $8::text, $9::jsonb, CASE WHEN ($2::jsonb ->> 'deliver')::boolean THEN 0 END)
    RETURNING id`,
};

export interface NewRun {
  readonly source: string;
  readonly settings: RunSettings;
  readonly counts: RunCounts;
  readonly startedAtMs: EpochMs;
  readonly clock: ClockRecord;
  readonly identity: SourceIdentity;
  /** Where the source can be opened again; null: nowhere. */
  readonly origin: string | null;
  /** The field names that the source has used so far. */
  readonly fieldMap: string;
}

/** Returns the run's id. */
export async function insertRun(db: Queryable, run: NewRun): Promise<string> {
  const checkpoint: Checkpoint = { records: 0, byteOffset: 0, savedAtMs: run.startedAtMs, awayMs: 0 };
  const { rows } = await db.query<{ id: string }>(insert, [
    run.source,
    JSON.stringify(run.settings),
    JSON.stringify(checkpoint),
    JSON.stringify(run.counts),
    run.startedAtMs,
    JSON.stringify(run.identity),
    run.origin,
    run.fieldMap,
    JSON.stringify(run.clock),
  ]);
  const row = rows[0];
  if (!row) throw new Error('an inserted run must come back with its id');
  return row.id;
}

const saveProgress: Statement = {
  name: 'save_run_progress',
  deadline: 'write',
  text: `
    UPDATE runs SET checkpoint = $2::jsonb, counts = $3::jsonb, timeline = coalesce($4::jsonb, timeline),
      field_map = $5::text, clock = $6::jsonb, attempts = $7::jsonb
    WHERE id = $1::int8`,
};

export interface RunProgress extends RunFigures {
  readonly checkpoint: Checkpoint;
  /** The field names that the source has used so far. */
  readonly fieldMap: string;
  readonly clock: ClockRecord;
  readonly attempts: Attempts;
}

export async function saveRunProgress(db: Queryable, progress: RunProgress): Promise<void> {
  const { runId, checkpoint, counts, timeline, fieldMap, clock, attempts } = progress;
  await db.query(saveProgress, [
    runId,
    JSON.stringify(checkpoint),
    JSON.stringify(counts),
    timeline && JSON.stringify(timeline),
    fieldMap,
    JSON.stringify(clock),
    JSON.stringify(attempts),
  ]);
}

const saveState: Statement = {
  name: 'save_run_state',
  deadline: 'write',
  text: `
    UPDATE runs
    SET state = $2::text, counts = $3::jsonb, timeline = coalesce($4::jsonb, timeline), failure = $5::text,
      ended_at = ${timestampOf('$6::int8')}, checkpoint = jsonb_set(checkpoint, '{savedAtMs}', to_jsonb($7::int8)),
      clock = $8::jsonb
    WHERE id = $1::int8`,
};

export interface RunEnding extends RunFigures {
  readonly state: RunState;
  readonly failure: string | null;
  readonly endedAtMs: EpochMs | null;
  readonly clock: ClockRecord;
}

export async function saveRunState(db: Queryable, ending: RunEnding, savedAtMs: EpochMs): Promise<void> {
  await db.query(saveState, [
    ending.runId,
    ending.state,
    JSON.stringify(ending.counts),
    ending.timeline && JSON.stringify(ending.timeline),
    ending.failure,
    ending.endedAtMs,
    savedAtMs,
    JSON.stringify(ending.clock),
  ]);
}

const saveClock: Statement = {
  name: 'save_run_clock',
  deadline: 'write',
  text: 'UPDATE runs SET clock = $2::jsonb WHERE id = $1::int8',
};

export async function saveRunClock(db: Queryable, runId: string, clock: ClockRecord): Promise<void> {
  await db.query(saveClock, [runId, JSON.stringify(clock)]);
}

const markInterrupted: Statement = {
  name: 'mark_runs_interrupted',
  deadline: 'write',
  text: `UPDATE runs SET state = 'interrupted' WHERE state IN ('running', 'paused', 'draining')`,
};

/** Marks runs whose process died; returns how many. Only at start, before a run of ours. */
export async function markRunsInterrupted(db: Queryable): Promise<number> {
  const { affectedRows } = await db.query(markInterrupted);
  return affectedRows;
}

/** The state is checked again in the write: of two that resume a run, only one gets it. */
const takeUp: Statement = {
  name: 'take_up_run',
  deadline: 'write',
  text: `
    UPDATE runs SET state = 'running', clock = $2::jsonb, failure = NULL, ended_at = NULL, settings = settings || $4::jsonb,
      checkpoint = jsonb_set(checkpoint, '{awayMs}', to_jsonb($3::int8))
    WHERE id = $1::int8 AND state IN ('interrupted', 'stopped', 'failed')`,
};

/** False if it can no longer be resumed. */
export async function takeUpRun(
  db: Queryable,
  runId: string,
  { clock, awayMs, idls }: { clock: ClockRecord; awayMs: number; idls: RunSettings['idls'] },
): Promise<boolean> {
  const { affectedRows } = await db.query(takeUp, [
    runId,
    JSON.stringify(clock),
    awayMs,
    JSON.stringify({ idls }),
  ]);
  return affectedRows === 1;
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

/** Updates that all other runs have stored, by their counts. 1 ms for some hundred runs. */
export async function countKeptByOthers(db: Queryable, runId: string): Promise<number> {
  const { rows } = await db.query<{ kept: string }>(countKept, [runId]);
  return Number(rows[0]?.kept ?? 0);
}

interface Row {
  readonly id: string;
  readonly source: string;
  readonly state: RunState;
  readonly settings: string;
  readonly counts: string;
  readonly checkpoint: string;
  readonly clock: string;
  readonly attempts: string;
  readonly timeline: string | null;
  readonly source_identity: string | null;
  readonly origin: string | null;
  readonly started_ms: string;
  readonly ended_ms: string | null;
  readonly failure: string | null;
  readonly field_map: string | null;
}

const SELECT = `
  SELECT id, source, state, settings, counts, checkpoint, clock, attempts, timeline, source_identity, origin, failure,
    field_map, ${epochMsOf('started_at')} AS started_ms, ${epochMsOf('ended_at')} AS ended_ms
  FROM runs`;

const findSome: Statement = {
  name: 'find_runs',
  deadline: 'read',
  text: `${SELECT} WHERE id = ANY ($1::int8[]) ORDER BY id`,
};

const findLast: Statement = {
  name: 'find_last_run',
  deadline: 'read',
  text: `${SELECT} ORDER BY id DESC LIMIT 1`,
};

const findByOrigin: Statement = {
  name: 'find_run_of_origin',
  deadline: 'read',
  text: `${SELECT} WHERE origin = $1::text ORDER BY id DESC LIMIT 1`,
};

const list: Statement = {
  name: 'list_unfinished_runs',
  deadline: 'read',
  text: `${SELECT} WHERE state IN ('interrupted', 'stopped', 'failed') ORDER BY id DESC LIMIT $1::int4`,
};

/** Existing ones, by id. */
export async function findRuns(db: Queryable, runIds: Iterable<string>): Promise<readonly RunOnRecord[]> {
  const { rows } = await db.query<Row>(findSome, [numberArray([...runIds])]);
  return rows.map(toRun);
}

/** Undefined if there is none. */
export async function findRun(db: Queryable, runId: string): Promise<RunOnRecord | undefined> {
  return (await findRuns(db, [runId]))[0];
}

/** The run that started last; undefined if there is none. */
export async function findLastRun(db: Queryable): Promise<RunOnRecord | undefined> {
  const { rows } = await db.query<Row>(findLast);
  return rows.map(toRun)[0];
}

/** The last run of a source; undefined if there is none. */
export async function findRunOfOrigin(db: Queryable, origin: string): Promise<RunOnRecord | undefined> {
  const { rows } = await db.query<Row>(findByOrigin, [origin]);
  return rows.map(toRun)[0];
}

/** Runs that ended before their source did, latest first. */
export async function listUnfinishedRuns(db: Queryable, limit: number): Promise<readonly RunOnRecord[]> {
  const { rows } = await db.query<Row>(list, [limit]);
  return rows.map(toRun);
}

function toRun(row: Row): RunOnRecord {
  return {
    runId: row.id,
    source: row.source,
    state: row.state,
    settings: settingsFrom(row.settings),
    counts: countsFrom(row.counts),
    checkpoint: checkpointFrom(row.checkpoint),
    clock: clockFrom(row.clock),
    attempts: attemptsFrom(row.attempts),
    timeline: timelineFrom(row.timeline),
    identity: identityFrom(row.source_identity),
    origin: row.origin,
    startedAtMs: epochMsFromText(row.started_ms),
    endedAtMs: row.ended_ms === null ? null : epochMsFromText(row.ended_ms),
    failure: row.failure,
    fieldMap: row.field_map,
  };
}

const extend: Statement = {
  name: 'extend_attempt',
  deadline: 'write',
  text: `UPDATE runs SET attempts = jsonb_set(attempts, '{-1,1}', to_jsonb($2::text)) WHERE id = $1::int8`,
};

/** The last attempt of a run has numbers up to `seq`. */
export async function extendAttempt(db: Queryable, runId: string, seq: bigint): Promise<void> {
  await db.query(extend, [runId, String(seq)]);
}

const lastSeq: Statement = {
  name: 'find_last_seq',
  deadline: 'read',
  text: `
    SELECT greatest(0, (SELECT seq FROM account_updates ORDER BY seq DESC LIMIT 1),
      (SELECT seq FROM settled_callbacks ORDER BY seq DESC LIMIT 1), (SELECT seq FROM retractions ORDER BY seq DESC LIMIT 1),
      (SELECT max(seq) FROM dead_slots), (SELECT floor_seq FROM retention)) AS seq`,
};

/** The last number of what happened. */
export async function findLastSeq(db: Queryable): Promise<bigint> {
  const { rows } = await db.query<{ seq: string }>(lastSeq);
  return BigInt(rows[0]?.seq ?? 0);
}
