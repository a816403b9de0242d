import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is checked: shorter delays are not seen. */
const RESOLUTION_MS = 20;

export interface LoopDelay {
  /** The longest delay of the event loop since the last call, in milliseconds. */
  takeMs(): number;
  close(): void;
}

export function watchLoopDelay(): LoopDelay {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return {
    takeMs() {
      // It records the time between its ticks, in nanoseconds.
      const lateMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
      delays.reset();
      return lateMs;
    },
    close: () => void delays.disable(),
  };
}
