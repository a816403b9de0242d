/** Arrivals are drawn above the axis, callbacks below it. */
export const TIMELINE_KINDS = [
  'indexed',
  'stale',
  'duplicate',
  'conflict',
  'rejected',
  'fired',
  'cancelled',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];
export type TimelineCounts = Readonly<Record<TimelineKind, number>>;

/** Counts in equal bins of run time from 0. A line ends at its last bin that is not 0. */
export interface TimelineBins {
  /** `FIRST_BIN_MS`, doubled until the run fits into `MAX_BINS`. */
  readonly binMs: number;
  readonly bins: Readonly<Record<TimelineKind, readonly number[]>>;
}

export const MAX_BINS = 1_024;
export const FIRST_BIN_MS = 25;

export function mapKinds<Value>(make: (kind: TimelineKind) => Value): Record<TimelineKind, Value> {
  return {
    indexed: make('indexed'),
    stale: make('stale'),
    duplicate: make('duplicate'),
    conflict: make('conflict'),
    rejected: make('rejected'),
    fired: make('fired'),
    cancelled: make('cancelled'),
  };
}

/** The bin width for a run whose clock shows `at`. */
export function binMsFor(at: number, fromMs = FIRST_BIN_MS): number {
  let binMs = fromMs;
  while (at / binMs >= MAX_BINS) binMs *= 2;
  return binMs;
}

/** The same counts in wider bins; `binMs` is the new width, `narrowMs` times a power of two. */
export function widenBins(line: readonly number[], narrowMs: number, wideMs: number): number[] {
  const wide: number[] = [];
  line.forEach((count, index) => {
    addToBin(wide, Math.floor((index * narrowMs) / wideMs), count);
  });
  return wide;
}

export function addToBin(line: number[], index: number, count: number): void {
  while (line.length <= index) line.push(0);
  line[index] = (line[index] ?? 0) + count;
}
