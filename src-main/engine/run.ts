import { IngotError } from '../../src-shared/errors';
import type { RunCounts, RunEvent, RunStatus } from '../../src-shared/events';
import type { EpochMs, RunState } from '../../src-shared/update';
import { applyBatch } from '../accounts/apply-batch';
import type { KnownAccounts } from '../accounts/known-accounts';
import { type RankedTypes, rankLeaders } from '../accounts/sql/rank-leaders';
import type { Scheduler } from '../callbacks/scheduler';
import type { Database } from '../database/database';
import { type PlannedRecord, planArrivals } from '../ingestion/arrival-plan';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import { createArrivalGate } from './arrival-gate';
import type { Clock } from './clock';
import type { Housekeeping } from './housekeeping';
import { ingest } from './ingest';
import type { EngineEvent, Run } from './interface';
import type { Outbox } from './outbox';
import { readAhead } from './read-ahead';
import { createRunClock, type RunClock } from './run-clock';
import { describeFailure, isDatabaseLost, isDiskFull } from './run-failure';
import { createRunLog } from './run-log';
import type { Sitting } from './sitting';
import { saveRunProgress, saveRunState } from './sql/runs';
import { tally } from './tally';

export interface RunDeps {
  readonly db: Database;
  readonly known: KnownAccounts;
  readonly clock: Clock;
  /** Of no room yet. */
  readonly logger: Logger;
  readonly observer: Observer;
  readonly scheduler: Scheduler;
  readonly housekeeping: Housekeeping;
  /** `atMs` is now if left out. */
  readonly publish: (events: readonly EngineEvent[], atMs?: EpochMs) => void;
  /** `publish` flushes it first. */
  readonly outbox: Outbox;
  readonly isLate: (dueAtMs: EpochMs) => boolean;
  readonly endsWithRun: boolean;
}

/** A run as the engine sees it: it also hears what the scheduler fires meanwhile. */
export interface ObservedRun extends Run {
  readonly runClock: RunClock;
  /** Sets it going: apart from `createRun`, so that nothing can happen before somebody observes. */
  begin(): void;
  observe(events: readonly RunEvent[]): void;
}

/**
 * One sitting of a run: the ingestion of one source, from its beginning or from where the last sitting ended.
 *
 *   running ◀──pause/resume──▶ paused
 *      │                         │
 *      ├──── source at its end ──┴──▶ draining ── no callback waits ──▶ completed
 *      ├──── broken source, full disk ──────────────────────────────▶ failed
 *      ├──── stop (a person, a signal), from any of the three ───────▶ stopped
 *      └──── database lost, from any of the three ───────────────────▶ interrupted
 *
 * A run without `wait` goes from running to completed. Each end publishes the report and the summary. When the
 * database is lost the leaders are not known, both events say that they are not complete, and the run's state is
 * set to interrupted when the database is opened again. All but a completed run can be taken up by a next sitting.
 */
export function createRun(
  deps: RunDeps,
  source: RecordSource,
  { runId, settings, counts: countsBefore, startedAtMs, played }: Sitting,
): ObservedRun {
  const { db, known, clock, observer, scheduler, housekeeping, publish, outbox } = deps;
  const log = createRunLog(deps.logger, clock, runId);
  // A wall clock that was put back while the run was cut off must not make its own time negative.
  const runClock = createRunClock(Math.min(startedAtMs, clock.now()), settings.simulate ? 1 : settings.speed);
  const gate = createArrivalGate(clock, runClock);
  const isUnpaced = settings.arrival === 'none' && !settings.simulate;
  const stopping = new AbortController();
  let counts: RunCounts = countsBefore;
  let state: RunState = 'running';
  let endedAtMs: EpochMs | null = null;
  /** Until the end is being recorded: its counts are the last. */
  let counting = true;
  let failure: string | null = null;

  const status = (): RunStatus => ({
    runId,
    source: source.name,
    state,
    counts,
    bytesRead: source.progress().bytesRead,
    bytesTotal: source.bytesTotal,
    expectedRecords: source.progress().expectedRecords,
    startedAtMs,
    endedAtMs,
    at: runClock.at(endedAtMs ?? clock.now()),
    speed: runClock.speed,
    fieldMap: source.fieldMap,
    failure,
  });
  const observe = (events: readonly RunEvent[]) => {
    if (counting) counts = tally(counts, events);
  };
  const enter = (next: RunState) => {
    state = next;
    log.entered(next);
    publish([{ event: 'run', status: status() }]);
  };

  const saveState = (next: RunState, atMs: EpochMs | null) =>
    saveRunState(db, runId, { state: next, counts, failure, endedAtMs: atMs }, clock.now());

  /** In virtual time nothing was missed meanwhile: the plan stands as it is. */
  const goOnFrom = (at: number | null) => {
    if (at !== null && !settings.simulate) gate.goOnFrom(at);
  };

  /** Resolves when it has committed; whoever looks on at the batch does so until it was told as well. */
  const apply = (planned: readonly PlannedRecord[]) =>
    new Promise<void>((committed, failed) => {
      const lateMs = gate.lateMs(planned[0]?.at ?? null);
      const work = async () => {
        // Whatever is due by the arrival fires first (DESIGN, section 2, rule 6).
        await scheduler.fireDue();
        const { told } = await scheduler.whileBusy(() => applyNow(planned));
        gate.passed();
        await housekeeping.wrote(planned.length);
        committed();
        await told;
      };
      observer.around('batch', { runId, records: planned.length, lateMs }, work).catch(failed);
    });

  const applyNow = async (planned: readonly PlannedRecord[]) => {
    const arrivalMs = clock.now();
    const sinceMs = clock.monotonicMs();
    const { events, scheduled, overtaken } = await applyBatch(db, {
      runId,
      records: planned.map((entry) => entry.source),
      known,
      observer,
      arrivalMs,
      at: runClock.at(arrivalMs),
      dueAtMs: (callbackTimeMs) => runClock.dueAtMs(arrivalMs, callbackTimeMs),
      firingHeld: scheduler.isHeld(),
      isLate: deps.isLate,
      checkpoint: (tx, batchEvents) => {
        // What was told is what was counted.
        outbox.flush();
        const after = tally(counts, batchEvents);
        const { byteOffset } = source.progress();
        const checkpoint = { records: after.records, byteOffset, savedAtMs: arrivalMs };
        return saveRunProgress(tx, runId, { checkpoint, counts: after, fieldMap: source.fieldMap });
      },
    });
    scheduler.changed(scheduled, overtaken);
    const tookMs = clock.monotonicMs() - sinceMs;
    const tell = () => {
      publish(events, arrivalMs);
      log.applied(planned, events, tookMs);
    };
    // Whoever paces it, or steps through it, looks at what each record did.
    if (isUnpaced && !gate.isPaused()) return { told: outbox.later(tell) };
    tell();
    return { told: Promise.resolve() };
  };

  const drain = async () => {
    enter('draining');
    await saveState(state, null);
    while (!stopping.signal.aborted && (await scheduler.waitForNext(stopping.signal)))
      await scheduler.fireDue();
  };

  /** Publishes the last two events. Nothing is counted from here on: it would be in no summary. */
  const conclude = (atMs: EpochMs, ranked: RankedTypes | null, last: RunCounts) => {
    counting = false;
    counts = last;
    const at = runClock.at(atMs);
    const complete = ranked !== null;
    const { types, moreTypes } = ranked ?? { types: [], moreTypes: false };
    publish([{ event: 'report', at, types, moreTypes, complete }], atMs);
    publish([{ event: 'summary', at, counts, complete }], atMs);
  };

  const finish = async (end: RunState) => {
    const atMs = await stopWork();
    try {
      const ranked = await rankLeaders(db);
      const pending = await scheduler.count();
      conclude(atMs, ranked, { ...counts, pending });
      await saveState(end, atMs);
      await housekeeping.ended();
      if (end === 'completed') {
        // Nobody waits for it: whoever asks the database for something next does.
        void housekeeping.tidyUp().catch((error: unknown) => {
          log.logger.info({ err: error }, 'tidying up after the run was cut off');
        });
      }
    } catch (error) {
      if (counting) conclude(atMs, null, counts);
      log.logger.error({ err: error }, 'the end of the run could not be recorded');
      if (end !== 'failed') {
        failure = describeFailure(error);
        end = isDatabaseLost(error) ? 'interrupted' : 'failed';
      }
    }
    endedAtMs = atMs;
    enter(end);
    return status();
  };

  /** The database cannot be asked any more; what it committed is the run's checkpoint. */
  const breakOff = async (end: RunState) => {
    const atMs = await stopWork();
    conclude(atMs, null, counts);
    endedAtMs = atMs;
    enter(end);
    return status();
  };

  const stopWork = async () => {
    outbox.flush();
    gate.stop();
    if (deps.endsWithRun) await scheduler.stop();
    return clock.now();
  };

  const play = async (): Promise<RunStatus> => {
    log.began({ source: source.name, fieldMap: source.fieldMap, played, ...settings }, played > 0);
    try {
      const part = { records: played, passed: goOnFrom };
      const arrivals = planArrivals(source.chunks(), settings, part);
      const outcome = await ingest(
        isUnpaced ? readAhead(arrivals, clock) : arrivals,
        gate,
        stopping.signal,
        apply,
      );
      if (outcome === 'exhausted' && settings.wait) await drain();
      return await finish(stopping.signal.aborted ? 'stopped' : 'completed');
    } catch (error) {
      failure = describeFailure(error);
      log.failed(error);
      if (isDatabaseLost(error)) return await breakOff('interrupted');
      if (isDiskFull(error)) {
        const said = await breakOff('failed');
        // Said first: a full disk may take its time to refuse this as well.
        await saveState('failed', endedAtMs).catch((cause: unknown) =>
          log.logger.warn({ err: cause }, 'the end of the run could not be recorded'),
        );
        return said;
      }
      return await finish('failed');
    } finally {
      await source.close();
    }
  };

  let begin = () => {};
  const ended = new Promise<RunStatus>((resolve) => {
    begin = () => {
      publish([{ event: 'run', status: status() }]);
      resolve(observer.around('run', { runId, source: source.name }, () => play().then(log.ended)));
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
