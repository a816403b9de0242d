import type { Clock } from './clock';
import type { RunClock } from './run-clock';

/**
 * Lets records in at their instants, and holds them back while a person has paused.
 *
 *   open ──pause──▶ paused ──resume──▶ open        the wait that was left goes on where it stopped
 *                     │ ▲
 *                     └─┘ step: one record enters at once, and those after it move with it
 *   any ──stop──▶ stopped: nothing enters any more
 */
export interface ArrivalGate {
  /**
   * Resolves with true when a record planned for `at` (run milliseconds; null: as soon as it can) may
   * enter, with false once stopped.
   */
  admit(at: number | null): Promise<boolean>;
  /** Whether a record planned for `at` may enter along with the one just admitted. */
  isOpenFor(at: number | null): boolean;
  /** How long ago, in milliseconds of the wall clock, a record planned for `at` might have entered. */
  lateMs(at: number | null): number;
  /** Says that the admitted records were applied. */
  passed(): void;
  /** The plan goes on from `at` now: what was planned for later keeps its distance from it. */
  goOnFrom(at: number): void;
  pause(): void;
  resume(): void;
  /** Lets one record in; resolves when it was applied, or nothing can be any more. */
  step(): Promise<void>;
  stop(): void;
  isPaused(): boolean;
}

export function createArrivalGate(clock: Clock, runClock: RunClock): ArrivalGate {
  let pausedSinceMs: number | null = null;
  /** How far the plan has moved against the wall: by pauses forward, by steps back. */
  let shiftMs = 0;
  let stopped = false;
  const steps: (() => void)[] = [];
  let stepInHand: (() => void) | undefined;
  let nudge = new AbortController();

  const reconsider = () => {
    nudge.abort();
    nudge = new AbortController();
  };
  const targetMs = (at: number) => runClock.wallOf(at) + shiftMs;

  return {
    async admit(at) {
      for (;;) {
        if (stopped) return false;
        if (pausedSinceMs !== null) {
          stepInHand = steps.shift();
          if (stepInHand) {
            if (at !== null) shiftMs = clock.now() - runClock.wallOf(at);
            pausedSinceMs = clock.now();
            return true;
          }
          await clock.waitUntil(Number.POSITIVE_INFINITY, nudge.signal);
        } else {
          if (at === null || targetMs(at) <= clock.now()) return true;
          await clock.waitUntil(targetMs(at), nudge.signal);
        }
      }
    },
    isOpenFor: (at) => !stopped && pausedSinceMs === null && (at === null || targetMs(at) <= clock.now()),
    lateMs: (at) => (at === null ? 0 : Math.max(0, clock.now() - targetMs(at))),
    passed() {
      stepInHand?.();
      stepInHand = undefined;
    },
    goOnFrom(at) {
      shiftMs = clock.now() - runClock.wallOf(at);
      if (pausedSinceMs !== null) pausedSinceMs = clock.now();
    },
    pause() {
      pausedSinceMs ??= clock.now();
      reconsider();
    },
    resume() {
      if (pausedSinceMs !== null) shiftMs += clock.now() - pausedSinceMs;
      pausedSinceMs = null;
      for (const settle of steps.splice(0)) settle();
      reconsider();
    },
    step() {
      if (stopped || pausedSinceMs === null) return Promise.resolve();
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
    isPaused: () => pausedSinceMs !== null,
  };
}
