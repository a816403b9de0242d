import type { Clock } from './clock';

/** Time moves only when a test moves it. */
export interface ManualClock extends Clock {
  advance(byMs: number): void;
  paint(): void;
}

export function createManualClock(startMs = 1_000_000): ManualClock {
  interface Timer {
    atMs: number;
    readonly everyMs: number | null;
    readonly task: () => void;
  }
  let nowMs = startMs;
  const timers = new Set<Timer>();
  let paints = new Set<() => void>();

  const add = (timer: Timer) => {
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };
  return {
    nowMs: () => nowMs,
    after: (delayMs, task) => add({ atMs: nowMs + delayMs, everyMs: null, task }),
    every: (periodMs, task) => add({ atMs: nowMs + periodMs, everyMs: periodMs, task }),
    beforePaint: (task) => {
      paints.add(task);
      return () => {
        paints.delete(task);
      };
    },
    advance(byMs) {
      const endMs = nowMs + byMs;
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        nowMs = next.atMs;
        if (next.everyMs === null) timers.delete(next);
        else next.atMs += next.everyMs;
        next.task();
      }
      nowMs = endMs;
    },
    paint() {
      const tasks = paints;
      paints = new Set();
      for (const task of tasks) task();
    },
  };
}
