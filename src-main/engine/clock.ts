import type { EpochMs } from '../../src-shared/update';

/**
 * All time there is. The only file that reads the wall clock or sets a timer; everyone else is handed
 * a `Clock`, so that the same engine runs in real and in virtual time.
 */
export interface Clock {
  /** The wall clock: whole milliseconds since 1970. In virtual time, the virtual one. */
  now(): EpochMs;
  /** Resolves at `at` or later, never before; at once if `at` has passed or `signal` aborts. */
  waitUntil(at: EpochMs, signal?: AbortSignal): Promise<void>;
  /** Calls `wake` once at `at` or later, never before. Distances above 2^31-1 ms do not overflow. */
  setAlarm(at: EpochMs, wake: () => void | Promise<void>): Alarm;
  /** Gives the event loop a turn, so that a long piece of work does not hold up timers and sockets. */
  breathe(): Promise<void>;
  /** A stopwatch in milliseconds with a fraction, for measuring only; in virtual time it stands still. */
  monotonicMs(): number;
}

export interface Alarm {
  clear(): void;
}

/** A timer sleeps at most this long at a time, so that a jump of the wall clock is seen soon. */
const LONGEST_SLEEP_MS = 60_000;

export function createSystemClock(): Clock {
  const setAlarm = (at: EpochMs, wake: () => void | Promise<void>): Alarm => {
    let timer: NodeJS.Timeout;
    const sleep = () => {
      // Node fires up to a millisecond early: the check on waking is what makes "never before" true.
      const leftMs = at - Date.now();
      if (leftMs <= 0) void wake();
      else timer = setTimeout(sleep, Math.min(leftMs, LONGEST_SLEEP_MS));
    };
    timer = setTimeout(sleep, Math.min(Math.max(at - Date.now(), 0), LONGEST_SLEEP_MS));
    return { clear: () => clearTimeout(timer) };
  };
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    setAlarm,
    waitUntil: (at, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || at <= Date.now()) return resolve();
        const done = () => {
          alarm.clear();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const alarm = setAlarm(at, done);
        signal?.addEventListener('abort', done, { once: true });
      }),
  };
}
