/** One key press may come twice: from the terminal, and passed on by `npm run`. */
export const SAME_SIGNAL_MS = 250;

export interface Interruption {
  /** A signal has arrived. */
  signal(): void;
}

/**
 * Tells the first request to end from a second, impatient one. What comes within `SAME_SIGNAL_MS` of
 * the first is the first again.
 */
export function createInterruption(options: {
  /** A stopwatch in milliseconds. */
  readonly monotonicMs: () => number;
  /** End in order. Called once. */
  readonly onFirst: () => void;
  /** End now. */
  readonly onSecond: () => void;
}): Interruption {
  let firstMs: number | undefined;
  return {
    signal() {
      const nowMs = options.monotonicMs();
      if (firstMs === undefined) {
        firstMs = nowMs;
        options.onFirst();
      } else if (nowMs - firstMs >= SAME_SIGNAL_MS) {
        options.onSecond();
      }
    },
  };
}
