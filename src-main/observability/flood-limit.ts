import type { Alarm, Clock } from '../time/clock';

/** Lets so many entries of one kind through a second, and counts the rest. */
export interface FloodLimit {
  /**
   * Whether this entry goes through. For those that do not, `sumUp` is called once when the second is over,
   * with how many they were.
   */
  admit(kind: string, sumUp: (leftOut: number) => void): boolean;
  /** Sums up at once: at the end of the program. */
  settle(): void;
}

interface Count {
  admitted: number;
  leftOut: number;
  sumUp: (leftOut: number) => void;
}

const SECOND_MS = 1_000;
/** Kinds are sentences of the program, and few; more must not make it grow. */
const MOST_KINDS = 1_000;

/**
 * All kinds share one second, which begins with the first entry after the last: there is nothing to forget but
 * one map, and no alarm unless something was left out.
 */
export function createFloodLimit({
  clock,
  perSecond,
}: {
  readonly clock: Pick<Clock, 'now' | 'setAlarm'>;
  /** Entries of one kind. */
  readonly perSecond: number;
}): FloodLimit {
  const counts = new Map<string, Count>();
  let endsMs = Number.NEGATIVE_INFINITY;
  let alarm: Alarm | null = null;

  const settle = () => {
    alarm?.clear();
    alarm = null;
    const over = [...counts.values()];
    counts.clear();
    endsMs = Number.NEGATIVE_INFINITY;
    for (const { leftOut, sumUp } of over) if (leftOut > 0) sumUp(leftOut);
  };

  return {
    admit(kind, sumUp) {
      const nowMs = clock.now();
      if (nowMs >= endsMs || counts.size >= MOST_KINDS) {
        settle();
        endsMs = nowMs + SECOND_MS;
      }
      const count = counts.get(kind);
      if (!count) {
        counts.set(kind, { admitted: 1, leftOut: 0, sumUp });
        return true;
      }
      if (count.admitted < perSecond) {
        count.admitted += 1;
        return true;
      }
      count.leftOut += 1;
      alarm ??= clock.setAlarm(endsMs, settle);
      return false;
    },
    settle,
  };
}
