import type { EpochMs } from '../../src-shared/update';

/**
 * A run's own time against the wall's. A run of speed 20 lives 20 of its milliseconds in one of the
 * wall: its gaps and its callback delays alike.
 */
export interface RunClock {
  readonly startedAtMs: EpochMs;
  readonly speed: number;
  /** Whole milliseconds of the run's clock at the wall's `nowMs`: the last whose instant of the wall has come. */
  at(nowMs: EpochMs): number;
  /** The wall's instant at which the run's clock shows `at`, rounded up: never before. */
  wallOf(at: number): EpochMs;
  /**
   * When a callback of `callbackTimeMs` run milliseconds, scheduled at the wall's `arrivalMs`, is due. At the latest at the end
   * of the database's time, in the year 287,396, which a slow run reaches with a delay that is valid.
   */
  dueAtMs(arrivalMs: EpochMs, callbackTimeMs: number): EpochMs;
}

/** The last even millisecond of what the database can keep, in the year 287,396: odd ones are no numbers there any more. */
const LATEST_DUE_MS = 2 ** 53 + 2 ** 41 - 2;

export function createRunClock(startedAtMs: EpochMs, speed: number): RunClock {
  const wallMsFor = (at: number) => Math.ceil(at / speed);
  return {
    startedAtMs,
    speed,
    at(nowMs) {
      const elapsedMs = nowMs - startedAtMs;
      const near = Math.floor(elapsedMs * speed);
      // The product is rounded as the quotient is not: 100 * 0.29 is below 29, whose instant has come.
      if (wallMsFor(near + 1) <= elapsedMs) return near + 1;
      return wallMsFor(near) <= elapsedMs ? near : near - 1;
    },
    wallOf: (at) => addMs(startedAtMs, wallMsFor(at)),
    dueAtMs: (arrivalMs, callbackTimeMs) =>
      Math.min(addMs(arrivalMs, wallMsFor(callbackTimeMs)), LATEST_DUE_MS),
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
