/** Records a second over the last few seconds: steady enough to read, quick enough to be true. */
export interface Rate {
  /** Takes a reading and gives the rate as of now; null until there are two readings apart in time. */
  measure(count: number): number | null;
}

const WINDOW_MS = 5_000;

export function createRate(monotonicMs: () => number): Rate {
  let readings: { readonly atMs: number; readonly count: number }[] = [];
  return {
    measure(count) {
      const atMs = monotonicMs();
      // The newest reading that is older than the window stays: without it, slow runs have no rate.
      const before = readings.findLastIndex((reading) => atMs - reading.atMs >= WINDOW_MS);
      readings = readings.slice(Math.max(before, 0));
      readings.push({ atMs, count });
      const first = readings[0];
      if (!first || atMs === first.atMs) return null;
      return ((count - first.count) / (atMs - first.atMs)) * 1000;
    },
  };
}
