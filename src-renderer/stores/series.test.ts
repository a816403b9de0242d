import { expect, test } from 'vitest';
import type { FeedEvent, FeedStats } from '../../src-shared/feed';
import { QUIET_STATS } from '../../src-shared/testing/quiet-stats';
import { addPast, addStats, advanceTo, BIN_COUNT, BIN_MS, EMPTY_SERIES, ratesOf, recentRate } from './series';

const stats = (timeMs: number, updates: number, more: Partial<FeedStats> = {}): FeedStats => ({
  ...QUIET_STATS,
  timeMs,
  updates,
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

test('the full bins stay the same array until another one is full, or what is past changes', () => {
  const begun = addStats(EMPTY_SERIES, stats(START, 0));
  const filling = addStats(begun, stats(START + BIN_MS - 1, 100));
  expect(filling.whole).toBe(begun.whole);
  const full = addStats(filling, stats(START + BIN_MS, 150));
  expect(full.whole).not.toBe(begun.whole);
  expect(full.whole).toEqual(full.bins.slice(0, -1));
  expect(full.whole.at(-1)?.updates).toBe(100);
  const spread = addStats(full, stats(START + 10_000, 2_000));
  expect(spread.whole).toEqual(spread.bins.slice(0, -1));
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

const fired = (timeMs: number, latenessMs: number): FeedEvent => ({
  seq: 1,
  timeMs,
  event: 'fired',
  runId: '1',
  at: 0,
  wallMs: timeMs,
  id: 'a',
  version: '1',
  late: false,
  byHand: false,
  latenessMs,
  account: { id: 'a', accountType: 'mint', tokens: '1', version: '1', data: '{}' },
});

test('events told again fill the bins of their time; later ones are in the stats already', () => {
  const series = addStats(EMPTY_SERIES, stats(START, 100));
  const filled = addPast(series, [fired(START - 1_000, 3), fired(START - 1_000, 8), fired(START + 50, 1)]);
  expect(filled.bins.map((bin) => bin.fired).filter((count) => count > 0)).toEqual([2]);
  expect(filled.whole).toEqual(filled.bins.slice(0, -1));
  expect(filled.bins[BIN_COUNT - 3]).toMatchObject({ fired: 2, latenessMax: 8 });
});

test('events from before the first bin are left out', () => {
  const series = addStats(EMPTY_SERIES, stats(START, 100));
  expect(addPast(series, [fired(START - BIN_COUNT * BIN_MS - 1, 3)])).toBe(series);
});

test('the plots of a run that is over stay where it ended while nothing happens', () => {
  const ended = addStats(EMPTY_SERIES, stats(START + 60_000, 100), START);
  expect(ended.lastBinMs).toBe(START);
  expect(addStats(ended, stats(START + 90_000, 100), START).lastBinMs).toBe(START);
  expect(addStats(ended, stats(START + 90_000, 100, { fired: 1 }), START).lastBinMs).toBe(START + 90_000);
});

test('the last bin of a run that is over is a whole one: no more comes into it', () => {
  const begun = addStats(EMPTY_SERIES, stats(START, 0));
  const ended = addStats(begun, stats(START + 60, 5_000, { cancelled: 40 }), START + 55);
  expect(ended.whole).toBe(ended.bins);
  expect(ended.whole.at(-1)).toMatchObject({ updates: 5_000, cancelled: 40 });
  expect(addStats(ended, stats(START + 90_000, 5_000, { cancelled: 40 }), START + 55).whole).toBe(
    ended.whole,
  );
  const next = addStats(ended, stats(START + 120, 5_100, { cancelled: 40 }));
  expect(next.whole).toEqual(next.bins.slice(0, -1));
});

test('a window that comes after the end has the last bin of the run from what is told again', () => {
  const joined = addStats(EMPTY_SERIES, stats(START + 60_000, 1), START);
  const filled = addPast(joined, [fired(START, 3)]);
  expect(filled.whole.at(-1)?.fired).toBe(1);
});

test('a rate of a few a second is drawn as a line, not as a comb', () => {
  let series = addStats(EMPTY_SERIES, stats(START, 0));
  // Two a second: every other bin gains two.
  for (let step = 1; step <= 20; step += 1)
    series = addStats(series, stats(START + step * BIN_MS, Math.ceil(step / 2) * 2));
  expect(ratesOf(series.whole, 'updates').slice(-12)).toEqual(new Array(12).fill(2));
});
