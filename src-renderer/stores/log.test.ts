import { expect, test } from 'vitest';
import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import { QUIET_STATS } from '../../src-shared/testing/quiet-stats';
import { appendFrames as append, EMPTY_LOG, type Log } from './log';
import { filterLog, NO_LOG_FILTER } from './log-filter';
import { createTypeMemory } from './type-memory';

const appendFrames = (log: Log, frames: readonly FeedFrame[], capacity?: number) =>
  append(log, frames, createTypeMemory(), capacity);

const stats = { ...QUIET_STATS, timeMs: 5 };

function indexed(seq: number, id = `account-${seq}`, accountType = 'mint'): FeedEvent {
  return {
    seq,
    timeMs: seq,
    atMs: seq,
    event: 'indexed',
    at: seq,
    record: seq,
    id,
    version: '1',
    accountType,
    tokens: '18446744073709551615',
    dueAtMs: seq + 10,
  };
}

function frame(events: readonly FeedEvent[], omitted = 0): FeedFrame {
  const last = events[events.length - 1]?.seq ?? 0;
  return {
    kind: 'events',
    feedId: 'feed',
    afterSeq: 0,
    lastSeq: last + omitted,
    events,
    omitted,
    status: null,
    stats,
  };
}

test('keeps only the latest lines and counts what went', () => {
  const log = appendFrames(EMPTY_LOG, [frame([1, 2, 3, 4, 5].map((seq) => indexed(seq)))], 3);
  expect(log.lines.map((line) => line.seq)).toEqual([3, 4, 5]);
  expect(log.dropped).toBe(2);
});

test('says where events were left out', () => {
  const log = appendFrames(EMPTY_LOG, [frame([indexed(1)], 7)]);
  expect(log.lines.map((line) => line.kind)).toEqual(['indexed', 'gap']);
  expect(log.lines[1]).toMatchObject({ seq: 8, detail: expect.stringContaining('7 more events') });
});

test('a cancelled callback has the type last seen of its account, any other event its own', () => {
  const stale: FeedEvent = {
    seq: 2,
    timeMs: 2,
    atMs: 2,
    event: 'stale',
    at: 2,
    record: 2,
    id: 'a',
    version: '0',
    latest: '1',
    accountType: 'mint',
    tokens: '18446744073709551615',
  };
  const cancelled: FeedEvent = {
    seq: 3,
    timeMs: 3,
    atMs: 3,
    event: 'cancelled',
    at: 3,
    id: 'a',
    version: '1',
    supersededBy: null,
  };
  const { lines } = appendFrames(EMPTY_LOG, [frame([indexed(1, 'a', 'escrow'), stale, cancelled])]);
  expect(lines[1]).toMatchObject({ accountType: 'mint', tokens: '18446744073709551615', otherVersion: '1' });
  expect(lines[2]).toMatchObject({ accountType: 'escrow', tokens: null });
});

test('a line has the time at which its event happened, not that at which it was told', () => {
  const { lines } = appendFrames(EMPTY_LOG, [frame([{ ...indexed(1), timeMs: 70, atMs: 50 }])]);
  expect(lines[0]?.timeMs).toBe(50);
});

test('a reset empties the log, and a lagging one says what happened', () => {
  const before = appendFrames(EMPTY_LOG, [frame([indexed(1)])]);
  const reset = (reason: 'lagged' | 'database'): FeedFrame => ({
    kind: 'reset',
    feedId: 'feed',
    reason,
    lastSeq: 9,
    status: null,
    stats,
  });
  expect(appendFrames(before, [reset('database')]).lines).toEqual([]);
  expect(appendFrames(before, [reset('lagged')]).lines.map((line) => line.kind)).toEqual(['gap']);
});

test('an empty frame leaves the log the same object', () => {
  const log = appendFrames(EMPTY_LOG, [frame([indexed(1)])]);
  expect(appendFrames(log, [frame([])])).toBe(log);
});

test('does not change the log it was given', () => {
  const log = appendFrames(EMPTY_LOG, [frame([indexed(1)])]);
  appendFrames(log, [frame([indexed(2)])]);
  expect(log.lines).toHaveLength(1);
});

test('says what superseded a cancelled callback, or that it was by hand', () => {
  const cancelled = (seq: number, supersededBy: string | null): FeedEvent => ({
    seq,
    timeMs: seq,
    atMs: seq,
    event: 'cancelled',
    at: seq,
    id: 'a',
    version: '7',
    supersededBy,
  });
  const { lines } = appendFrames(EMPTY_LOG, [frame([cancelled(1, '9'), cancelled(2, null)])]);
  expect(lines.map((line) => [line.detail, line.otherVersion])).toEqual([
    ['superseded by', '9'],
    ['by hand', null],
  ]);
});

test('says of a fired callback how late it was, or that a person fired it', () => {
  const account = { id: 'a', accountType: 'mint', tokens: '1', version: '7', data: '{}' };
  const fired = (latenessMs: number, more: { late?: boolean; byHand?: boolean } = {}): FeedEvent => ({
    seq: 1,
    timeMs: 1,
    atMs: 1,
    event: 'fired',
    at: 1,
    id: 'a',
    version: '7',
    late: false,
    byHand: false,
    latenessMs,
    account,
    ...more,
  });
  const told = [fired(0), fired(12), fired(90_000, { late: true }), fired(0, { byHand: true })];
  expect(appendFrames(EMPTY_LOG, [frame(told)]).lines.map(({ detail }) => detail)).toEqual([
    'on time',
    '12 ms late',
    'was overdue when Ingot started',
    'by hand',
  ]);
});

const mixed = appendFrames(EMPTY_LOG, [
  frame([
    indexed(1, 'AbcDef', 'mint'),
    indexed(2, 'xyz', 'escrow'),
    { seq: 3, timeMs: 3, atMs: 3, event: 'rejected', at: 3, record: 3, reason: 'version: required' },
    { seq: 4, timeMs: 4, atMs: 4, event: 'notice', level: 'info', message: 'Hello.' },
  ]),
]).lines;
const seqs = (lines: readonly { seq: number }[]) => lines.map((line) => line.seq);

test('no filter gives back the same lines', () => {
  expect(filterLog(mixed, NO_LOG_FILTER)).toBe(mixed);
});

test('filters by kind, by type and by part of an id; news always stays', () => {
  expect(seqs(filterLog(mixed, { ...NO_LOG_FILTER, hidden: ['indexed'] }))).toEqual([3, 4]);
  expect(seqs(filterLog(mixed, { ...NO_LOG_FILTER, accountTypes: ['escrow'] }))).toEqual([2, 4]);
  expect(seqs(filterLog(mixed, { ...NO_LOG_FILTER, id: ' bcD' }))).toEqual([1, 4]);
  expect(seqs(filterLog(mixed, { ...NO_LOG_FILTER, id: 'bcd' }))).toEqual([4]);
});

test('forgets the type of the account that was not seen for longest', () => {
  const types = createTypeMemory(2);
  for (const [seq, id] of ['a', 'b', 'a', 'c'].entries()) types.learn(indexed(seq, id, `type-${seq}`));
  expect(['a', 'b', 'c'].map((id) => types.typeOf(id))).toEqual(['type-2', null, 'type-3']);
});
