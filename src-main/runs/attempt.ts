import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS, type RunCounts, type RunEvent, type RunStatus } from '../../src-shared/events';
import type { IdlFile } from '../../src-shared/mapping';
import { type ClockRecord, clockAt, startClock } from '../../src-shared/run-clock';
import type { RunSettings } from '../../src-shared/run-settings';
import type { EpochMs } from '../../src-shared/update';
import type { Batch } from '../accounts/apply-batch';
import { type DeadSlotFound, type Falling, findFalling, retractSlot } from '../accounts/retract-slot';
import { findUnfinishedDeaths } from '../accounts/sql/dead-slots';
import { type Figures, NO_BINS, saveFigures } from '../callbacks/figures';
import { figuresAfter, type KnownRun, knownRun, movingClock } from '../callbacks/known-run';
import { listWaiting } from '../callbacks/sql/waiting';
import type { Database, Queryable } from '../database/database';
import type { RecordSource } from '../ingestion/record';
import { describeChange, type SourceIdentity } from '../ingestion/source-identity';
import {
  type Attempts,
  type LiveCheckpoint,
  type RunOnRecord,
  speedOf,
  statusOf,
  whyNotResumable,
} from '../storage/run-on-record';
import type { Clock } from '../time/clock';
import {
  countKeptByOthers,
  extendAttempt,
  findLastRun,
  findRun,
  findRuns,
  insertRun,
  takeUpRun,
} from './sql/runs';

/** One stretch of a run in one process: from its start, or from its checkpoint. */
export interface RunAttempt {
  readonly run: KnownRun;
  readonly settings: RunSettings;
  /** Of the run, not of the attempt. */
  readonly startedAtMs: EpochMs;
  /** Wall-clock time between the attempts until this one. */
  readonly awayMs: number;
  /** Records that earlier attempts applied, in the order of arrival. */
  readonly played: number;
  readonly earlier: Attempts;
  /** Of a connection that was open before. */
  readonly live?: LiveCheckpoint | undefined;
}

/** What a run keeps of its source. */
type Identified = Pick<RecordSource, 'name' | 'fieldMap' | 'identify' | 'idls'>;

interface RunAttemptDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** Stores a new run. `origin` says where its source can be opened again; null: nowhere. */
export async function openRun(
  { db, clock }: RunAttemptDeps,
  source: Identified,
  wanted: RunSettings,
  origin: string | null,
): Promise<RunAttempt> {
  const settings = { ...wanted, idls: [...source.idls] };
  const identity = await source.identify();
  const { name, fieldMap } = source;
  // Read here, because the time before is not the run's: its first arrivals would be late.
  const startedAtMs = clock.now();
  const { speed, simulate } = settings;
  const runClock: ClockRecord = simulate ? { kind: 'virtual', atMs: 0 } : startClock(startedAtMs, speed);
  const counts = NO_COUNTS;
  const runId = await insertRun(db, {
    source: name,
    settings,
    counts,
    startedAtMs,
    clock: runClock,
    identity,
    origin,
    fieldMap,
  });
  const run = knownRun({ runId, speed, clock: runClock, counts, timeline: NO_BINS });
  return { run, settings, startedAtMs, awayMs: 0, played: 0, earlier: [] };
}

/**
 * Resumes an interrupted, stopped or failed run. Its clock has advanced meanwhile, unless it was stopped.
 *
 * @param waiting the run in the engine's memory, if its callbacks are pending.
 * @throws IngotError `not_found`; `conflict` if it cannot be resumed, or its source has changed.
 */
export async function takeUp(
  { db, clock }: RunAttemptDeps,
  source: Identified,
  runId: string,
  changes: Partial<Pick<RunSettings, 'wait'>>,
  waiting: KnownRun | undefined,
): Promise<RunAttempt> {
  const is = await source.identify();
  const record = await findResumableRun(db, runId, is);
  const change = record.identity && describeChange(record.identity, is);
  if (change !== null) {
    throw notResumable(runId, `${source.name} is not the file that it was: ${change}.`);
  }
  const run = waiting ?? knownFrom(record);
  run.clock = movingClock(run, clock.now());
  const { startedAtMs, endedAtMs, checkpoint } = record;
  const leftAtMs = endedAtMs ?? Math.max(startedAtMs, checkpoint.savedAtMs);
  const awayMs = checkpoint.awayMs + Math.max(0, Math.round(clock.now() - leftAtMs));
  const idls = allOf(record.settings.idls, source.idls);
  if (!(await takeUpRun(db, runId, { clock: run.clock, awayMs, idls })))
    throw notResumable(runId, 'It is under way.');
  return {
    run,
    settings: { ...record.settings, ...changes, idls },
    startedAtMs,
    awayMs,
    // A connection continues at its position.
    played: record.identity?.kind === 'live' ? 0 : checkpoint.records,
    earlier: record.attempts,
    live: checkpoint.live,
  };
}

/** Earlier attempts may have decoded by others. */
function allOf(before: readonly IdlFile[], now: readonly IdlFile[]): IdlFile[] {
  const isNew = (one: IdlFile) =>
    !before.some(({ name, sha256 }) => name === one.name && sha256 === one.sha256);
  return [...before, ...now.filter(isNew)];
}

const knownFrom = ({ runId, settings, clock, counts, timeline }: RunOnRecord): KnownRun =>
  knownRun({ runId, speed: speedOf(clock) ?? settings.speed, clock, counts, timeline });

/** All runs with pending callbacks, with their queues. */
export async function findWaitingRuns(db: Database): Promise<Map<string, KnownRun>> {
  const runs = new Map<string, KnownRun>();
  for await (const waiting of listWaiting(db)) {
    const unknown = new Set(waiting.map(({ runId }) => runId).filter((runId) => !runs.has(runId)));
    if (unknown.size > 0) {
      for (const record of await findRuns(db, unknown)) runs.set(record.runId, knownFrom(record));
    }
    for (const { seq, runId, dueMs, dataLength } of waiting) {
      const run = runs.get(runId);
      if (!run) throw new IngotError('internal', `A callback waits of run ${runId}, which is not there.`);
      run.queue.add(seq, dueMs, dataLength);
    }
  }
  return runs;
}

/** Lets the accounts of dead slots fall back that had not when the process ended, or a step failed. */
export async function finishDeaths(
  {
    db,
    clock,
    known,
    sequence,
  }: { readonly db: Database; readonly clock: Clock } & Pick<DeadSlotFound, 'known' | 'sequence'>,
  runs: ReadonlyMap<string, KnownRun>,
  publish: (events: readonly RunEvent[]) => void,
): Promise<number> {
  let accounts = 0;
  for (const { slot, runId, at } of await findUnfinishedDeaths(db)) {
    const record = runs.has(runId) ? null : await findRun(db, runId);
    const of = new Map(record ? [...runs, [runId, knownFrom(record)]] : runs);
    const runOf = (id: string): KnownRun => {
      const run = of.get(id);
      if (!run) throw new IngotError('internal', `Slot ${slot} died in run ${id}, which is not there.`);
      return run;
    };
    const run = runOf(runId);
    const nowMs = clock.now();
    let rest: Falling | null = await findFalling(db, slot);
    while (rest) {
      accounts += rest.after ? 0 : rest.accounts;
      let figures: ReadonlyMap<KnownRun, Figures> = new Map();
      const checkpoint: Batch['checkpoint'] = async (tx, events, numbers) => {
        figures = figuresAfter(run, events, runOf, nowMs);
        await saveFigures(
          tx,
          [...figures].map(([{ runId: id }, after]) => ({ runId: id, ...after })),
        );
        if (numbers) await extendAttempt(tx, runId, numbers.last);
      };
      // Other things of the run may have happened since it died.
      const found = {
        run,
        slot,
        at: Math.max(at, clockAt(run.clock, nowMs)),
        nowMs,
        known,
        sequence,
        runOf,
        checkpoint,
      };
      const done = await retractSlot(db, found, rest);
      for (const [counted, after] of figures) Object.assign(counted, after);
      publish(done.events);
      ({ rest } = done);
    }
  }
  return accounts;
}

/** @throws IngotError `not_found`; `conflict` with the reason if it cannot be resumed. */
async function findResumableRun(db: Database, runId: string, { kind }: SourceIdentity): Promise<RunOnRecord> {
  const run = await findRun(db, runId);
  if (!run) throw new IngotError('not_found', `There is no run ${runId}.`);
  const connects = kind === 'live' && run.identity?.kind === 'live' && run.state !== 'completed';
  const reason = connects ? null : whyNotResumable(run);
  if (reason !== null) throw notResumable(runId, reason);
  return run;
}

export function notResumable(runId: string, reason: string): IngotError {
  return new IngotError('conflict', `Run ${runId} cannot be resumed. ${reason}`, {
    hint: 'Run its source again: known records count as duplicates and change nothing.',
  });
}

/**
 * The run that started last; null if there is none.
 * @param elsewhereMs the time, if another process holds the database: the run may be active there.
 */
export async function findLastStatus(db: Database, elsewhereMs: EpochMs | null): Promise<RunStatus | null> {
  const run = await findLastRun(db);
  return run ? statusOf(run, elsewhereMs) : null;
}

/**
 * Whether an ended run stored almost nothing because earlier runs had stored it: the person may have wanted an empty database.
 * False if the database is lost, which is reported instead.
 */
export async function knewNearlyAll(db: Queryable, { runId, counts }: RunStatus): Promise<boolean> {
  const keptByOthers = await countKeptByOthers(db, runId).catch(() => 0);
  return wasNearlyAllKnown(counts, keptByOthers);
}

/**
 * More than nine in ten valid records were known, and earlier runs stored at least as many as this one: otherwise the source
 * repeats itself.
 */
export function wasNearlyAllKnown(counts: RunCounts, keptByOthers: number): boolean {
  const { records, rejected, indexed, stale, duplicate, conflict } = counts;
  return duplicate + conflict > 0.9 * (records - rejected) && keptByOthers >= indexed + stale;
}
