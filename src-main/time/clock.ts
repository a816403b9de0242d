import { AsyncLocalStorage } from 'node:async_hooks';
import { uptime } from 'node:os';
import type { EpochMs } from '../../src-shared/update';

/**
 * The only file that reads the wall clock or sets a timer. All other code gets a `Clock`, so that the same engine runs in real
 * and in virtual time.
 */
export interface Clock {
  /**
   * Whole milliseconds since 1970, from the wall clock at the program's start: never goes back, and ignores later changes of the
   * wall clock. In virtual time, the virtual time.
   */
  now(): EpochMs;
  /** Resolves at `at` or later, never before; at once if `at` has passed or `signal` aborts. */
  waitUntil(at: EpochMs, signal?: AbortSignal): Promise<void>;
  /** Calls `wake` once at `at` or later, never before. Distances above 2^31-1 ms do not overflow. */
  setAlarm(at: EpochMs, wake: () => void | Promise<void>): Alarm;
  /** Gives the event loop a turn, so that long work does not delay timers and sockets. */
  breathe(): Promise<void>;
  /**
   * A stopwatch in fractional milliseconds, for measuring only. All threads of a process share its zero; in virtual time it
   * stands still.
   */
  monotonicMs(): number;
}

export interface Alarm {
  clear(): void;
}

/** The system's clocks, in milliseconds. */
export interface TimeSources {
  /** Since 1970. A person or a time server may set it at any moment. */
  wallMs(): number;
  /** From any zero: never jumps, and on Linux stands still while the machine sleeps. */
  steadyMs(): number;
  /** The same, but it advances while the machine sleeps; null if `steadyMs` does so itself. */
  uptimeMs: (() => number) | null;
}

const systemSources: TimeSources = {
  wallMs: () => Date.now(),
  steadyMs: () => performance.now(),
  // On Linux `performance.now` is CLOCK_MONOTONIC and `uptime` is CLOCK_BOOTTIME, to 10 ms.
  uptimeMs: process.platform === 'linux' ? () => uptime() * 1000 : null,
};

/** A smaller difference is the sources' resolution, not sleep. */
const LEAST_SLEEP_MS = 1_000;
/** How often a busy program checks for sleep: it costs some microseconds. */
const LOOK_FOR_SLEEP_EVERY_MS = 100;

/**
 * Advances evenly from the wall clock's first reading, so setting the wall clock hastens and delays nothing. Sleep of the machine
 * is added, so that whatever fell due is due on waking. See docs/decisions/0013.
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

/** Longest sleep of a timer: on Linux a timer stands still while the machine sleeps. */
const LONGEST_SLEEP_MS = 5_000;

export function createSystemClock(sources: TimeSources = systemSources): Clock {
  const now = createTimeline(sources);
  // An alarm must not inherit the trace and log ids of the code that set it.
  const apart = AsyncLocalStorage.snapshot();
  const setAlarm = (at: EpochMs, wake: () => void | Promise<void>): Alarm => {
    let timer: NodeJS.Timeout;
    const sleep = () => {
      // Node fires up to a millisecond early: this check makes "never before" true.
      const leftMs = at - now();
      if (leftMs <= 0) void apart(wake);
      else timer = setTimeout(sleep, Math.min(leftMs, LONGEST_SLEEP_MS));
    };
    timer = setTimeout(sleep, Math.min(Math.max(at - now(), 0), LONGEST_SLEEP_MS));
    return { clear: () => clearTimeout(timer) };
  };
  return {
    now,
    // Like `performance.now` at twice the cost, but with one zero for all threads.
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
