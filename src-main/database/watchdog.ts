import type { Clock } from '../time/clock';
import type { DeadlineClass } from './database';

/** How long a statement of each class may take before its thread counts as hung, in milliseconds. */
export type Deadlines = Readonly<Record<DeadlineClass, number>>;

/**
 * A page takes half a second at most, even of a million rows. A batch with its commit takes seconds on a busy disk. Opening,
 * recovery, checkpoints and vacuum take as long as a full, slow disk needs. A migration may rewrite the whole history: a minute
 * or two for a million updates, and if ended it would only start again at the next start.
 */
export const DEADLINES: Deadlines = {
  read: 30_000,
  write: 60_000,
  maintenance: 600_000,
  conversion: 6 * 3_600_000,
};

export interface Watchdog {
  /** Starts the deadline of the current request; replaces the previous one. */
  watch(deadlineMs: number): void;
  /** No request is running. */
  rest(): void;
}

/**
 * A deadline is divided into this many looks: a process or machine that was stopped, or a wall clock set forward, uses up one of
 * them, not all.
 */
const LOOKS = 6;

/** Calls `onHung` after the deadline without another `watch` or `rest`. */
export function createWatchdog(clock: Pick<Clock, 'now' | 'setAlarm'>, onHung: () => void): Watchdog {
  let alarm: { clear(): void } | null = null;
  const rest = () => {
    alarm?.clear();
    alarm = null;
  };
  const look = (deadlineMs: number, left: number) => {
    alarm = clock.setAlarm(clock.now() + deadlineMs / LOOKS, () => {
      if (left > 1) return look(deadlineMs, left - 1);
      alarm = null;
      onHung();
    });
  };
  return {
    rest,
    watch(deadlineMs) {
      rest();
      look(deadlineMs, LOOKS);
    },
  };
}
