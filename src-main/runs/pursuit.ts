import { IngotError } from '../../src-shared/errors';
import { toPrintable } from '../../src-shared/printable';
import { changeRate, clockAt, wallOf } from '../../src-shared/run-clock';
import { describeGoal, needsRecord, type RunGoal } from '../../src-shared/run-goal';
import type { RunSettings } from '../../src-shared/run-settings';
import type { CountedEvent } from '../../src-shared/totals';
import type { EpochMs } from '../../src-shared/update';
import { isVirtual, type KnownRun } from '../callbacks/known-run';
import type { Scheduler } from '../callbacks/scheduler';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import type { SourceRecord } from '../ingestion/record';
import type { Alarm, Clock } from '../time/clock';
import type { Pacer } from './pacer';

interface PursuitDeps {
  readonly run: KnownRun;
  readonly settings: RunSettings;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly pacer: Pacer;
  readonly isHeld: () => boolean;
  readonly isSourceEnded: () => boolean;
  /** Within `alone`: pauses the run, and its clock at `at`. Nothing has happened after that. */
  readonly pauseAt: (at: number) => Promise<void>;
  /** The goal has changed. `message`: for a person. */
  readonly changed: (message: string | null) => void;
  readonly failed: (error: unknown, what: string) => void;
}

/** The way of a run to where it is to pause. One goal at a time; without one, everything here does nothing. */
export interface Pursuit {
  goal(): RunGoal | null;
  /**
   * Sets the goal, between two batches, unless a person has asked for something else by then. `over` resolves once it is reached,
   * given up or cannot be met any more.
   * @throws IngotError `conflict` if the run cannot come there.
   */
  begin(goal: RunGoal): Promise<{ readonly over: Promise<void> }>;
  /** @throws IngotError as `begin`. */
  refuse(goal: RunGoal): void;
  giveUp(): void;
  /** It cannot be met any more. `why`: the end of a sentence. */
  miss(why: string): void;
  /** Within `alone`: how many of the records may arrive now, before the run may have to pause. */
  mayArrive(planned: readonly PlannedRecord[]): number;
  /** Within `alone`: a batch was stored, the last record of it at `at`. */
  stored(last: SourceRecord, at: number, events: readonly CountedEvent[]): Promise<void>;
  /** The clock has come to the time that it is to stop at. */
  atLimit(): Promise<void>;
  /** All records are in: lets the clock jump to the next callback, or to the time that it is to stop at. */
  jumpToCallback(): Promise<void>;
  /**
   * Within `alone`: fires what is due by then at its own time, because it comes first (rule 6).
   * @returns Whether the run comes to `at`: not if it pauses at one of them.
   */
  comeTo(at: number): Promise<boolean>;
  /** Within `alone`: on a clock that jumps, it does. */
  jumpTo(at: number): void;
  /** The clock or the goal has changed, or a batch was stored. */
  arm(): void;
}

export function createPursuit(deps: PursuitDeps): Pursuit {
  const { run, clock, scheduler, pacer, pauseAt } = deps;
  let pursued: { readonly goal: RunGoal; readonly over: () => void } | null = null;
  let alarm: Alarm | undefined;
  /** Of the latest wish of a person: a goal that waits for its turn is let go by a later one. */
  let wish = 0;
  /** All of one jump of the clock happens at one instant of the wall's, so that it is one segment. */
  let jumpedMs: EpochMs = clock.now();

  /** Returns what lets go of who waits for a step. */
  const end = () => {
    const over = pursued?.over ?? (() => {});
    pursued = null;
    run.stopsAt = null;
    run.stopsAtFiring = null;
    alarm?.clear();
    return over;
  };
  const reach = (at: number) => {
    const over = end();
    return pauseAt(at).finally(over);
  };
  /** A step that ends so stays paused. */
  const giveUp = (message: string | null) => {
    if (pursued === null) return;
    const over = end();
    if (pacer.isPaused()) pacer.pause(false);
    pacer.changed();
    scheduler.changed();
    deps.changed(message);
    over();
  };
  const jumpTo = (at: number) => {
    if (isVirtual(run) || pacer.isPaused()) run.clock = changeRate(run.clock, jumpedMs, 0, at);
  };
  const atLimit = () =>
    scheduler.alone(async () => {
      const { stopsAt } = run;
      // A record that arrives by then comes first, and sets the alarm again.
      if (stopsAt === null || (run.nextArrivalAt !== null && run.nextArrivalAt <= stopsAt)) return;
      jumpTo(stopsAt);
      await scheduler.fireBefore(run, stopsAt);
      if (run.stopsAt === stopsAt) await reach(stopsAt);
    });
  const miss = (why: string) => {
    if (pursued) giveUp(`The run did not come to ${describeGoal(pursued.goal, toPrintable)}: ${why}.`);
  };
  const refuse = (goal: RunGoal) => {
    const { kind } = goal;
    const hasPassed =
      (kind === 'time' && goal.at <= clockAt(run.clock, clock.now())) ||
      (kind === 'record' &&
        deps.settings.arrival !== 'scatter' &&
        (goal.record ?? Number.POSITIVE_INFINITY) < run.counts.records);
    const why =
      (deps.isSourceEnded() && needsRecord(goal)
        ? 'All records are in: the run waits for its callbacks.'
        : null) ??
      (kind === 'fired' && deps.isHeld() ? 'All callbacks are paused: resume them first.' : null) ??
      (hasPassed ? `The run has passed ${describeGoal(goal, toPrintable)}.` : null);
    if (why !== null) throw new IngotError('conflict', why);
  };

  return {
    goal: () => pursued?.goal ?? null,
    refuse,
    begin: (goal) => {
      wish += 1;
      const mine = wish;
      return scheduler.alone(async () => {
        if (mine !== wish) return { over: Promise.resolve() };
        refuse(goal);
        end()();
        const over = new Promise<void>((resolve) => {
          pursued = { goal, over: resolve };
        });
        if (goal.kind === 'time') run.stopsAt = goal.at;
        if (goal.kind === 'fired') run.stopsAtFiring = reach;
        jumpedMs = clock.now();
        return { over };
      });
    },
    giveUp() {
      wish += 1;
      giveUp(null);
    },
    miss,
    mayArrive(planned) {
      if (pacer.isPaused() && !pacer.jumps()) return 0;
      if (pursued === null) return planned.length;
      let count = 0;
      for (const { source, at } of planned) {
        if (pacer.isBeyondLimit(at)) break;
        count += 1;
        if (endsBatch(pursued.goal, source)) break;
      }
      return count;
    },
    async stored(last, at, events) {
      if (pursued && isMetBy(pursued.goal, last, events)) await reach(at);
    },
    atLimit,
    async jumpToCallback() {
      const dueMs = run.queue.earliestMs();
      if (dueMs === null || deps.isHeld()) miss('all callbacks are paused');
      else if (run.stopsAt !== null && dueMs > run.stopsAt) await atLimit();
      else {
        await scheduler.alone(() => {
          jumpTo(dueMs);
          return scheduler.fireBefore(run, dueMs);
        });
      }
    },
    async comeTo(at) {
      const stops = run.stopsAtFiring !== null;
      jumpTo(Math.min(at, (stops && run.queue.earliestMs()) || at));
      await scheduler.fireBefore(run, at);
      return !stops || run.stopsAtFiring !== null;
    },
    jumpTo,
    arm() {
      alarm?.clear();
      const wallMs = run.stopsAt === null || pacer.jumps() ? null : wallOf(run.clock, run.stopsAt);
      if (wallMs === null) return;
      const ring = () =>
        atLimit().catch((error) => deps.failed(error, 'the run could not be paused at its time'));
      alarm = clock.setAlarm(wallMs, ring);
    },
  };
}

/**
 * Whether no record may be in a batch after this one, because the run may have to pause there. What becomes of a record is known
 * only once it is stored.
 */
function endsBatch(goal: RunGoal, source: SourceRecord): boolean {
  const update = source.kind === 'reject' ? null : source.update;
  switch (goal.kind) {
    case 'time':
      return false;
    case 'record':
      return goal.record === null || goal.record === source.record;
    case 'account':
      return update?.id === goal.id;
    case 'type':
      return update?.accountType === goal.accountType;
    case 'outcome':
      return goal.outcome !== 'rejected' || update === null;
    case 'fired':
    case 'cancelled':
      return true;
  }
}

/** Whether a batch met the goal with its last record. These are its events. */
function isMetBy(goal: RunGoal, last: SourceRecord, events: readonly CountedEvent[]): boolean {
  if (goal.kind === 'outcome') return events.some(({ event }) => event === goal.outcome);
  if (goal.kind === 'cancelled') return events.some(({ event }) => event === 'cancelled');
  return needsRecord(goal) && endsBatch(goal, last);
}
