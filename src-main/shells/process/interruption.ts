import { isatty } from 'node:tty';

/** Whether a standard stream is a terminal. A program under `nohup`, or a service, has none. */
const hasTerminal = () => [0, 1, 2].some((descriptor) => isatty(descriptor));

/**
 * The signals that ask the program to end. A hangup means that its terminal is gone, so it counts only if there is one. Node
 * resets ignored signals at start, and `/proc/self/status` does not show that `nohup` ignored one, but `nohup` also leaves no
 * standard stream on a terminal.
 */
export function endSignals(isAtTerminal = hasTerminal()): readonly NodeJS.Signals[] {
  return isAtTerminal ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
}

/** Call it first: a hangup that does not count must not end the process by default. */
export function ignoreHangupWithoutTerminal(): void {
  if (!hasTerminal()) process.on('SIGHUP', () => {});
}

/** One key press may send two signals: from the terminal, and forwarded by `npm run`. */
export const SAME_SIGNAL_MS = 250;

export interface Interruption {
  signal(): void;
}

/** Tells the first request to end from a second, impatient one. A signal within `SAME_SIGNAL_MS` of the first counts as the same. */
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
