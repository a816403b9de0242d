import { changeRate, clockAt, happensAt, wallOf } from '../../src-shared/run-clock';
import type { EpochMs } from '../../src-shared/update';
import { isVirtual, type KnownRun } from '../callbacks/known-run';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import { createBatchRoom } from '../ingestion/batch-room';
import type { Clock } from '../time/clock';

/**
 * Lets records arrive at their instants on the run's clock. While paused, the clock stands still and nothing arrives.
 *
 *   open ──pause──▶ paused ──resume──▶ open
 *                     │ ▲
 *                     └─┘ step: the clock jumps to the next record, which arrives, and stops again
 *   any ──stop──▶ stopped: nothing arrives any more
 *
 * On a virtual clock every record arrives without waiting, at its instant.
 */
export interface Pacer {
  /** Resolves to true when a record planned for `at` (null: as soon as possible) may arrive, to false once stopped. */
  admit(at: number | null): Promise<boolean>;
  /** Whether a record planned for `at` may arrive together with the one just admitted. */
  isOpenFor(at: number | null): boolean;
  /** When a record planned for `at` arrives, in run time, if admitted at the wall clock's `nowMs`. Never goes back. */
  arrivalOf(at: number | null, nowMs: EpochMs): number;
  /** How many wall-clock milliseconds ago a record planned for `at` could have arrived. */
  lateMs(at: number | null): number;
  /** The admitted records were applied. */
  passed(): void;
  /** What was planned for `at` is now planned for the present; later records keep their distance from it. */
  continueFrom(at: number): void;
  pause(): void;
  resume(): void;
  /** Lets one record arrive; resolves when it was applied, or nothing can be applied any more. */
  step(): Promise<void>;
  stop(): void;
  isPaused(): boolean;
  clockChanged(): void;
}

export function createPacer(clock: Clock, run: KnownRun, lastAt: number): Pacer {
  /** From the plan to run time. */
  let shiftMs = 0;
  let paused = false;
  let stopped = false;
  let latestAt = lastAt;
  const steps: (() => void)[] = [];
  let stepInHand: (() => void) | undefined;
  let nudge = new AbortController();

  const reconsider = () => {
    nudge.abort();
    nudge = new AbortController();
  };
  /** Null while the clock stands still. */
  const targetMs = (at: number | null) =>
    at === null || isVirtual(run) ? clock.now() : wallOf(run.clock, at + shiftMs);
  const isReached = (at: number | null) => (targetMs(at) ?? Number.POSITIVE_INFINITY) <= clock.now();

  return {
    async admit(at) {
      run.nextArrivalAt = at === null || isVirtual(run) ? null : at + shiftMs;
      for (;;) {
        if (stopped) return false;
        stepInHand = paused ? steps.shift() : undefined;
        if (stepInHand) {
          if (at !== null) run.clock = changeRate(run.clock, clock.now(), 0, at + shiftMs);
          return true;
        }
        if (!paused && isReached(at)) return true;
        await clock.waitUntil((paused ? null : targetMs(at)) ?? Number.POSITIVE_INFINITY, nudge.signal);
      }
    },
    isOpenFor: (at) => !stopped && !paused && isReached(at),
    arrivalOf(at, nowMs) {
      const present = at === null ? clockAt(run.clock, nowMs) : happensAt(run.clock, at + shiftMs, nowMs);
      latestAt = Math.max(latestAt, present);
      return latestAt;
    },
    lateMs: (at) => Math.max(0, clock.now() - (targetMs(at) ?? clock.now())),
    passed() {
      stepInHand?.();
      stepInHand = undefined;
    },
    continueFrom(at) {
      shiftMs = clockAt(run.clock, clock.now()) - at;
    },
    pause() {
      paused = true;
      reconsider();
    },
    resume() {
      paused = false;
      for (const settle of steps.splice(0)) settle();
      reconsider();
    },
    step() {
      if (stopped || !paused) return Promise.resolve();
      return new Promise((resolve) => {
        steps.push(resolve);
        reconsider();
      });
    },
    stop() {
      stopped = true;
      for (const settle of steps.splice(0)) settle();
      reconsider();
    },
    isPaused: () => paused,
    clockChanged: reconsider,
  };
}

type Ingested = 'exhausted' | 'stopped';

/**
 * Limit for due records in one transaction: a run behind its plan must not hold everything back, callbacks included, until it has
 * caught up. An unpaced run gets the batches it asks for.
 */
export const LARGEST_PACED_BATCH = 1_000;

/** Waits for the arrivals in the plan, and applies them batch by batch. */
export async function ingest(
  arrivals: AsyncGenerator<readonly PlannedRecord[]>,
  pacer: Pacer,
  stopping: AbortSignal,
  apply: (planned: readonly PlannedRecord[]) => Promise<void>,
): Promise<Ingested> {
  for (;;) {
    const next = await orStopped(arrivals.next(), stopping);
    if (next === 'stopped') return 'stopped';
    if (next.done) return 'exhausted';
    const planned = next.value;
    for (let begin = 0; begin < planned.length; ) {
      const first = planned[begin];
      if (!first || !(await pacer.admit(first.at))) return 'stopped';
      const room = createBatchRoom(first.at === null ? planned.length : LARGEST_PACED_BATCH);
      room.add(first.source);
      let end = begin + 1;
      for (; end < planned.length; end += 1) {
        const other = planned[end];
        if (!other || room.isFull() || !pacer.isOpenFor(other.at)) break;
        room.add(other.source);
      }
      await apply(planned.slice(begin, end));
      begin = end;
    }
  }
}

/**
 * A source may be silent for any time (a pipe): stopping must not wait for its next record. Not by `Promise.race` with one
 * long-lived promise, which would retain everything ever read.
 */
function orStopped<T>(work: Promise<T>, stopping: AbortSignal): Promise<T | 'stopped'> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve('stopped');
    if (stopping.aborted) stop();
    stopping.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => stopping.removeEventListener('abort', stop));
  });
}
