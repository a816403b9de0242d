import type { Clock } from '../../time/clock';

/** Milliseconds since 1970, with a fraction. */
export type SpanTimeMs = number;

/** The two that disagree by more have been through a sleep of the machine. */
const MOST_APART_MS = 1_000;

/**
 * The times of spans. The clock's own are whole milliseconds, and most statements take less than one; the
 * stopwatch has fractions, but on Linux stands still while the machine sleeps.
 */
export interface SpanTime {
  now(): SpanTimeMs;
  /** When the clock's stopwatch, be it that of another thread of this process, showed `monotonicMs`. */
  ofMonotonicMs(monotonicMs: number): SpanTimeMs;
}

export function createSpanTime(clock: Pick<Clock, 'now' | 'monotonicMs'>): SpanTime {
  let originMs = clock.now() - clock.monotonicMs();
  const now = () => {
    const timeMs = originMs + clock.monotonicMs();
    const wholeMs = clock.now();
    if (Math.abs(wholeMs - timeMs) <= MOST_APART_MS) return timeMs;
    originMs += wholeMs - timeMs;
    return wholeMs;
  };
  return { now, ofMonotonicMs: (monotonicMs) => originMs + monotonicMs };
}
