import { expect, test } from 'vitest';
import { NO_COUNTS, type RunStatus } from './events';
import type { FeedEvent, FeedFrame, HostEvent } from './feed';
import { createTeller, taskbarProgress, windowTitle } from './outside-window';
import { runStatus } from './testing/events';
import { QUIET_STATS } from './testing/quiet-stats';

const small = (records: number, more: Partial<RunStatus> = {}) =>
  runStatus({
    source: '/data/sample.json',
    counts: { ...NO_COUNTS, records },
    expectedRecords: 124,
    ...more,
  });
const ended = (state: RunStatus['state'], tookMs: number, more: Partial<RunStatus> = {}) =>
  small(124, { state, startedAtMs: 1_000, endedAtMs: 1_000 + tookMs, ...more });
const frame = (status: RunStatus | null, events: readonly FeedEvent[] = [], timeMs = 0): FeedFrame => ({
  kind: 'events',
  feedId: 'a',
  afterSeq: 0,
  lastSeq: events.length,
  events,
  omitted: 0,
  status,
  stats: { ...QUIET_STATS, timeMs },
});

test('the title begins with what changes', () => {
  expect(windowTitle(null)).toBe('Ingot');
  expect(windowTitle(small(52))).toBe('41 % · sample.json – Ingot');
  expect(windowTitle(small(52, { state: 'paused' }))).toBe('paused · 41 % · sample.json – Ingot');
  expect(windowTitle(small(52, { expectedRecords: null }))).toBe('running · sample.json – Ingot');
  expect(windowTitle(small(124, { state: 'draining' }))).toBe('waiting for callbacks · sample.json – Ingot');
  expect(windowTitle(ended('completed', 0))).toBe('completed · sample.json – Ingot');
  expect(windowTitle(small(0, { source: 'a\u202eb.json' }))).toBe('0 % · a\\u{202e}b.json – Ingot');
});

test('the taskbar shows a run under way, and a failure', () => {
  expect(taskbarProgress(null)).toEqual({ value: -1, mode: 'none' });
  expect(taskbarProgress(small(52))).toEqual({ value: 0.41, mode: 'normal' });
  expect(taskbarProgress(small(53, { expectedRecords: 12_400 }))).toEqual(
    taskbarProgress(small(54, { expectedRecords: 12_400 })),
  );
  expect(taskbarProgress(small(52, { state: 'paused' }))).toEqual({ value: 0.41, mode: 'paused' });
  expect(taskbarProgress(small(52, { expectedRecords: null }))).toMatchObject({ mode: 'indeterminate' });
  expect(taskbarProgress(small(52, { state: 'failed' }))).toEqual({ value: 0.41, mode: 'error' });
  for (const state of ['completed', 'stopped', 'interrupted'] as const) {
    expect(taskbarProgress(ended(state, 1))).toEqual({ value: -1, mode: 'none' });
  }
});

const at = (timeMs: number, event: HostEvent, seq = 1): FeedEvent => ({ seq, timeMs, ...event });
const told = (event: HostEvent, timeMs = 50_100) => createTeller()(frame(null, [at(50_000, event)], timeMs));
const run = (status: RunStatus): HostEvent => ({ event: 'run', status });

test('the end of a long run is told once', () => {
  const end = ended('completed', 72_000, { counts: { ...NO_COUNTS, records: 1240, rejected: 3 } });
  const tell = createTeller();
  const frames = frame(end, [at(50_000, run(end))], 50_100);
  expect(tell(frames)).toEqual([
    {
      title: 'Completed: sample.json',
      body: '1,240 records, 3 rejects in 1 m 12 s.',
      tag: 'run 1',
      view: 'live',
    },
  ]);
  expect(tell(frames)).toEqual([]);
  // A window that opens later gets past events too.
  expect(told(run(end), 65_000)).toEqual([]);
});

test('a short run, one under way and one that a person stopped are no news, but a failure is', () => {
  expect(told(run(ended('completed', 9_999)))).toEqual([]);
  expect(told(run(small(1)))).toEqual([]);
  expect(told(run(ended('stopped', 72_000)))).toEqual([]);
  expect(told(run(ended('failed', 5, { failure: 'The disk is full.' })))).toMatchObject([
    { title: 'Failed: sample.json', body: 'The disk is full.' },
  ]);
});

test('a critical alert is told, but no warning and no other notice', () => {
  const notice = { event: 'notice', level: 'error', message: 'The database is down.' } as const;
  expect(told({ ...notice, alert: 'IngotDatabaseDown' })).toEqual([
    { title: 'Ingot is not well', body: notice.message, tag: 'IngotDatabaseDown', view: 'operations' },
  ]);
  expect(told({ ...notice, level: 'warning', alert: 'IngotRejectRatio' })).toEqual([]);
  expect(told(notice)).toEqual([]);
});
