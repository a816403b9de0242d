import type { Clock } from '../engine/clock';

/** How long a statement of each class may take before its thread counts as hung, in milliseconds. */
export interface Deadlines {
  /** Views look at windows: half a second is long, even on a million rows. */
  readonly read: number;
  /** A batch with its commit on a busy disk takes seconds at most. */
  readonly write: number;
  /** Opening and recovery, checkpoints, vacuum, migrations: as long as a full, slow disk takes. */
  readonly maintenance: number;
}

export const DEADLINES: Deadlines = { read: 30_000, write: 60_000, maintenance: 600_000 };

/** By its first word; a CTE may write. */
export function deadlineClassOf(sql: string): keyof Deadlines {
  const first = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase();
  switch (first) {
    case 'SELECT':
    case 'FETCH':
    case 'SHOW':
    case 'EXPLAIN':
      return 'read';
    case 'WITH':
    case 'INSERT':
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE':
    case 'COPY':
    case 'BEGIN':
    case 'COMMIT':
    case 'ROLLBACK':
      return 'write';
    default:
      return 'maintenance';
  }
}

export interface Watchdog {
  /** Gives what is in hand now its whole time; takes the place of what was watched before. */
  watch(deadlineMs: number): void;
  /** Nothing is in hand. */
  rest(): void;
}

/**
 * A deadline is so many looks apart: a process or machine that was stopped, or a wall clock put forward, uses
 * up one of them and not all.
 */
const LOOKS = 6;

/** Calls `onHung` once the deadline has passed without another `watch` or `rest`. */
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
