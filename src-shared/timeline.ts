/** What is counted over a run's time: arrivals above the axis, callbacks below it. */
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

/** Counts in equal bins over the run's clock, from 0 on. A line ends at its last bin with a count. */
export interface TimelineBins {
  /** Width of a bin: `FIRST_BIN_MS`, doubled until the run fits into `MAX_BINS`. */
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

/** The width of the bins of a run whose clock has come to `at`. */
export function binMsFor(at: number, fromMs = FIRST_BIN_MS): number {
  let binMs = fromMs;
  while (at / binMs >= MAX_BINS) binMs *= 2;
  return binMs;
}

/** The same counts in wider bins; `binMs` is the present width, doubled any number of times. */
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
