import type { EpochMs } from '../../src-shared/update';

/**
 * A run's own time against the wall's. A run of speed 20 lives 20 of its milliseconds in one of the
 * wall: its gaps and its callback delays alike.
 */
export interface RunClock {
  readonly startedAtMs: EpochMs;
  readonly speed: number;
  /** Whole milliseconds of the run's clock at the wall's `nowMs`, rounded down. */
  at(nowMs: EpochMs): number;
  /** The wall's instant at which the run's clock shows `at`, rounded up: never before. */
  wallOf(at: number): EpochMs;
  /** When a callback of `callbackTimeMs` run milliseconds, scheduled at the wall's `arrivalMs`, is due. */
  dueAtMs(arrivalMs: EpochMs, callbackTimeMs: number): EpochMs;
}

export function createRunClock(startedAtMs: EpochMs, speed: number): RunClock {
  return {
    startedAtMs,
    speed,
    at: (nowMs) => Math.floor((nowMs - startedAtMs) * speed),
    wallOf: (at) => addMs(startedAtMs, Math.ceil(at / speed)),
    dueAtMs: (arrivalMs, callbackTimeMs) => addMs(arrivalMs, Math.ceil(callbackTimeMs / speed)),
  };
}

/**
 * The sum as a number that is never below the true one: above 2^53 (some 285,000 years from now, which
 * a callback of 2^53-1 ms reaches) the nearest double could lie a millisecond before it.
 */
function addMs(instantMs: EpochMs, delayMs: number): EpochMs {
  const sum = instantMs + delayMs;
  if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  return BigInt(sum) < BigInt(instantMs) + BigInt(delayMs) ? sum + 2 : sum;
}
