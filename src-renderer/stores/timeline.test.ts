import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { runStatus } from '../../src-shared/testing/events';
import { MAX_BINS, mapKinds, TIMELINE_KINDS } from '../../src-shared/timeline';
import type { Timeline } from '../../src-shared/views';
import { endOfBin, followRun, loadTimeline, sumBetween, type TimelineModel } from './timeline';

const status = runStatus({ startedAtMs: 1_000 });
const counts = (indexed: number, fired = 0) => ({ ...NO_COUNTS, indexed, fired });
const begun = () => follow(null, NO_COUNTS, 1_000);
/** @param timeMs of a frame; the run's clock began at 1,000. */
function follow(
  model: TimelineModel | null,
  now: RunStatus['counts'],
  timeMs: number,
  heardMs = timeMs - 50,
) {
  const at = timeMs - status.startedAtMs;
  const next = followRun(model, { ...status, at, counts: now }, timeMs, heardMs);
  if (next === null) throw new Error('the timeline is known');
  return next;
}
const stored = (more: Partial<Timeline['bins']>, counted = counts(10, 2)): Timeline => ({
  runId: '1',
  source: 'a.json',
  clock: { kind: 'virtual', atMs: 0 },
  binMs: 500,
  bins: { ...mapKinds(() => []), indexed: [4, 6], fired: [0, 2], ...more },
  counted: mapKinds((kind) => counted[kind]),
});

test('counts go into the bin of their time', () => {
  let model = follow(begun(), counts(3), 1_010);
  model = follow(model, counts(5, 1), 1_500);
  expect(sumBetween(model, 0, 25)).toMatchObject({ indexed: 3, fired: 0 });
  expect(sumBetween(model, 500, 525)).toMatchObject({ indexed: 2, fired: 1 });
});

test('every outcome is drawn', () => {
  const all = Object.fromEntries(TIMELINE_KINDS.map((kind, index) => [kind, index + 1]));
  const model = follow(begun(), { ...NO_COUNTS, ...all }, 1_010);
  expect(sumBetween(model, 0, 25)).toEqual(all);
});

test('equal counts change nothing', () => {
  const model = follow(begun(), counts(3), 1_010);
  expect(follow(model, counts(3), 9_000, 1_010)).toBe(model);
});

test('however long the run, the bins are bounded and lose nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ stepMs: fc.integer({ min: 0, max: 500_000 }), gain: fc.nat(100) }), {
        maxLength: 60,
      }),
      (steps) => {
        let model = begun();
        let timeMs = status.startedAtMs;
        let total = 0;
        for (const { stepMs, gain } of steps) {
          timeMs += stepMs;
          total += gain;
          model = follow(model, counts(total), timeMs);
        }
        expect(model.bins.indexed.length).toBeLessThanOrEqual(MAX_BINS);
        expect(model.bins.indexed.reduce((sum, count) => sum + count, 0)).toBe(total);
        expect(sumBetween(model, 0, Number.MAX_SAFE_INTEGER).indexed).toBe(total);
      },
    ),
  );
});

test('a window that joins a run draws nothing of it until the host has answered', () => {
  expect(followRun(null, { ...status, counts: counts(900) }, 9_000, null)).toBeNull();
  expect(followRun(null, { ...status, counts: counts(900) }, 9_050, 9_000)).toBeNull();
});

test('a run that begins between two frames is known from the first of its events on', () => {
  expect(followRun(null, { ...status, at: 40, counts: counts(3) }, 1_040, 990)?.bins.indexed).toEqual([0, 3]);
});

test('what happened while the window heard nothing is no bar at the moment it hears again', () => {
  const model = follow(begun(), counts(3), 1_010);
  expect(followRun(model, { ...status, counts: counts(900) }, 9_000, 1_010)).toBeNull();
});

test('what came while the host was asked is added by the next status', () => {
  const model = follow(loadTimeline(stored({})), counts(13, 2), 2_200);
  expect(sumBetween(model, 1_000, 1_500).indexed).toBe(3);
  expect(sumBetween(model, 0, 1_000)).toMatchObject({ indexed: 10, fired: 2 });
});

test('what the host has no time of is no bar, and is named', () => {
  const counted = { ...counts(10, 5), duplicate: 393 };
  const loaded = loadTimeline(stored({}, counted));
  expect(loaded.untimed).toEqual({ ...mapKinds(() => 0), duplicate: 393, fired: 3 });
  const model = follow(loaded, counted, 2_200);
  expect(sumBetween(model, 1_000, 1_500)).toEqual(mapKinds(() => 0));
});

test('neighbouring spans share no bin and leave none out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 70 }),
      (line, pixels) => {
        const none = mapKinds(() => []);
        const bins = { ...none, indexed: line };
        const model = loadTimeline({
          runId: '1',
          source: 'a.json',
          clock: { kind: 'virtual', atMs: 0 },
          binMs: 10,
          bins,
          counted: mapKinds(() => 0),
        });
        const width = (line.length * 10) / pixels;
        let sum = 0;
        for (let pixel = 0; pixel < pixels; pixel += 1) {
          sum += sumBetween(model, pixel * width, (pixel + 1) * width).indexed;
        }
        expect(sum).toBe(line.reduce((total, count) => total + count, 0));
      },
    ),
  );
});

test('counts stand where the clock of the run is, not where the wall is', () => {
  const place = (at: number, timeMs: number) => {
    const model = followRun(begun(), { ...status, at, counts: counts(1) }, timeMs, 1_150);
    return model?.bins.indexed.indexOf(1);
  };
  // Virtual, at speed 20, and after a pause.
  expect(place(20_000, 1_200)).toBe(20_000 / 25);
  expect(place(4_000, 1_200)).toBe(4_000 / 25);
  expect(place(100, 2_900)).toBe(100 / 25);
});

test('what happens at the last instant of a run lies before the end of its axis', () => {
  const model = followRun(begun(), { ...status, at: 10_000, counts: counts(1) }, 1_200, 1_150);
  expect(model && sumBetween(model, 0, endOfBin(model, 10_000)).indexed).toBe(1);
});
