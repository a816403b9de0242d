import { IngotError, isDiskFull } from '../../src-shared/errors';
import type { RunCounts, RunStatus } from '../../src-shared/events';
import type { EngineEvent } from '../../src-shared/feed';
import { isActive } from '../../src-shared/run-actions';
import { changeRate, clockAt, rateOf, stopClock } from '../../src-shared/run-clock';
import { needsRecord, type RunGoal } from '../../src-shared/run-goal';
import type { EpochMs, RunState } from '../../src-shared/update';
import { type Applied, applyBatch, type Batch } from '../accounts/apply-batch';
import type { KnownAccounts } from '../accounts/known-accounts';
import type { DeadSlotFound, Falling, Retracted } from '../accounts/retract-slot';
import { type RankedTypes, rankLeaders } from '../accounts/sql/rank-leaders';
import type { DueEntry } from '../callbacks/due-queue';
import { type Figures, type RunFigures, saveFigures } from '../callbacks/figures';
import { isVirtual, type KnownRun, momentOf, movingClock, type Sequence } from '../callbacks/known-run';
import type { Concerned } from '../callbacks/line';
import type { Scheduler } from '../callbacks/scheduler';
import type { Database } from '../database/database';
import { type PlannedRecord, type PlayedPart, planArrivals } from '../ingestion/arrival-plan';
import type { RecordSource } from '../ingestion/record';
import type { Logger } from '../observability/logger';
import type { Observer } from '../observability/observer';
import type { Housekeeping } from '../storage/housekeeping';
import type { Clock } from '../time/clock';
import type { RunAttempt } from './attempt';
import { createCommit } from './commit';
import type { Run } from './interface';
import type { LiveRecords } from './live-records';
import { createPacer, ingest } from './pacer';
import { createPursuit } from './pursuit';
import { readAhead } from './read-ahead';
import { createRunLog, describeFailure, isDatabaseLost } from './run-log';
import { createSlotDeaths, retractInSteps } from './slot-deaths';
import { saveRunClock, saveRunState } from './sql/runs';

export interface RunDeps {
  readonly db: Database;
  readonly known: KnownAccounts;
  readonly sequence: Sequence;
  readonly runOf: (runId: string) => KnownRun;
  readonly clock: Clock;
  /** The root logger. */
  readonly logger: Logger;
  readonly observer: Observer;
  readonly scheduler: Scheduler;
  readonly housekeeping: Housekeeping;
  readonly publish: (events: readonly EngineEvent[]) => void;
  /** The part of a run's figures that must be saved. */
  readonly toSave: (run: KnownRun, after: Figures) => RunFigures;
  readonly isHeld: () => boolean;
  /** As `retractSlot`. After an error the accounts that are left fall back before anything else happens. */
  readonly retract: (found: DeadSlotFound, rest: Falling | null, of: Concerned | null) => Promise<Retracted>;
  readonly endsWithRun: boolean;
}

/** A run that has not started, so that nothing happens before there are listeners. */
export interface PreparedRun extends Run {
  /** @param until where it is to pause first. */
  begin(until: RunGoal | null): void;
  /** Stops it because the process ends: a clock that a person paused stays stopped until a person resumes it. */
  leave(): void;
}

/**
 * One attempt of a run: the ingestion of one source, from its start or from where the last attempt ended.
 *
 *   running ◀──pause/resume──▶ paused ◀──pause/resume──▶ draining
 *      │                         │                          │
 *      ├──── end of the source ──┼─────────────────────────▶│── none of its callbacks is pending ──▶ completed
 *      ├──── broken source, full disk ──────────────────────────────▶ failed
 *      ├──── stop (a person, a signal), from any of the three ───────▶ stopped
 *      └──── database lost, from any of the three ───────────────────▶ interrupted
 *
 * A run without `wait` goes from running to completed. Each end publishes the report and the summary. When the database is lost
 * the leaders are unknown, both events say that they are not complete, and the state becomes interrupted when the database is
 * opened again. Every run except a completed one can be resumed by another attempt.
 */
export function createRun(
  deps: RunDeps,
  source: RecordSource | LiveRecords,
  attempt: RunAttempt,
): PreparedRun {
  const { run, settings, startedAtMs, awayMs, played } = attempt;
  const { db, known, sequence, runOf, clock, observer, scheduler, housekeeping, publish } = deps;
  const { runId } = run;
  const log = createRunLog(deps.logger, clock, runId);
  const virtual = isVirtual(run);
  // Records of the same instant as the previous record belong to it.
  let previousAt = played === 0 ? -1 : clockAt(run.clock, clock.now());
  const pacer = createPacer(clock, run, Math.max(previousAt, 0));
  const isUnpaced = settings.arrival === 'none' && !virtual;
  const marks = 'marks' in source ? source.marks : null;
  const deaths = marks?.deaths ?? createSlotDeaths(source, played, settings.arrival);
  const commit = createCommit({ ...deps, source, marks, pacer }, attempt);
  const stopping = new AbortController();
  let state: RunState = 'running';
  let beforePause: RunState = 'running';
  let endedAtMs: EpochMs | null = null;
  /** Set at the end: callbacks that fire later are not in the summary. */
  let lastCounts: RunCounts | null = null;
  let failure: string | null = null;
  let isLeft = false;
  let sourceEnded = false;
  const status = (): RunStatus => ({
    runId,
    source: source.name,
    state,
    counts: lastCounts ?? run.counts,
    bytesRead: source.progress().bytesRead,
    bytesTotal: source.bytesTotal,
    expectedRecords: source.progress().expectedRecords,
    startedAtMs,
    endedAtMs,
    awayMs,
    at: clockAt(run.clock, endedAtMs ?? clock.now()),
    rate: rateOf(run.clock),
    speed: run.speed,
    simulated: virtual,
    sourceEnded,
    until: pursuit.goal(),
    fieldMap: source.fieldMap,
    failure,
  });
  const enter = (next: RunState) => {
    state = next;
    log.entered(next);
    publish([{ event: 'run', status: status() }]);
  };

  const pursuit = createPursuit({
    run,
    settings,
    clock,
    scheduler,
    pacer,
    isHeld: deps.isHeld,
    isSourceEnded: () => sourceEnded,
    pauseAt: (at) => pauseAt(at),
    changed(message) {
      if (message !== null) publish([{ event: 'notice', level: 'info', message }]);
      publish([{ event: 'run', status: status() }]);
    },
    failed: (error, what) => log.logger.error({ err: error }, what),
  });

  const saveState = (next: RunState, atMs: EpochMs | null) => {
    const { counts, timeline, clock: of } = run;
    const ending = { runId, state: next, counts, timeline, failure, endedAtMs: atMs, clock: of };
    return saveRunState(db, ending, clock.now());
  };

  /** In virtual time nothing was missed meanwhile, so the plan stays. */
  const continueFrom: PlayedPart['passed'] = (at, last) => {
    if (at !== null && !virtual) pacer.continueFrom(at);
    if (last) deaths.stored([last]);
  };

  const apply = (planned: readonly PlannedRecord[]) =>
    scheduler.alone(async () => {
      run.nextArrivalAt = null;
      run.arrivesTogether = false;
      const taken = planned.slice(0, pursuit.mayArrive(planned));
      let rest = taken;
      for (;;) {
        const first = rest.slice(0, await retractDead());
        if (first.length === 0) break;
        const about = { runId, records: first.length, lateMs: pacer.lateMs(first[0]?.at ?? null) };
        const applied = await observer.around('batch', about, () => applyFirst(first));
        if (applied === 0) break;
        rest = rest.slice(applied);
      }
      pursuit.arm();
      return taken.length - rest.length;
    }, isBeforeDeath);

  /** One slot dies after another. */
  const isBeforeDeath = () => (deaths.next()?.after ?? Number.POSITIVE_INFINITY) > run.counts.records;

  /** Applies as many of the records as one batch may have, publishes the result, and returns their number. None if it pauses first. */
  const applyFirst = async (planned: readonly PlannedRecord[]): Promise<number> => {
    const nowMs = clock.now();
    const arriving = planned.map(({ source: record, at }) => ({
      source: record,
      at: pacer.arrivalOf(at, nowMs),
    }));
    const first = arriving[0]?.at ?? 0;
    const last = arriving.at(-1)?.at ?? first;
    if (first > previousAt && !(await pursuit.comeTo(first))) return 0;
    pursuit.jumpTo(last);
    if (scheduler.isBetweenSteps()) await scheduler.fallBackFirst({ ids: idsOf(planned) });
    let due = last > first ? scheduler.takeDue(run, last) : [];
    if (scheduler.isBetweenSteps()) due = await scheduler.withoutFallen(due);
    const nextDueMs = due.length > 0 ? run.queue.earliestMs() : null;
    const arrivals = nextDueMs === null ? arriving : arriving.filter(({ at }) => at < nextDueMs);
    const sinceMs = clock.monotonicMs();
    const { events, newAccounts } = await store(arrivals, due);
    previousAt = arrivals.at(-1)?.at ?? previousAt;
    pacer.applied(previousAt);
    log.applied(planned, events, clock.monotonicMs() - sinceMs);
    scheduler.changed();
    publish(events);
    deaths.stored(planned.slice(0, arrivals.length));
    const lastRecord = planned[arrivals.length - 1];
    if (lastRecord) await pursuit.stored(lastRecord.source, previousAt, events);
    await housekeeping.wrote({ records: arrivals.length, newAccounts });
    if (pacer.jumps()) await clock.breathe();
    return arrivals.length;
  };

  /** Retracts the slots that died before the next record. Returns how many records come before the next one dies. */
  const retractDead = async (): Promise<number> => {
    for (let death = deaths.next(); death; death = deaths.next()) {
      if (death.after > run.counts.records) return death.after - run.counts.records;
      if (death.at !== undefined && !pacer.isOpenFor(death.at)) return 0;
      if (scheduler.isBetweenSteps()) return 0;
      const planned = death.at ?? null;
      const at = pacer.arrivalOf(planned, clock.now());
      if (at > previousAt && !(await pursuit.comeTo(at))) return 0;
      // What is planned may come before its next callback: only those of a live source fire meanwhile.
      run.arrivesTogether = marks === null;
      const { slot } = death;
      await retractInSteps(scheduler, async (of, rest) => {
        const nowMs = clock.now();
        const found = { run, slot, at: pacer.arrivalOf(planned, nowMs), nowMs, known, sequence, runOf };
        const done = await commit(rest === null, (checkpoint) =>
          deps.retract({ ...found, checkpoint }, rest, of),
        );
        previousAt = Math.max(previousAt, found.at);
        publish(done.events);
        return done;
      });
      run.arrivesTogether = false;
      deaths.retracted();
      scheduler.changed();
    }
    return Number.POSITIVE_INFINITY;
  };

  /** One batch in one transaction, with the run's checkpoint. What the database refuses stays pending. */
  const store = (arrivals: Batch['arrivals'], due: readonly DueEntry[]): Promise<Applied> =>
    commit(false, (checkpoint) =>
      applyBatch(db, {
        run,
        arrivals,
        previousAt,
        due,
        fires: !deps.isHeld(),
        known,
        sequence,
        runOf,
        observer,
        describeFired: scheduler.describeFired,
        checkpoint,
      }).catch((error: unknown) => {
        for (const { seq, dueMs, dataLength } of due) run.queue.add(seq, dueMs, dataLength);
        throw error;
      }),
    );

  const storeMarks = () => scheduler.alone(() => retractDead().then(() => store([], [])));

  const drain = async () => {
    if (state === 'paused') {
      beforePause = 'draining';
      publish([{ event: 'run', status: status() }]);
    } else enter('draining');
    await scheduler.alone(() => saveState('draining', null));
    while (!stopping.signal.aborted && run.queue.size() > 0) {
      if (pursuit.goal() && pacer.jumps()) await pursuit.jumpToCallback();
      // A stop changes the pacer as well.
      else await scheduler.drain(run, pacer.untilChange(), !pacer.isPaused());
    }
  };

  const pauseAt = async (at: number) => {
    run.clock = stopClock(run.clock, clock.now(), at);
    if (state !== 'paused') beforePause = state;
    pacer.pause(false);
    scheduler.changed();
    enter('paused');
    await saveClock();
  };

  /** Publishes the last two events. */
  const conclude = (atMs: EpochMs, ranked: RankedTypes | null) => {
    lastCounts = run.counts;
    const at = momentOf(run, clockAt(run.clock, atMs));
    const complete = ranked !== null;
    const { types, moreTypes } = ranked ?? { types: [], moreTypes: false };
    publish([{ event: 'report', ...at, types, moreTypes, complete }]);
    publish([{ event: 'summary', ...at, counts: lastCounts, skipped: source.skipped, complete }]);
  };

  const finish = async (end: RunState) => {
    const atMs = await stopWork();
    try {
      // Not while a slot dies.
      const ranked = await scheduler.alone(async () => {}).then(() => rankLeaders(db));
      conclude(atMs, ranked);
      await scheduler.alone(() => {
        // Pending callbacks stay pending on the run's clock, even if it was paused.
        if (!isLeft) run.clock = movingClock(run, clock.now());
        return saveState(end, atMs);
      });
      scheduler.changed();
      await housekeeping.ended();
    } catch (error) {
      if (lastCounts === null) conclude(atMs, null);
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

  /** The database is lost; its last commit is the run's checkpoint. */
  const breakOff = async (end: RunState) => {
    const atMs = await stopWork();
    conclude(atMs, null);
    endedAtMs = atMs;
    enter(end);
    return status();
  };

  const stopWork = async () => {
    pacer.stop();
    run.nextArrivalAt = null;
    run.arrivesTogether = false;
    pursuit.miss('it has ended');
    if (deps.endsWithRun) await scheduler.stop();
    return clock.now();
  };

  const play = async (): Promise<RunStatus> => {
    log.began({ source: source.name, fieldMap: source.fieldMap, played, ...settings }, played > 0);
    marks?.onWaiting(storeMarks);
    try {
      const arrivals = planArrivals(source.chunks(), settings, { records: played, passed: continueFrom });
      const outcome = await ingest(
        isUnpaced ? readAhead(arrivals, clock) : arrivals,
        pacer,
        stopping.signal,
        { apply, atLimit: pursuit.atLimit, nextDeath: () => deaths.due(run.counts.records) },
      );
      if (outcome === 'exhausted') {
        sourceEnded = true;
        const goal = pursuit.goal();
        if (goal && needsRecord(goal)) pursuit.miss('all records are in');
      }
      if (marks) await storeMarks();
      // Nothing else fires them: what is due by the last arrival is due now.
      if (virtual) await scheduler.alone(() => scheduler.fireBefore(run, previousAt));
      if (outcome === 'exhausted' && settings.wait) await drain();
      return await finish(stopping.signal.aborted ? 'stopped' : 'completed');
    } catch (error) {
      failure = describeFailure(error);
      log.failed(error);
      if (isDatabaseLost(error)) return await breakOff('interrupted');
      if (isDiskFull(error)) {
        const said = await breakOff('failed');
        // Published first: a full disk may take time to refuse this too.
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

  const setRate = async (rate: number) => {
    run.clock = changeRate(run.clock, clock.now(), rate);
    pacer.changed();
    scheduler.changed();
    pursuit.arm();
    await scheduler.alone(saveClock);
  };
  const saveClock = async () => {
    await saveRunClock(db, runId, run.clock);
    await saveFigures(db, [{ runId, counts: run.counts, timeline: run.timeline }]);
  };

  const pause = async () => {
    pursuit.giveUp();
    if (state !== 'running' && state !== 'draining') {
      throw new IngotError('conflict', 'Only a running run can be paused.');
    }
    beforePause = state;
    pacer.pause(false);
    const saved = setRate(0);
    enter('paused');
    await saved;
  };
  const goOn = async () => {
    const saved = setRate(run.speed);
    pacer.resume();
    enter(beforePause);
    await saved;
  };

  const stop = () => {
    pursuit.giveUp();
    pacer.stop();
    stopping.abort();
  };

  const until: Run['until'] = async (goal, jump) => {
    if (!isActive(state)) throw new IngotError('conflict', 'The run has ended.');
    pursuit.refuse(goal);
    pursuit.giveUp();
    if (jump && state !== 'paused') await pause();
    const { over } = await pursuit.begin(goal);
    // A person may have asked for something else meanwhile, or it may have ended.
    if (pursuit.goal() !== goal) return;
    if (!isActive(state)) return pursuit.giveUp();
    if (jump) pacer.pause(true);
    else if (state === 'paused') await goOn();
    pacer.changed();
    scheduler.changed();
    pursuit.arm();
    publish([{ event: 'run', status: status() }]);
    if (jump) await over;
  };

  let begin: PreparedRun['begin'] = () => {};
  const ended = new Promise<RunStatus>((resolve) => {
    begin = (goal) => {
      publish([{ event: 'run', status: status() }]);
      // Before the first batch is in line.
      if (goal) void until(goal, false).catch(log.failed);
      resolve(observer.around('run', { runId, source: source.name }, () => play().then(log.ended)));
    };
  });
  return {
    runId,
    begin,
    status,
    pause,
    async resume() {
      if (state !== 'paused') throw new IngotError('conflict', 'Only a paused run can be resumed.');
      pursuit.giveUp();
      await goOn();
    },
    until,
    giveUp: pursuit.giveUp,
    async setSpeed(speed) {
      if (virtual) throw new IngotError('conflict', 'A simulated run has no speed: its clock jumps.');
      if (endedAtMs !== null) throw new IngotError('conflict', 'The run has ended.');
      run.speed = speed;
      if (state !== 'paused') await setRate(speed);
      publish([{ event: 'run', status: status() }]);
    },
    stop,
    leave() {
      isLeft = true;
      stop();
    },
    ended,
  };
}

function idsOf(planned: readonly PlannedRecord[]): readonly string[] {
  return [...new Set(planned.flatMap(({ source }) => (source.kind === 'reject' ? [] : source.update.id)))];
}
