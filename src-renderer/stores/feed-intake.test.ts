import { expect, test } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import type { FeedEvent, FeedFrame, FeedStats } from '../../src-shared/feed';
import { runStatus } from '../../src-shared/testing/events';
import { QUIET_STATS } from '../../src-shared/testing/quiet-stats';
import { createManualClock } from '../clock-for-tests';
import { changesOf, createFeedIntake, TORRENT_MS } from './feed-intake';
import { NOTHING_LIVE, takeFrames } from './live';
import { sumBetween } from './timeline';
import { createTypeMemory } from './type-memory';

const stats = (timeMs: number, updates: number): FeedStats => ({
  ...QUIET_STATS,
  timeMs,
  updates,
  pending: 3,
});
const status = (runId: string, indexed: number, startedAtMs = 0) =>
  runStatus({
    runId,
    counts: { ...NO_COUNTS, records: indexed, indexed },
    startedAtMs,
    at: indexed * 50,
  });
function frame(
  seq: number,
  events: FeedEvent[],
  more: Partial<Extract<FeedFrame, { kind: 'events' }>> = {},
): FeedFrame {
  return {
    kind: 'events',
    feedId: 'feed',
    afterSeq: seq - 1,
    lastSeq: seq,
    events,
    omitted: 0,
    status: status('1', seq),
    stats: stats(seq * 50, seq),
    ...more,
  };
}
const rejected: FeedEvent = {
  seq: 1,
  timeMs: 1,
  event: 'rejected',
  runId: '1',
  at: 1,
  wallMs: 1,
  record: 0,
  reason: 'id: required',
};
const reset: Extract<FeedEvent, { event: 'database' }> = {
  seq: 1,
  timeMs: 1,
  event: 'database',
  change: 'reset',
};
const gap: FeedEvent = {
  seq: 1,
  timeMs: 1,
  event: 'gap',
  range: {
    runId: '1',
    number: 1,
    kind: 'gap',
    fromSlot: '5',
    toSlot: '7',
    reason: 'The connection was lost.',
    since: { runId: '1', at: 1, wallMs: 1 },
    until: { runId: '1', at: 2, wallMs: 2 },
  },
};
const run: FeedEvent = { seq: 1, timeMs: 1, event: 'run', status: status('1', 0) };

test('frames that come before one paint are handed on together, in order', () => {
  const clock = createManualClock();
  const taken: number[][] = [];
  const intake = createFeedIntake(clock, (frames) => taken.push(frames.map((one) => one.lastSeq)));
  intake.add(frame(1, []));
  intake.add(frame(2, []));
  expect(taken).toEqual([]);
  clock.paint();
  intake.add(frame(3, []));
  clock.paint();
  expect(taken).toEqual([[1, 2], [3]]);
});

test('a torrent of events is handed on ten times a second, and nothing of it is lost', () => {
  const clock = createManualClock();
  const taken: number[][] = [];
  const intake = createFeedIntake(clock, (frames) => taken.push(frames.map((one) => one.lastSeq)));
  const many = Array.from({ length: 500 }, () => rejected);
  intake.add(frame(1, many));
  clock.paint();
  intake.add(frame(2, many));
  clock.advance(TORRENT_MS / 2);
  clock.paint();
  intake.add(frame(3, many));
  expect(taken).toEqual([[1]]);
  clock.advance(TORRENT_MS / 2);
  clock.paint();
  expect(taken).toEqual([[1], [2, 3]]);
});

test('says what changed', () => {
  expect([...changesOf(frame(1, []))]).toEqual([]);
  expect([...changesOf(frame(1, [rejected]))]).toEqual(['rows']);
  expect([...changesOf(frame(1, [], { omitted: 2 }))]).toEqual(['rows']);
  expect([...changesOf(frame(1, [run]))]).toEqual(['runs', 'rows']);
  expect([...changesOf(frame(1, [gap]))]).toEqual(['runs']);
  expect([...changesOf(frame(1, [reset]))]).toEqual(['everything']);
  expect([...changesOf(frame(1, [{ ...reset, change: 'resetting' }]))]).toEqual(['database']);
});

test('one intake moves the log, the rates, the timeline and the status together', () => {
  const begins = frame(0, [], { status: status('1', 0) });
  const state = takeFrames(NOTHING_LIVE, [begins, frame(1, [rejected]), frame(2, [])], createTypeMemory());
  expect(state).toMatchObject({ ready: true, pending: 3, status: { runId: '1' } });
  expect(state.log.lines).toHaveLength(1);
  expect(state.series.latest?.updates).toBe(2);
  expect(state.timeline && sumBetween(state.timeline, 0, 1_000).indexed).toBe(2);
});

test('another run begins another timeline', () => {
  const first = takeFrames(NOTHING_LIVE, [frame(5, [])], createTypeMemory());
  const second = takeFrames(first, [frame(6, [], { status: status('2', 1, 275) })], createTypeMemory());
  expect(second.timeline).toMatchObject({ runId: '2', counted: { indexed: 1 } });
});

test('what fires and is cancelled after a run is counted on', () => {
  const counts = { ...NO_COUNTS, indexed: 300, fired: 5, cancelled: 288 };
  const after = { ...stats(1_000, 300), pending: 0, sinceRun: { fired: 6, cancelled: 1 } };
  const news = frame(5, [], { status: { ...status('1', 300), state: 'failed', counts }, stats: after });
  const state = takeFrames(NOTHING_LIVE, [news], createTypeMemory());
  expect(state).toMatchObject({ pending: 0, settled: { fired: 11, cancelled: 289 } });
  const without = frame(6, [], { status: null, stats: after });
  expect(takeFrames(state, [without], createTypeMemory()).settled).toEqual({ fired: 6, cancelled: 1 });
});

test('a host with no run has no timeline', () => {
  const first = takeFrames(NOTHING_LIVE, [frame(5, [])], createTypeMemory());
  expect(takeFrames(first, [frame(6, [], { status: null })], createTypeMemory()).timeline).toBeNull();
});
