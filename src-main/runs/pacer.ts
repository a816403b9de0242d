import { changeRate, clockAt, wallOf } from '../../src-shared/run-clock';
import type { EpochMs } from '../../src-shared/update';
import { isVirtual, type KnownRun } from '../callbacks/known-run';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import { createBatchRoom } from '../ingestion/batch-room';
import type { Clock } from '../time/clock';

/**
 * Lets records in at their instants, by the run's clock. Paused, that clock stands still, and so do they.
 *
 *   open ──pause──▶ paused ──resume──▶ open
 *                     │ ▲
 *                     └─┘ step: the clock jumps to the next record, which enters, and stands still again
 *   any ──stop──▶ stopped: nothing enters any more
 *
 * On a virtual clock everything enters at once, at its instant.
 */
export interface Pacer {
  /** Resolves with true when a record planned for `at` (null: as soon as it can) may enter, with false once stopped. */
  admit(at: number | null): Promise<boolean>;
  /** Whether a record planned for `at` may enter along with the one just admitted. */
  isOpenFor(at: number | null): boolean;
  /** When a record planned for `at` arrives, on the run's clock, if it is admitted at the wall's `nowMs`. Never goes back. */
  arrivalOf(at: number | null, nowMs: EpochMs): number;
  /** How long ago, in milliseconds of the wall clock, a record planned for `at` might have entered. */
  lateMs(at: number | null): number;
  /** Says that the admitted records were applied. */
  passed(): void;
  /** What was planned for `at` is planned for now; what comes after keeps its distance from it. */
  continueFrom(at: number): void;
  pause(): void;
  resume(): void;
  /** Lets one record in; resolves when it was applied, or nothing can be any more. */
  step(): Promise<void>;
  stop(): void;
  isPaused(): boolean;
  /** The run's clock changed. */
  clockChanged(): void;
}

export function createPacer(clock: Clock, run: KnownRun, lastAt: number): Pacer {
  /** From the plan to the run's clock. */
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
  /** Null: not while the clock stands still. */
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
      const planned = at === null ? null : at + shiftMs;
      // In time, it is the planned instant itself: the wall clock may be coarser than a fast run's.
      const isInTime = planned !== null && (isVirtual(run) || wallOf(run.clock, planned) === nowMs);
      latestAt = Math.max(latestAt, isInTime ? planned : clockAt(run.clock, nowMs));
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
 * So many records that are due already go in with one transaction at most: a run that is behind its plan must not
 * keep everything back, callbacks too, until it has caught up. One that has no plan gets the batches it asks for.
 */
export const LARGEST_PACED_BATCH = 1_000;

/** Lets arrivals in as their plan says, and applies them batch by batch. */
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
 * A source may be silent for as long as it likes (a pipe): stopping must not wait for its next record. Not by
 * `Promise.race` with one promise of stopping, which would hold on to everything that was ever read.
 */
function orStopped<T>(work: Promise<T>, stopping: AbortSignal): Promise<T | 'stopped'> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve('stopped');
    if (stopping.aborted) stop();
    stopping.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => stopping.removeEventListener('abort', stop));
  });
}
