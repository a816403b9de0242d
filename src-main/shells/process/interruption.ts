import { isatty } from 'node:tty';

/** Whether one of the standard streams is a terminal. A program under `nohup`, or a service, has none. */
const hasTerminal = () => [0, 1, 2].some((descriptor) => isatty(descriptor));

/**
 * The signals that ask the program to end. A hangup says that its terminal has gone, so it counts only if there is
 * one. Node restores signals that were ignored when it was started: whether `nohup` did that cannot be read from
 * `/proc/self/status`, but `nohup` also leaves no standard stream on a terminal.
 */
export function endSignals(isAtTerminal = hasTerminal()): readonly NodeJS.Signals[] {
  return isAtTerminal ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
}

/** To be called first: where a hangup does not count, it must not end the process by default either. */
export function ignoreHangupWithoutTerminal(): void {
  if (!hasTerminal()) process.on('SIGHUP', () => {});
}

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
