import type { RunCounts } from '../../../src-shared/events';
import type { EpochMs, RunState } from '../../../src-shared/update';
import { waits } from '../../accounts/sql/waits';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf, timestampOf } from '../../database/time-sql';
import {
  type Checkpoint,
  checkpointFrom,
  countsFrom,
  identityFrom,
  type RunOnRecord,
  settingsFrom,
} from '../run-on-record';

interface Row {
  readonly id: string;
  readonly source: string;
  readonly state: RunState;
  readonly settings: string;
  readonly counts: string;
  readonly checkpoint: string;
  readonly source_identity: string | null;
  readonly origin: string | null;
  readonly started_ms: string;
  readonly ended_ms: string | null;
  readonly failure: string | null;
  readonly field_map: string | null;
}

const COLUMNS = `id, source, state, settings, counts, checkpoint, source_identity, origin, failure, field_map,
  ${epochMsOf('started_at')} AS started_ms, ${epochMsOf('ended_at')} AS ended_ms`;

const find: Statement = {
  name: 'find_run',
  deadline: 'read',
  text: `SELECT ${COLUMNS} FROM runs WHERE id = $1::int8`,
};

const findLast: Statement = {
  name: 'find_last_run',
  deadline: 'read',
  text: `SELECT ${COLUMNS} FROM runs ORDER BY id DESC LIMIT 1`,
};

const list: Statement = {
  name: 'list_unfinished_runs',
  deadline: 'read',
  text: `
    SELECT ${COLUMNS} FROM runs
    WHERE state IN ('interrupted', 'stopped', 'failed')
    ORDER BY id DESC
    LIMIT $1::int4`,
};

/** Undefined if there is none. */
export async function findRun(db: Queryable, runId: string): Promise<RunOnRecord | undefined> {
  const { rows } = await db.query<Row>(find, [runId]);
  return rows.map(toRun)[0];
}

/** The run that began last; undefined if there is none. */
export async function findLastRun(db: Queryable): Promise<RunOnRecord | undefined> {
  const { rows } = await db.query<Row>(findLast);
  return rows.map(toRun)[0];
}

/** Runs that ended before their source did, the latest first. */
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
    identity: identityFrom(row.source_identity),
    origin: row.origin,
    startedAtMs: epochMsFromText(row.started_ms),
    endedAtMs: row.ended_ms === null ? null : epochMsFromText(row.ended_ms),
    failure: row.failure,
    fieldMap: row.field_map,
  };
}

/**
 * Of the callbacks that there were when the run's counts were last saved: updates are numbered as they are committed, so
 * those up to its own last one. What a batch before that cancelled was counted with it; by its time it cannot be told, since
 * simulated runs leave times that are still to come.
 */
const countCallbacks: Statement = {
  name: 'count_callbacks_since',
  deadline: 'maintenance',
  text: `
    WITH last AS (
      SELECT coalesce(
        (SELECT max(seq) FROM account_updates WHERE run_id = $1::int8),
        (SELECT max(seq) FROM account_updates WHERE run_id < $1::int8),
        0) AS seq
    )
    SELECT
      (SELECT count(*) FROM accounts AS a WHERE ${waits('a')} AND a.update_seq <= (SELECT seq FROM last)) AS waiting,
      (SELECT count(*) FROM settled_callbacks AS s
        JOIN account_updates AS u ON u.seq = s.seq
        LEFT JOIN account_updates AS newer ON newer.account_id = u.account_id AND newer.version = s.superseded_by
        WHERE NOT s.fired AND s.settled_at > ${timestampOf('$2::int8')} AND s.seq <= (SELECT seq FROM last)
          AND (newer.seq IS NULL OR newer.seq > (SELECT seq FROM last))) AS cancelled`,
};

/** What became of callbacks after a run's counts were last saved, at `sinceMs`. */
export async function countCallbacksSince(
  db: Queryable,
  runId: string,
  sinceMs: EpochMs,
): Promise<{ readonly waiting: number; readonly cancelled: number }> {
  const { rows } = await db.query<{ waiting: string; cancelled: string }>(countCallbacks, [runId, sinceMs]);
  return { waiting: Number(rows[0]?.waiting ?? 0), cancelled: Number(rows[0]?.cancelled ?? 0) };
}

/** The state is checked again where it is written: of two who take a run up, one gets it. */
const takeUp: Statement = {
  name: 'take_up_run',
  deadline: 'write',
  text: `
    UPDATE runs
    SET state = 'running', counts = $2::jsonb, checkpoint = $3::jsonb, failure = NULL, ended_at = NULL
    WHERE id = $1::int8 AND state IN ('interrupted', 'stopped', 'failed')`,
};

/** False if it is not there to be taken up any more. */
export async function takeUpRun(
  db: Queryable,
  runId: string,
  counts: RunCounts,
  checkpoint: Checkpoint,
): Promise<boolean> {
  const { affectedRows } = await db.query(takeUp, [
    runId,
    JSON.stringify(counts),
    JSON.stringify(checkpoint),
  ]);
  return affectedRows === 1;
}
