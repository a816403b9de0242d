import { build } from 'hdr-histogram-js';

/** Times in an HDR histogram: three significant digits, from a microsecond. */
export interface Latencies {
  record(ms: number): void;
  read(): Percentiles;
}

/** Milliseconds; all null without values. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export function createLatencies(): Latencies {
  const histogram = build({
    numberOfSignificantValueDigits: 3,
    autoResize: true,
    highestTrackableValue: 2 ** 31,
  });
  // A value stands for all that share three digits, so it may exceed the highest.
  const at = (percentile: number) =>
    histogram.totalCount === 0
      ? null
      : toMs(Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue));
  return {
    record: (ms) => histogram.recordValue(Math.max(0, Math.round(ms * 1000))),
    read: () => ({
      count: histogram.totalCount,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: at(100),
    }),
  };
}

const toMs = (us: number) => Math.round(us / 10) / 100;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least the share `q` of all does not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}
