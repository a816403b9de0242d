import type { Selector } from './alert';

/** One series of a scrape, with its value. */
export interface Reading {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly points: readonly Point[];
}

/** What was read of the metrics of late. */
export interface SeriesStore {
  /** Takes what was read at `atMs`, later than all before; forgets what no window reaches. */
  note(atMs: number, readings: readonly Reading[]): void;
  /** Those that were there at the last reading, each with its value. */
  latest(selector: Selector): readonly Reading[];
  /** With their points of the last `windowMs`, both ends included, also those that are gone meanwhile. */
  within(selector: Selector, windowMs: number): readonly Series[];
}

interface Kept {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  points: Point[];
}

/** Bounded by what is read at a time and by how far back the longest window reaches. */
export function createSeriesStore(keepMs: number): SeriesStore {
  const kept = new Map<string, Kept>();
  let lastMs = Number.NEGATIVE_INFINITY;

  const chosen = ({ metric, labels = {} }: Selector): Kept[] =>
    [...kept.values()].filter(
      (one) =>
        one.metric === metric && Object.entries(labels).every(([name, value]) => one.labels[name] === value),
    );

  return {
    note(atMs, readings) {
      lastMs = atMs;
      for (const { metric, labels, value } of readings) {
        const key = keyOf(metric, labels);
        const series = kept.get(key) ?? { metric, labels, points: [] };
        series.points.push({ atMs, value });
        kept.set(key, series);
      }
      for (const [key, series] of kept) {
        series.points = series.points.filter((point) => point.atMs >= atMs - keepMs);
        if (series.points.length === 0) kept.delete(key);
      }
    },
    latest: (selector) =>
      chosen(selector).flatMap(({ metric, labels, points }) => {
        const last = points.at(-1);
        return last?.atMs === lastMs ? [{ metric, labels, value: last.value }] : [];
      }),
    within: (selector, windowMs) =>
      chosen(selector).map(({ labels, points }) => ({
        labels,
        points: points.filter(({ atMs }) => atMs >= lastMs - windowMs),
      })),
  };
}

function keyOf(metric: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([metric, pairs]);
}
