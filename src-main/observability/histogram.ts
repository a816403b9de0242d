import type { Histogram } from 'prom-client';

/** One series of a histogram. */
export interface HistogramReading {
  readonly count: number;
  /** In the metric's unit. */
  readonly sum: number;
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative; the last is beyond the last bound. */
  readonly counts: readonly number[];
}

/** A histogram's series by the value of `label`; without a label, its only series under ''. */
export async function readHistogram<Label extends string>(
  histogram: Histogram<Label>,
  label?: Label,
): Promise<ReadonlyMap<string, HistogramReading>> {
  const { values } = await histogram.get();
  const series = new Map<string, { count: number; sum: number; bounds: number[]; cumulative: number[] }>();
  for (const { labels, value, metricName } of values) {
    const key = label === undefined ? '' : String(labels[label] ?? '');
    const reading = series.get(key) ?? { count: 0, sum: 0, bounds: [], cumulative: [] };
    series.set(key, reading);
    const { le } = labels as { readonly le?: string | number };
    if (le !== undefined) {
      reading.cumulative.push(value);
      if (le !== '+Inf') reading.bounds.push(Number(le));
    } else if (metricName?.endsWith('_sum')) reading.sum = value;
    else reading.count = value;
  }
  return new Map(
    [...series].map(([key, { count, sum, bounds, cumulative }]) => [
      key,
      { count, sum, bounds, counts: cumulative.map((value, at) => value - (cumulative[at - 1] ?? 0)) },
    ]),
  );
}

/**
 * Estimates a quantile like Prometheus' `histogram_quantile`: values are spread evenly within their bucket; beyond the last bound
 * the estimate is that bound.
 * @param counts per bucket, one more than there are bounds.
 * @returns null without values.
 */
export function estimateQuantile(
  bounds: readonly number[],
  counts: readonly number[],
  share: number,
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [bucket, upper] of bounds.entries()) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = bounds[bucket - 1] ?? 0;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
