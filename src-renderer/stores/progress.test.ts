import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { addStatus, fractionRead, NO_PROGRESS, readingLeftMs } from './progress';

const status = (bytesRead: number, more: Partial<RunStatus> = {}): RunStatus => ({
  runId: '1',
  source: 'sample.json',
  state: 'running',
  counts: NO_COUNTS,
  bytesRead,
  bytesTotal: 10_000,
  startedAtMs: 0,
  endedAtMs: null,
  at: 0,
  speed: 1,
  fieldMap: null,
  failure: null,
  ...more,
});

function ran(seconds: number, bytesASecond: number) {
  let progress = NO_PROGRESS;
  for (let second = 0; second <= seconds; second += 1) {
    progress = addStatus(progress, status(second * bytesASecond), second * 1_000);
  }
  return progress;
}

test('time left follows the pace of the bytes', () => {
  expect(readingLeftMs(ran(10, 100), status(1_000))).toBe(90_000);
});

test('says nothing before the pace can be told, while paused, or for a stream of unknown size', () => {
  expect(readingLeftMs(ran(1, 100), status(100))).toBeNull();
  expect(readingLeftMs(ran(10, 100), status(1_000, { state: 'paused' }))).toBeNull();
  expect(readingLeftMs(ran(10, 100), status(1_000, { bytesTotal: null }))).toBeNull();
});

test('a pause and another run both begin a new measure', () => {
  const progress = ran(10, 100);
  expect(addStatus(progress, status(1_000, { state: 'paused' }), 11_000).samples).toHaveLength(1);
  expect(addStatus(progress, status(0, { runId: '2' }), 11_000).samples).toHaveLength(1);
});

test('keeps half a minute of samples, not more', () => {
  expect(ran(600, 1).samples.length).toBeLessThanOrEqual(32);
});

test('a small file that is in memory at once is not said to be done', () => {
  expect(fractionRead(status(10_000))).toBeNull();
  expect(fractionRead(status(10_000, { state: 'paused' }))).toBeNull();
  expect(fractionRead(status(10_000, { state: 'completed' }))).toBe(1);
});

test('what is read is a fraction, or not known', () => {
  expect(fractionRead(status(2_500))).toBe(0.25);
  expect(fractionRead(status(2_500, { bytesTotal: null }))).toBeNull();
  expect(fractionRead(status(2_500, { bytesTotal: null, state: 'draining' }))).toBe(1);
});
