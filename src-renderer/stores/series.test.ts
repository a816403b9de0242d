import { expect, test } from 'vitest';
import type { FeedStats } from '../../src-shared/feed';
import { addStats, advanceTo, BIN_COUNT, BIN_MS, EMPTY_SERIES, recentRate } from './series';

const stats = (timeMs: number, updates: number, more: Partial<FeedStats> = {}): FeedStats => ({
  timeMs,
  updates,
  fired: 0,
  cancelled: 0,
  pending: 0,
  latenessMs: null,
  ...more,
});
const START = 1_000_000;

test('the first stats are a starting point, not a burst', () => {
  const series = addStats(EMPTY_SERIES, stats(START, 5_000));
  expect(series.bins).toHaveLength(BIN_COUNT);
  expect(series.bins.every((bin) => bin.updates === 0)).toBe(true);
});

test('a rate is what whole bins gained', () => {
  let series = addStats(EMPTY_SERIES, stats(START, 0));
  for (let step = 1; step <= 60; step += 1) series = addStats(series, stats(START + step * 50, step * 250));
  expect(recentRate(series, 'updates')).toBe(5_000);
});

test('what a long gap brought is spread over the gap', () => {
  const series = addStats(addStats(EMPTY_SERIES, stats(START, 0)), stats(START + 10_000, 2_000));
  const filled = series.bins.filter((bin) => bin.updates > 0);
  expect(filled).toHaveLength(20);
  expect(filled[0]?.updates).toBe(100);
});

test('totals that went back begin anew', () => {
  const series = addStats(addStats(EMPTY_SERIES, stats(START, 500)), stats(START + 50, 3));
  expect(series.bins.every((bin) => bin.updates === 0)).toBe(true);
  expect(series.latest?.updates).toBe(3);
});

test('keeps the worst lateness of a bin', () => {
  let series = addStats(EMPTY_SERIES, stats(START, 0));
  series = addStats(series, stats(START + 50, 0, { latenessMs: { p50: 2, p99: 9, max: 12 } }));
  series = addStats(series, stats(START + 100, 0, { latenessMs: { p50: 1, p99: 30, max: 31 } }));
  expect(series.bins[BIN_COUNT - 1]).toMatchObject({ latenessP50: 2, latenessP99: 30, latenessMax: 31 });
});

test('time moves on without stats, and never holds more than its bins', () => {
  const series = advanceTo(addStats(EMPTY_SERIES, stats(START, 0)), START + BIN_MS * 10_000);
  expect(series.bins).toHaveLength(BIN_COUNT);
  expect(series.lastBinMs).toBe(START + BIN_MS * 10_000);
});
