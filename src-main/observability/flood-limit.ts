import type { Alarm, Clock } from '../time/clock';

/** Lets a limited number of entries per kind and second through, and counts the rest. */
export interface FloodLimit {
  /** Whether this entry passes. At the end of the second `sumUp` is called once with the number of suppressed entries. */
  admit(kind: string, sumUp: (leftOut: number) => void): boolean;
  /** Sums up now: at the end of the program. */
  settle(): void;
}

const SECOND_MS = 1_000;
/** Kinds are the program's own sentences, so there are few. This bounds the memory in any case. */
const MOST_KINDS = 1_000;

/**
 * All kinds share one second, which starts with the first entry after the last one: so there is one map to clear, and an alarm
 * only if something was suppressed.
 */
export function createFloodLimit({
  clock,
  perSecond,
}: {
  readonly clock: Pick<Clock, 'now' | 'setAlarm'>;
  readonly perSecond: number;
}): FloodLimit {
  const counts = new Map<string, { admitted: number; leftOut: number; sumUp: (leftOut: number) => void }>();
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
      const count = counts.get(kind) ?? { admitted: 0, leftOut: 0, sumUp };
      counts.set(kind, count);
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
