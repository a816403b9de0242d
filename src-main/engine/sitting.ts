import { IngotError } from '../../src-shared/errors';
import type { RunCounts, RunStatus } from '../../src-shared/events';
import type { RunSettings } from '../../src-shared/run-settings';
import type { EpochMs } from '../../src-shared/update';
import { countPendingCallbacks } from '../callbacks/sql/count-callbacks';
import type { Database } from '../database/database';
import type { RecordSource } from '../ingestion/record';
import { describeChange } from '../ingestion/source-identity';
import type { Clock } from './clock';
import { type RunOnRecord, statusOf, whyNotResumable } from './run-on-record';
import { countCallbacksSince, findLastRun, findRun, takeUpRun } from './sql/resume-run';
import { insertRun } from './sql/runs';
import { startCounts } from './tally';

/** One stretch of a run in one process: from its beginning, or from its checkpoint on. */
export interface Sitting {
  readonly runId: string;
  readonly settings: RunSettings;
  readonly counts: RunCounts;
  /** Of the run, not of the sitting. */
  readonly startedAtMs: EpochMs;
  /** Records that earlier sittings applied, in the order of arrival. */
  readonly played: number;
}

interface SittingDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** Puts a new run on record. `origin` says where its source can be opened again; null: nowhere. */
export async function openRun(
  { db, clock }: SittingDeps,
  source: RecordSource,
  settings: RunSettings,
  origin: string | null,
): Promise<Sitting> {
  const counts = startCounts(await countPendingCallbacks(db));
  const identity = await source.identify();
  const { name, fieldMap } = source;
  // What came before is not the run's time: its first arrivals would be late by it.
  const startedAtMs = clock.now();
  const runId = await insertRun(db, {
    source: name,
    settings,
    counts,
    startedAtMs,
    identity,
    origin,
    fieldMap,
  });
  return { runId, settings, counts, startedAtMs, played: 0 };
}

/**
 * Takes a run up that was cut off, stopped or failed.
 *
 * @throws IngotError `not_found`; `conflict` if it cannot be resumed, or if its source is not what it was.
 */
export async function takeUp(
  { db, clock }: SittingDeps,
  source: RecordSource,
  runId: string,
  changes: Partial<Pick<RunSettings, 'wait'>>,
): Promise<Sitting> {
  const run = await findResumableRun(db, runId);
  const change = run.identity && describeChange(run.identity, await source.identify());
  if (change !== null) {
    throw notResumable(runId, `${source.name} is not the file that it was: ${change}.`);
  }
  const counts = await countOn(db, run);
  const checkpoint = { ...run.checkpoint, savedAtMs: clock.now() };
  if (!(await takeUpRun(db, runId, counts, checkpoint))) throw notResumable(runId, 'It is under way.');
  const {
    startedAtMs,
    checkpoint: { records },
  } = run;
  return { runId, settings: { ...run.settings, ...changes }, counts, startedAtMs, played: records };
}

/** @throws IngotError `not_found`; `conflict` with the reason if it cannot be resumed. */
export async function findResumableRun(db: Database, runId: string): Promise<RunOnRecord> {
  const run = await findRun(db, runId);
  if (!run) throw new IngotError('not_found', `There is no run ${runId}.`);
  const reason = whyNotResumable(run);
  if (reason !== null) throw notResumable(runId, reason);
  return run;
}

export function notResumable(runId: string, reason: string): IngotError {
  return new IngotError('conflict', `Run ${runId} cannot be resumed. ${reason}`, {
    hint: 'Run its source again: what is known already counts as duplicate and changes nothing.',
  });
}

/**
 * The run that began last, as it stands now; null if there is none.
 * @param isHeldElsewhere another process holds the database: the run may be under way there.
 */
export async function findLastStatus(db: Database, isHeldElsewhere = false): Promise<RunStatus | null> {
  const run = await findLastRun(db);
  if (!run) return null;
  // With none pending when they were saved, nothing can have changed since.
  const counted = run.counts.pending === 0 ? run : { ...run, counts: await countOn(db, run) };
  return statusOf(counted, isHeldElsewhere);
}

/**
 * The counts of a run as they stand now. Callbacks fire between its batches and while it is cut off, so the
 * counts saved with its last batch are behind; but every callback it found or scheduled is pending, fired or
 * cancelled, and pending ones can be counted.
 */
async function countOn(db: Database, { runId, counts, checkpoint }: RunOnRecord): Promise<RunCounts> {
  const { waiting, cancelled } = await countCallbacksSince(db, runId, checkpoint.savedAtMs);
  const inAll = counts.pending + counts.fired + counts.cancelled;
  const cancelledNow = counts.cancelled + cancelled;
  return {
    ...counts,
    cancelled: cancelledNow,
    fired: Math.max(counts.fired, inAll - waiting - cancelledNow),
    pending: await countPendingCallbacks(db),
  };
}
