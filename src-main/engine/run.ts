import { IngotError } from '../../src-shared/errors';
import type { RunCounts, RunEvent, RunStatus } from '../../src-shared/events';
import type { RunSettings } from '../../src-shared/run-settings';
import type { EpochMs, RunState } from '../../src-shared/update';
import { applyBatch } from '../accounts/apply-batch';
import { rankLeaders } from '../accounts/sql/rank-leaders';
import type { Scheduler } from '../callbacks/scheduler';
import { countPendingCallbacks } from '../callbacks/sql/count-callbacks';
import type { Database } from '../database/database';
import { type PlannedRecord, planArrivals } from '../ingestion/arrival-plan';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import { type ArrivalGate, createArrivalGate } from './arrival-gate';
import type { Clock } from './clock';
import { createHousekeeping } from './housekeeping';
import type { EngineEvent, Run } from './interface';
import { createRunClock, type RunClock } from './run-clock';
import { insertRun, saveRunProgress, saveRunState } from './sql/runs';
import { startCounts, tally } from './tally';

export interface RunDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  readonly publish: (events: readonly EngineEvent[]) => void;
  readonly isLate: (dueAtMs: EpochMs) => boolean;
  readonly endsWithRun: boolean;
}

/** A run as the engine sees it: it also hears what the scheduler fires meanwhile. */
export interface ObservedRun extends Run {
  readonly runClock: RunClock;
  /** Sets it going: apart from `prepareRun`, so that nothing can happen before somebody observes. */
  begin(): void;
  observe(events: readonly RunEvent[]): void;
}

/**
 * One ingestion of one source.
 *
 *   running ◀──pause/resume──▶ paused
 *      │                         │
 *      ├──── source at its end ──┴──▶ draining ── no callback waits ──▶ completed
 *      ├──── broken source, database lost ──────────────────────────▶ failed
 *      └──── stop (a person, a signal), from any of the three ───────▶ stopped
 *
 * A run without `wait` goes from running to completed. Each end makes the report and the summary.
 */
export async function prepareRun(
  deps: RunDeps,
  source: RecordSource,
  settings: RunSettings,
): Promise<ObservedRun> {
  const { db, clock, logger, scheduler, publish } = deps;
  const startedAtMs = clock.now();
  const runClock = createRunClock(startedAtMs, settings.simulate ? 1 : settings.speed);
  const gate = createArrivalGate(clock, runClock);
  const stopping = new AbortController();
  const housekeeping = createHousekeeping(db);
  let counts: RunCounts = startCounts(await countPendingCallbacks(db));
  let state: RunState = 'running';
  let endedAtMs: EpochMs | null = null;
  let failure: string | null = null;
  const runId = await insertRun(db, { source: source.name, settings, counts, startedAtMs });

  const status = (): RunStatus => ({
    runId,
    source: source.name,
    state,
    counts,
    bytesRead: source.progress().bytesRead,
    bytesTotal: source.bytesTotal,
    startedAtMs,
    endedAtMs,
    at: runClock.at(endedAtMs ?? clock.now()),
    speed: runClock.speed,
    fieldMap: source.fieldMap,
    failure,
  });
  const observe = (events: readonly RunEvent[]) => {
    counts = tally(counts, events);
  };
  const enter = (next: RunState) => {
    state = next;
    publish([{ event: 'run', status: status() }]);
  };

  const apply = async (planned: readonly PlannedRecord[]) => {
    // Whatever is due by the arrival fires first (DESIGN, section 2, rule 6).
    await scheduler.fireDue();
    const arrivalMs = clock.now();
    const { events, earliestDueMs } = await applyBatch(db, {
      runId,
      records: planned.map((entry) => entry.source),
      arrivalMs,
      at: runClock.at(arrivalMs),
      dueAtMs: (callbackTimeMs) => runClock.dueAtMs(arrivalMs, callbackTimeMs),
      firingHeld: scheduler.isHeld(),
      isLate: deps.isLate,
      checkpoint: (tx, batchEvents) => {
        const after = tally(counts, batchEvents);
        const checkpoint = { records: after.records, byteOffset: source.progress().byteOffset };
        return saveRunProgress(tx, runId, checkpoint, after);
      },
    });
    if (earliestDueMs !== null) scheduler.note(earliestDueMs);
    publish(events);
    gate.passed();
    await housekeeping.wrote(planned.length);
  };

  const drain = async () => {
    enter('draining');
    await saveRunState(db, runId, { state, counts, failure, endedAtMs });
    while (!stopping.signal.aborted && (await scheduler.waitForNext(stopping.signal)))
      await scheduler.fireDue();
  };

  const finish = async (end: RunState) => {
    gate.stop();
    if (deps.endsWithRun) await scheduler.stop();
    endedAtMs = clock.now();
    try {
      counts = { ...counts, pending: await countPendingCallbacks(db) };
      const at = runClock.at(endedAtMs);
      publish([{ event: 'report', at, leaders: await rankLeaders(db) }]);
      publish([{ event: 'summary', at, counts }]);
      await saveRunState(db, runId, { state: end, counts, failure, endedAtMs });
      if (end === 'completed') await housekeeping.tidyUp();
    } catch (error) {
      logger.error({ err: error, runId }, 'the end of the run could not be recorded');
      failure ??= describeFailure(error);
      end = 'failed';
    }
    enter(end);
    return status();
  };

  const play = async (): Promise<RunStatus> => {
    try {
      const outcome = await ingest(source, settings, gate, stopping.signal, apply);
      if (outcome === 'exhausted' && settings.wait) await drain();
      return await finish(stopping.signal.aborted ? 'stopped' : 'completed');
    } catch (error) {
      failure = describeFailure(error);
      // What is wrong with the source is said to the person by every shell; the log need not repeat it aloud.
      if (error instanceof IngotError) logger.info({ err: error, runId }, 'the run failed');
      else logger.error({ err: error, runId }, 'the run failed');
      return await finish('failed');
    } finally {
      await source.close();
    }
  };

  let begin = () => {};
  const ended = new Promise<RunStatus>((resolve) => {
    begin = () => {
      publish([{ event: 'run', status: status() }]);
      logger.info({ runId, source: source.name, fieldMap: source.fieldMap, ...settings }, 'run started');
      resolve(play());
    };
  });
  return {
    runId,
    runClock,
    begin,
    observe,
    status,
    pause() {
      if (state !== 'running') throw new IngotError('conflict', 'Only a running run can be paused.');
      gate.pause();
      enter('paused');
    },
    resume() {
      if (state !== 'paused') throw new IngotError('conflict', 'Only a paused run can be resumed.');
      gate.resume();
      enter('running');
    },
    step() {
      if (state !== 'paused') throw new IngotError('conflict', 'Pause the run first, then step.');
      return gate.step();
    },
    stop() {
      gate.stop();
      stopping.abort();
    },
    ended,
  };
}

type Ingested = 'exhausted' | 'stopped';

async function ingest(
  source: RecordSource,
  settings: RunSettings,
  gate: ArrivalGate,
  stopping: AbortSignal,
  apply: (planned: readonly PlannedRecord[]) => Promise<void>,
): Promise<Ingested> {
  const arrivals = planArrivals(source.chunks(), settings);
  // A source may be silent for as long as it likes (a pipe): stopping must not wait for its next record.
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stopping.aborted) resolve('stopped');
    else stopping.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  for (;;) {
    const next = await Promise.race([arrivals.next(), stopped]);
    if (next === 'stopped') return 'stopped';
    if (next.done) return 'exhausted';
    const planned = next.value;
    for (let begin = 0; begin < planned.length; ) {
      const first = planned[begin];
      if (!first || !(await gate.admit(first.at))) return 'stopped';
      let end = begin + 1;
      for (let other = planned[end]; other && gate.isOpenFor(other.at); other = planned[end]) end += 1;
      await apply(planned.slice(begin, end));
      begin = end;
    }
  }
}

function describeFailure(error: unknown): string {
  if (!(error instanceof IngotError)) return 'Something went wrong inside Ingot. The log has the details.';
  const { hint } = error.details;
  return hint === undefined ? error.message : `${error.message} ${hint}`;
}
