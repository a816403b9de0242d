import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { fractionTaken } from '../../src-shared/outside-window';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { runStatus } from '../../src-shared/testing/events';
import type { RunRow } from '../../src-shared/views';
import { addStatus, NO_PROGRESS, readingLeftMs, recordsInAll, standsStill } from './progress';

const status = (records: number, more: Partial<RunStatus> = {}): RunStatus =>
  runStatus({
    counts: { ...NO_COUNTS, records },
    bytesRead: 65_536,
    bytesTotal: 1_000_000,
    expectedRecords: 10_000,
    ...more,
  });

function ran(seconds: number, recordsASecond: number) {
  let progress = NO_PROGRESS;
  for (let second = 0; second <= seconds; second += 1) {
    progress = addStatus(progress, status(second * recordsASecond), second * 1_000);
  }
  return progress;
}

test('time left follows the pace of the records', () => {
  expect(readingLeftMs(ran(10, 100), status(1_000))).toBe(90_000);
});

test('says nothing before the pace can be told, while paused, or for a stream of unknown size', () => {
  expect(readingLeftMs(ran(1, 100), status(100))).toBeNull();
  expect(readingLeftMs(ran(10, 100), status(1_000, { state: 'paused' }))).toBeNull();
  expect(readingLeftMs(ran(10, 100), status(1_000, { expectedRecords: null }))).toBeNull();
});

test('a pause and another run both begin a new measure', () => {
  const progress = ran(10, 100);
  expect(addStatus(progress, status(1_000, { state: 'paused' }), 11_000).samples).toHaveLength(1);
  expect(addStatus(progress, status(0, { runId: '2' }), 11_000).samples).toHaveLength(1);
});

test('keeps half a minute of samples, not more', () => {
  expect(ran(600, 1).samples.length).toBeLessThanOrEqual(32);
});

test('a small file, in memory at once, has its progress by the records taken in', () => {
  const small = { bytesRead: 28_262, bytesTotal: 28_262, expectedRecords: 124 };
  expect(fractionTaken(status(31, small))).toBe(0.25);
  expect(recordsInAll(status(31, small))).toBe(124);
  expect(fractionTaken(status(0, { expectedRecords: 0 }))).toBe(0);
});

test('the number of all records is told only when it is certain and the run is under way', () => {
  expect(recordsInAll(status(31))).toBeNull();
  expect(recordsInAll(status(31, { bytesTotal: null }))).toBeNull();
  expect(recordsInAll(status(31, { bytesRead: 1_000_000 }))).toBe(10_000);
  expect(recordsInAll(status(31, { bytesRead: 1_000_000, state: 'stopped' }))).toBeNull();
});

test('what is taken in is a fraction, or not known', () => {
  expect(fractionTaken(status(2_500))).toBe(0.25);
  expect(fractionTaken(status(2_500, { expectedRecords: null }))).toBeNull();
  expect(fractionTaken(status(2_500, { expectedRecords: null, state: 'draining' }))).toBe(1);
});

test('callbacks can be resumed of a run that has ended, in real time, while its clock stands still', () => {
  const run = {
    state: 'interrupted',
    settings: runSettingsSchema.parse({}),
    rate: 0,
    counts: { ...NO_COUNTS, pending: 2 },
  } as RunRow;
  expect(standsStill(run)).toBe(true);
  expect(standsStill({ ...run, rate: 1 })).toBe(false);
  expect(standsStill({ ...run, state: 'paused' })).toBe(false);
  expect(standsStill({ ...run, counts: NO_COUNTS })).toBe(false);
  expect(standsStill({ ...run, settings: { ...run.settings, simulate: true } })).toBe(false);
});
