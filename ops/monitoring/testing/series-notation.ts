import type { Reading } from '../../../src-main/observability/alerts/series-store';

/** A series as promtool's test files have it: `values` are those of one instant each. */
export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

/**
 * Reads `1 2+3x4 5x6 _ _x7` as promtool does: a value; then four more, each larger by three; then six more of the
 * same; null where there is none, or, as `stale`, no longer.
 */
export function expandValues(notation: string): readonly (number | null)[] {
  return notation.trim().split(/\s+/).flatMap(expandOne);
}

function expandOne(word: string): (number | null)[] {
  if (word === 'stale') return [null];
  const [, start = '', step = '0', times] =
    /^(_|-?[\d.]+(?:e[+-]?\d+)?)([+-][\d.]+)?(?:x(\d+))?$/.exec(word) ?? [];
  if (start === '') throw new Error(`not a value of a series: ${word}`);
  // A gap of several has so many, a value so many beside the first.
  if (start === '_') return Array.from({ length: Number(times ?? 1) }, () => null);
  const value = Number(start);
  return Array.from({ length: Number(times ?? 0) + 1 }, (_, index) => value + index * Number(step));
}

/** Reads `name{label="value", …}`. */
export function parseSeries(text: string): { metric: string; labels: Record<string, string> } {
  const [, metric = '', inside = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(text) ?? [];
  const labels = Object.fromEntries(
    [...inside.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  return { metric, labels };
}

/** What a scrape finds at each instant, of the series that have a value then. */
export function readingsOf(series: readonly InputSeries[]): readonly (readonly Reading[])[] {
  const expanded = series.map(({ series: text, values }) => ({
    ...parseSeries(text),
    values: expandValues(values),
  }));
  const length = Math.max(...expanded.map(({ values }) => values.length));
  return Array.from({ length }, (_, instant) =>
    expanded.flatMap(({ metric, labels, values }) => {
      const value = values[instant] ?? null;
      return value === null ? [] : [{ metric, labels, value }];
    }),
  );
}
