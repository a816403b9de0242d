import type { Comparison, Condition, Figure } from './alert';
import type { Point, Reading, Series, SeriesStore } from './series-store';

/**
 * Figures of what the store holds, by the rules of Prometheus, so that the app and a Prometheus that reads the
 * same values decide alike: extrapolation to the window's ends as in its `promql/functions.go`, interpolation
 * in buckets as in `promql/quantile.go`. Null: there is nothing to tell it from, as an empty result is there.
 */
export function computeFigure(figure: Figure, store: SeriesStore, nowMs: number): number | null {
  switch (figure.kind) {
    case 'latest': {
      return highestOf(store.latest(figure));
    }
    case 'age': {
      const highest = highestOf(store.latest(figure));
      return highest === null ? null : nowMs / 1000 - highest;
    }
    case 'increase':
      return sumOf(
        store.within(figure, figure.windowMs).map((series) => increaseOf(series, nowMs, figure.windowMs)),
      );
    case 'quantile':
      return quantileOf(figure, store, nowMs);
    case 'ratio': {
      const part = computeFigure(figure.part, store, nowMs);
      const whole = computeFigure(figure.whole, store, nowMs);
      return part === null || whole === null ? null : part / whole;
    }
  }
}

/** Not a number, as nothing divided by nothing is, fits no comparison. */
export function holds(condition: Condition, store: SeriesStore, nowMs: number): boolean {
  const value = computeFigure(condition.figure, store, nowMs);
  return value !== null && COMPARE[condition.is](value, condition.threshold);
}

const COMPARE: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '<': (value, threshold) => value < threshold,
};

function highestOf(readings: readonly Reading[]): number | null {
  if (readings.length === 0) return null;
  return readings.reduce((highest, { value }) => Math.max(highest, value), Number.NEGATIVE_INFINITY);
}

function sumOf(values: readonly (number | null)[]): number | null {
  const there = values.filter((value) => value !== null);
  return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0);
}

/** A window whose first point lies further from its beginning than this many steps is not filled up to there. */
const REACH_STEPS = 1.1;

/** By how much one counter grew: null with fewer than two points. In seconds, to round as Prometheus does. */
function increaseOf({ points }: Series, nowMs: number, windowMs: number): number | null {
  const first = points.at(0);
  const last = points.at(-1);
  if (!first || !last || points.length < 2) return null;
  const grown = last.value - first.value + lostToResets(points);
  const sampledS = (last.atMs - first.atMs) / 1000;
  const stepS = sampledS / (points.length - 1);
  const afterS = (nowMs - last.atMs) / 1000;
  let beforeS = (first.atMs - (nowMs - windowMs)) / 1000;
  // A counter does not come from below zero.
  if (grown > 0 && first.value >= 0) beforeS = Math.min(beforeS, sampledS * (first.value / grown));
  const reach = (gapS: number) => (gapS < stepS * REACH_STEPS ? gapS : stepS / 2);
  return grown * ((sampledS + reach(beforeS) + reach(afterS)) / sampledS);
}

/** A counter that falls has begun anew at zero: what it stood at before counts as well. */
function lostToResets(points: readonly Point[]): number {
  return points.reduce((lost, { value }, index) => {
    const before = points[index - 1]?.value ?? 0;
    return value < before ? lost + before : lost;
  }, 0);
}

interface Bucket {
  readonly upTo: number;
  readonly count: number;
}

function quantileOf(
  { quantile, histogram, windowMs }: Extract<Figure, { kind: 'quantile' }>,
  store: SeriesStore,
  nowMs: number,
): number | null {
  const counts = new Map<number, number>();
  for (const series of store.within({ metric: `${histogram}_bucket` }, windowMs)) {
    const upTo = series.labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(series.labels.le);
    const count = increaseOf(series, nowMs, windowMs);
    if (count !== null) counts.set(upTo, (counts.get(upTo) ?? 0) + count);
  }
  if (counts.size === 0) return null;
  let highest = 0;
  const buckets = [...counts]
    .sort(([one], [other]) => one - other)
    .map(([upTo, count]): Bucket => {
      // Extrapolated each by itself, a wider bucket may come out smaller than the one inside it.
      highest = Math.max(highest, count);
      return { upTo, count: highest };
    });
  return interpolate(quantile, buckets);
}

/** Of cumulative buckets, the last of which holds everything. */
function interpolate(quantile: number, buckets: readonly Bucket[]): number {
  const all = buckets.at(-1);
  if (buckets.length < 2 || all?.upTo !== Number.POSITIVE_INFINITY || all.count === 0) return Number.NaN;
  const rank = quantile * all.count;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const hit = buckets[index];
  const below = buckets[index - 1] ?? { upTo: 0, count: 0 };
  // Above the last bound nothing is known but that bound.
  if (!hit || hit.upTo === Number.POSITIVE_INFINITY) return below.upTo;
  return below.upTo + (hit.upTo - below.upTo) * ((rank - below.count) / (hit.count - below.count));
}
