import { AsyncLocalStorage } from 'node:async_hooks';
import { uptime } from 'node:os';
import type { EpochMs } from '../../src-shared/update';

/**
 * All time there is. The only file that reads the wall clock or sets a timer; everyone else is handed
 * a `Clock`, so that the same engine runs in real and in virtual time.
 */
export interface Clock {
  /**
   * Whole milliseconds since 1970, by the wall clock as it was when the program began: never goes back, and
   * does not follow when the wall clock is set. In virtual time, the virtual one.
   */
  now(): EpochMs;
  /** Resolves at `at` or later, never before; at once if `at` has passed or `signal` aborts. */
  waitUntil(at: EpochMs, signal?: AbortSignal): Promise<void>;
  /** Calls `wake` once at `at` or later, never before. Distances above 2^31-1 ms do not overflow. */
  setAlarm(at: EpochMs, wake: () => void | Promise<void>): Alarm;
  /** Gives the event loop a turn, so that a long piece of work does not hold up timers and sockets. */
  breathe(): Promise<void>;
  /**
   * A stopwatch in milliseconds with a fraction, for measuring only. All threads of a process count from the same
   * beginning; in virtual time it stands still.
   */
  monotonicMs(): number;
}

export interface Alarm {
  clear(): void;
}

/** What the system tells of time, each in milliseconds. */
export interface TimeSources {
  /** Since 1970. A person or a time server may put it forward or back at any moment. */
  wallMs(): number;
  /** Since whenever: never jumps, and on Linux stands still while the machine sleeps. */
  steadyMs(): number;
  /** The same, but it goes on while the machine sleeps; null where `steadyMs` does so itself. */
  uptimeMs: (() => number) | null;
}

const systemSources: TimeSources = {
  wallMs: () => Date.now(),
  steadyMs: () => performance.now(),
  // On Linux `performance.now` is CLOCK_MONOTONIC and `uptime` is CLOCK_BOOTTIME, to 10 ms.
  uptimeMs: process.platform === 'linux' ? () => uptime() * 1000 : null,
};

/** Less is the coarseness of the sources, not sleep. */
const LEAST_SLEEP_MS = 1_000;
/** How often a busy program asks whether the machine has slept: the answer costs some microseconds. */
const LOOK_FOR_SLEEP_EVERY_MS = 100;

/**
 * Time that runs on evenly from the wall's at the beginning: the wall is asked once, so that nothing is
 * hastened or delayed when it is put forward or back. What the machine slept is added, so that whatever
 * fell due meanwhile is due on waking. See docs/decisions/0013.
 */
function createTimeline({ wallMs, steadyMs, uptimeMs }: TimeSources): () => EpochMs {
  const steadyAtStart = steadyMs();
  const uptimeAtStart = uptimeMs?.() ?? 0;
  const wallAtStart = wallMs();
  let sleptMs = 0;
  let lookedAtMs = 0;
  return () => {
    const awakeMs = steadyMs() - steadyAtStart;
    if (uptimeMs && awakeMs - lookedAtMs >= LOOK_FOR_SLEEP_EVERY_MS) {
      lookedAtMs = awakeMs;
      const asleepMs = uptimeMs() - uptimeAtStart - awakeMs;
      if (asleepMs - sleptMs >= LEAST_SLEEP_MS) sleptMs = asleepMs;
    }
    return Math.floor(wallAtStart + awakeMs + sleptMs);
  };
}

/** A timer sleeps at most this long at a time: on Linux it stands still with the machine, and must not go on after. */
const LONGEST_SLEEP_MS = 5_000;

export function createSystemClock(sources: TimeSources = systemSources): Clock {
  const now = createTimeline(sources);
  // An alarm has nothing to do with what was going on when it was set: a trace, and its ids in the log.
  const apart = AsyncLocalStorage.snapshot();
  const setAlarm = (at: EpochMs, wake: () => void | Promise<void>): Alarm => {
    let timer: NodeJS.Timeout;
    const sleep = () => {
      // Node fires up to a millisecond early: the check on waking is what makes "never before" true.
      const leftMs = at - now();
      if (leftMs <= 0) void apart(wake);
      else timer = setTimeout(sleep, Math.min(leftMs, LONGEST_SLEEP_MS));
    };
    timer = setTimeout(sleep, Math.min(Math.max(at - now(), 0), LONGEST_SLEEP_MS));
    return { clear: () => clearTimeout(timer) };
  };
  return {
    now,
    // The same as `performance.now`, at twice its price, but for its beginning: each thread has its own.
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    setAlarm,
    waitUntil: (at, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || at <= now()) return resolve();
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
