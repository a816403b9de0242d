import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { addCounts, beginTimeline, loadTimeline, MAX_BINS, sumBetween, timeOnAxis } from './timeline';

const status: RunStatus = {
  runId: '1',
  source: 'sample.json',
  state: 'running',
  counts: NO_COUNTS,
  bytesRead: 0,
  bytesTotal: null,
  startedAtMs: 1_000,
  endedAtMs: null,
  at: 0,
  speed: 1,
  fieldMap: null,
  failure: null,
};
const counts = (indexed: number, fired = 0) => ({ ...NO_COUNTS, indexed, fired });

test('counts go into the bin of their time', () => {
  let model = addCounts(beginTimeline(status), counts(3), 1_010);
  model = addCounts(model, counts(5, 1), 1_500);
  expect(sumBetween(model, 1_000, 1_025)).toMatchObject({ indexed: 3, fired: 0 });
  expect(sumBetween(model, 1_500, 1_525)).toMatchObject({ indexed: 2, fired: 1 });
});

test('equal counts change nothing', () => {
  const model = addCounts(beginTimeline(status), counts(3), 1_010);
  expect(addCounts(model, counts(3), 9_000)).toBe(model);
});

test('however long the run, the bins are bounded and lose nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ stepMs: fc.integer({ min: 0, max: 500_000 }), gain: fc.nat(100) }), {
        maxLength: 60,
      }),
      (steps) => {
        let model = beginTimeline(status);
        let timeMs = status.startedAtMs;
        let total = 0;
        for (const { stepMs, gain } of steps) {
          timeMs += stepMs;
          total += gain;
          model = addCounts(model, counts(total), timeMs);
        }
        expect(model.bins.indexed.length).toBeLessThanOrEqual(MAX_BINS);
        expect(model.bins.indexed.reduce((sum, count) => sum + count, 0)).toBe(total);
        expect(sumBetween(model, 0, Number.MAX_SAFE_INTEGER).indexed).toBe(total);
      },
    ),
  );
});

test('what came while the host was asked is added by the next status', () => {
  const loaded = loadTimeline({
    runId: '1',
    startMs: 1_000,
    endMs: 2_000,
    indexed: [4, 6],
    stale: [0, 1],
    rejected: [0, 0],
    fired: [0, 2],
    cancelled: [0, 0],
    due: [0, 0],
  });
  const model = addCounts(loaded, { ...counts(13, 2), stale: 1 }, 2_200);
  expect(sumBetween(model, 2_000, 2_500).indexed).toBe(3);
  expect(sumBetween(model, 1_000, 2_000)).toMatchObject({ indexed: 10, stale: 1, fired: 2 });
});

test('neighbouring spans share no bin and leave none out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 70 }),
      (line, pixels) => {
        const zeros = line.map(() => 0);
        const model = loadTimeline({
          runId: '1',
          startMs: 0,
          endMs: line.length * 10,
          indexed: line,
          stale: zeros,
          rejected: zeros,
          fired: zeros,
          cancelled: zeros,
          due: zeros,
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

test('a virtual clock that ran ahead of the wall is followed', () => {
  expect(timeOnAxis({ ...status, at: 60_000 }, 1_200)).toBe(61_000);
  expect(timeOnAxis({ ...status, at: 4_000, speed: 20 }, 1_300)).toBe(1_300);
});
