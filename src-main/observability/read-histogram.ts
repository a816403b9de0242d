import type { Histogram } from 'prom-client';

/** One series of a histogram. */
export interface HistogramReading {
  readonly count: number;
  /** In the metric's own unit. */
  readonly sum: number;
  readonly bounds: readonly number[];
  /** Of each bucket by itself; the last is what lies beyond the last bound. */
  readonly counts: readonly number[];
}

/** The series of a histogram by the value of its one label; without a label, by the empty text. */
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
