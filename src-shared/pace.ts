/** How many records there were at a moment. */
export interface Reading {
  readonly atMs: number;
  readonly count: number;
}

/** The newest reading before the window stays: without it, slow runs have no pace. */
export function addReading(
  readings: readonly Reading[],
  reading: Reading,
  windowMs: number,
): readonly Reading[] {
  const before = readings.findLastIndex(({ atMs }) => reading.atMs - atMs >= windowMs);
  return [...readings.slice(Math.max(before, 0)), reading];
}

/** Records a second; null until two readings are apart in time. */
export function paceOf(readings: readonly Reading[]): number | null {
  const first = readings[0];
  const last = readings.at(-1);
  if (!first || !last || last.atMs === first.atMs) return null;
  return ((last.count - first.count) / (last.atMs - first.atMs)) * 1000;
}
