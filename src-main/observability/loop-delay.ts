import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is looked at: what is shorter goes unseen. */
const RESOLUTION_MS = 20;

export interface LoopDelay {
  /** The longest that the event loop was late since this was asked last, in milliseconds. */
  takeMs(): number;
  close(): void;
}

export function watchLoopDelay(): LoopDelay {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return {
    takeMs() {
      // What it records are the distances between its ticks, in nanoseconds.
      const lateMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
      delays.reset();
      return lateMs;
    },
    close: () => void delays.disable(),
  };
}
