import { clockAt, wallOf } from '../../src-shared/run-clock';
import type { EpochMs } from '../../src-shared/update';
import { happensIn, isVirtual, type KnownRun } from '../callbacks/known-run';
import type { PlannedRecord } from '../ingestion/arrival-plan';
import { createBatchRoom } from '../ingestion/batch-room';
import type { Clock } from '../time/clock';

/**
 * Lets records arrive at their instants on the run's clock. While paused, the clock stands still and nothing arrives.
 *
 *   open ──pause──▶ paused ──resume──▶ open
 *                     │ ▲
 *                     └─┘ jump: the clock jumps to the next record, which arrives, and stops again
 *   any ──stop──▶ stopped: nothing arrives any more
 *
 * On a virtual clock every record arrives without waiting, at its instant, unless it is paused.
 */
export interface Pacer {
  /**
   * Resolves to `record` when a record planned for `at` (null: as soon as possible) may arrive, to `stopped` once stopped, and on a
   * clock that jumps to `limit` if the run may not go beyond an instant before.
   */
  admit(at: number | null): Promise<'record' | 'limit' | 'stopped'>;
  /** Whether the run may not go as far as a record planned for `at`. */
  isBeyondLimit(at: number | null): boolean;
  /** Whether a record planned for `at` may arrive together with the one just admitted. */
  isOpenFor(at: number | null): boolean;
  /** When a record planned for `at` arrives, in run time, if admitted at the wall clock's `nowMs`. Never goes back. */
  arrivalOf(at: number | null, nowMs: EpochMs): number;
  /** How many wall-clock milliseconds ago a record planned for `at` could have arrived. */
  lateMs(at: number | null): number;
  /** A record was applied that arrived then. */
  applied(at: number): void;
  /** What was planned for `at` is now planned for the present; later records keep their distance from it. */
  continueFrom(at: number): void;
  /** With `jumps`, records arrive nevertheless: the clock jumps to them. */
  pause(jumps: boolean): void;
  resume(): void;
  stop(): void;
  isPaused(): boolean;
  /** Whether the run goes from event to event without waiting. */
  jumps(): boolean;
  /** Something changed that `admit` waits for: the clock, or where the run may go. */
  changed(): void;
  /** Aborts at the next change, pause, resume or stop. */
  untilChange(): AbortSignal;
}

export function createPacer(clock: Clock, run: KnownRun, lastAt: number): Pacer {
  /** From the plan to run time. */
  let shiftMs = 0;
  let paused = false;
  let jumpsPaused = false;
  let stopped = false;
  let latestAt = lastAt;
  let appliedAt = Number.NEGATIVE_INFINITY;
  let nudge = new AbortController();

  const changed = () => {
    nudge.abort();
    nudge = new AbortController();
  };
  /** Null while the clock stands still. */
  const targetMs = (at: number | null) =>
    at === null || isVirtual(run) ? clock.now() : wallOf(run.clock, at + shiftMs);
  const jumps = () => (paused ? jumpsPaused : isVirtual(run));
  const isReached = (at: number | null) =>
    jumps() || (!paused && (targetMs(at) ?? Number.POSITIVE_INFINITY) <= clock.now());
  const isBeyondLimit = (at: number | null) =>
    run.stopsAt !== null && (at === null ? clockAt(run.clock, clock.now()) : at + shiftMs) > run.stopsAt;

  return {
    async admit(at) {
      const plannedAt = at === null || isVirtual(run) ? null : at + shiftMs;
      run.nextArrivalAt = plannedAt;
      run.arrivesTogether =
        plannedAt !== null && Math.max(plannedAt, clockAt(run.clock, clock.now())) <= appliedAt;
      for (;;) {
        if (stopped) return 'stopped';
        const isBeyond = isBeyondLimit(at);
        if (isBeyond && jumps()) return 'limit';
        if (!isBeyond && isReached(at)) return 'record';
        await clock.waitUntil(
          (paused || isBeyond ? null : targetMs(at)) ?? Number.POSITIVE_INFINITY,
          nudge.signal,
        );
      }
    },
    isBeyondLimit,
    isOpenFor: (at) => !stopped && isReached(at) && !isBeyondLimit(at),
    arrivalOf(at, nowMs) {
      const plannedAt = at === null ? clockAt(run.clock, nowMs) : at + shiftMs;
      const present = happensIn(run, plannedAt, nowMs);
      latestAt = Math.max(latestAt, present);
      return latestAt;
    },
    lateMs: (at) => Math.max(0, clock.now() - (targetMs(at) ?? clock.now())),
    applied(at) {
      appliedAt = at;
    },
    continueFrom(at) {
      shiftMs = clockAt(run.clock, clock.now()) - at;
    },
    pause(jumpsThen) {
      paused = true;
      jumpsPaused = jumpsThen;
      changed();
    },
    resume() {
      paused = false;
      changed();
    },
    stop() {
      stopped = true;
      changed();
    },
    isPaused: () => paused,
    jumps,
    changed,
    untilChange: () => nudge.signal,
  };
}

type Ingested = 'exhausted' | 'stopped';

/**
 * Limit for due records in one transaction: a run behind its plan must not hold everything back, callbacks included, until it has
 * caught up. An unpaced run gets the batches it asks for.
 */
export const LARGEST_PACED_BATCH = 1_000;

/** What a run does with the records that may arrive. */
interface Taking {
  /** Applies the records, and returns how many: less than all if the run may have to pause before the rest. */
  readonly apply: (planned: readonly PlannedRecord[]) => Promise<number>;
  /** The run has come to where it is to stop. */
  readonly atLimit: () => Promise<void>;
  /** A slot that dies before the next record: applied when no record is. */
  readonly nextDeath?: () => { readonly at: number | null } | undefined;
}

/** Waits for the arrivals in the plan, and applies them batch by batch. */
export async function ingest(
  arrivals: AsyncGenerator<readonly PlannedRecord[]>,
  pacer: Pacer,
  stopping: AbortSignal,
  { apply, atLimit, nextDeath }: Taking,
): Promise<Ingested> {
  for (;;) {
    const next = await orStopped(arrivals.next(), stopping);
    if (next === 'stopped') return 'stopped';
    const planned = next.done ? [] : next.value;
    for (let begin = 0; ; ) {
      const death = nextDeath?.();
      const first = planned[begin];
      if (!death && !first) break;
      const admitted = await pacer.admit((death ?? first)?.at ?? null);
      if (admitted === 'stopped') return 'stopped';
      if (admitted === 'limit') {
        await atLimit();
        continue;
      }
      if (death || !first) {
        await apply([]);
        continue;
      }
      const room = createBatchRoom(first.at === null ? planned.length : LARGEST_PACED_BATCH);
      room.add(first.source);
      let end = begin + 1;
      for (; end < planned.length; end += 1) {
        const other = planned[end];
        if (!other || room.isFull() || !pacer.isOpenFor(other.at)) break;
        room.add(other.source);
      }
      begin += await apply(planned.slice(begin, end));
    }
    if (next.done) return 'exhausted';
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
