import { expect, test } from 'vitest';
import { NO_COUNTS } from '../../src-shared/events';
import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import type { RunGoal } from '../../src-shared/run-goal';
import { runEvent, runStatus } from '../../src-shared/testing/events';
import { QUIET_STATS } from '../../src-shared/testing/quiet-stats';
import { appendFrames as append, EMPTY_LOG, type Log, linesOfPast } from './log';
import { filterLog, holdsRun, type LogFilter } from './log-filter';
import { createTypeMemory } from './type-memory';

const appendFrames = (log: Log, frames: readonly FeedFrame[], capacity?: number) =>
  append(log, frames, createTypeMemory(), capacity);

const stats = { ...QUIET_STATS, timeMs: 5 };
const stamp = (at: number) => ({ runId: '1', at, wallMs: 1_000 + at });

function indexed(seq: number, id = `account-${seq}`, accountType = 'mint'): FeedEvent {
  return {
    seq,
    timeMs: seq,
    event: 'indexed',
    ...stamp(seq),
    record: seq,
    id,
    version: '1',
    accountType,
    tokens: '18446744073709551615',
    dueMs: seq + 10,
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
    event: 'stale',
    ...stamp(2),
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
    event: 'cancelled',
    ...stamp(3),
    id: 'a',
    callbackRunId: '1',
    version: '1',
    supersededBy: null,
    skipped: false,
  };
  const { lines } = appendFrames(EMPTY_LOG, [frame([indexed(1, 'a', 'escrow'), stale, cancelled])]);
  expect(lines[1]).toMatchObject({ accountType: 'mint', tokens: '18446744073709551615', otherVersion: '1' });
  expect(lines[2]).toMatchObject({ accountType: 'escrow', tokens: null });
});

const run = (simulated: boolean) => runStatus({ at: 12_400, rate: simulated ? 0 : 1, simulated });

test('a line has the time at which its event happened, not that at which it was told', () => {
  const { lines } = appendFrames(EMPTY_LOG, [frame([{ ...indexed(50), timeMs: 70 }])]);
  expect(lines[0]).toMatchObject({ moment: { runId: '1', at: 50, wallMs: 1_050 }, timeMs: 70 });
});

test('news of a virtual run, and what is left out of it, stand on its own clock', () => {
  const news = (simulated: boolean): FeedEvent => ({
    seq: 1,
    timeMs: 70,
    event: 'run',
    status: run(simulated),
  });
  const told = (simulated: boolean) => ({ ...frame([news(simulated)], 3), status: run(simulated) });
  const momentsOf = (simulated: boolean) =>
    appendFrames(EMPTY_LOG, [told(simulated)]).lines.map(({ moment }) => moment);
  expect(momentsOf(true)).toEqual(Array(2).fill({ runId: '1', at: 12_400, wallMs: null }));
  expect(momentsOf(false).map((moment) => moment?.wallMs)).toEqual([70, 5]);
});

test('a run that goes to a goal says so, and its steps add nothing but what happened', () => {
  const news = (state: 'running' | 'paused', until: RunGoal | null): FeedEvent => ({
    seq: 1,
    timeMs: 70,
    event: 'run',
    status: runStatus({ state, until }),
  });
  const goal = { kind: 'record', record: 7 } as const;
  const first = appendFrames(EMPTY_LOG, [frame([news('running', null), news('running', goal)])]);
  const told = [news('paused', null), news('paused', goal), indexed(2), news('paused', null)];
  const { lines } = appendFrames(first, [frame(told)]);
  expect(lines.map(({ kind, detail }) => (kind === 'run' ? detail : kind))).toEqual([
    'Running: updates.json',
    'Running until record 7: updates.json',
    'Paused: updates.json',
    'indexed',
  ]);
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

test('says what cancelled a callback', () => {
  const cancelled = (supersededBy: string | null, skipped = false): FeedEvent => ({
    seq: 1,
    timeMs: 1,
    event: 'cancelled',
    ...stamp(1),
    callbackRunId: '1',
    id: 'a',
    version: '7',
    supersededBy,
    skipped,
  });
  const told = [cancelled('12:9'), cancelled(null), cancelled(null, true)];
  expect(
    appendFrames(EMPTY_LOG, [frame(told)]).lines.map((line) => [line.detail, line.otherVersion]),
  ).toEqual([
    ['by version', '12:9'],
    ['by hand', null],
    ['skipped (overdue)', null],
  ]);
});

test('says of a fired callback how late it was, or that a person fired it', () => {
  const account = { id: 'a', accountType: 'mint', tokens: '1', version: '7', data: '{}' };
  const fired = (latenessMs: number, more: { late?: boolean; byHand?: boolean } = {}): FeedEvent => ({
    seq: 1,
    timeMs: 1,
    event: 'fired',
    ...stamp(1),
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
    'late by 12 ms',
    'late by 1 m 30 s',
    'by hand',
  ]);
});

const mixed = appendFrames(EMPTY_LOG, [
  frame([
    indexed(1, 'AbcDef', 'mint'),
    indexed(2, 'xyz', 'escrow'),
    { seq: 3, timeMs: 3, event: 'rejected', ...stamp(3), record: 3, reason: 'version: required' },
    { seq: 4, timeMs: 4, event: 'notice', level: 'info', message: 'Hello.' },
  ]),
]).lines;
const seqs = (lines: readonly { seq: number }[]) => lines.map((line) => line.seq);

const noFilter: LogFilter = { hidden: [], accountTypes: [], id: '' };

test('no filter gives back the same lines', () => {
  expect(filterLog(mixed, noFilter)).toBe(mixed);
});

test('filters by kind, by type and by part of an id; news always stays', () => {
  expect(seqs(filterLog(mixed, { ...noFilter, hidden: ['indexed'] }))).toEqual([3, 4]);
  expect(seqs(filterLog(mixed, { ...noFilter, accountTypes: ['escrow'] }))).toEqual([2, 4]);
  expect(seqs(filterLog(mixed, { ...noFilter, id: ' bcD' }))).toEqual([1, 4]);
  expect(seqs(filterLog(mixed, { ...noFilter, id: 'bcd' }))).toEqual([4]);
});

test('forgets the type of the account that was not seen for longest', () => {
  const types = createTypeMemory(2);
  for (const [seq, id] of ['a', 'b', 'a', 'c'].entries()) types.learn(indexed(seq, id, `type-${seq}`));
  expect(['a', 'b', 'c'].map((id) => types.typeOf(id))).toEqual(['type-2', null, 'type-3']);
});

test('the end of a run is one line', () => {
  const end = (change: Partial<FeedEvent>, seq: number) => ({ ...change, seq, timeMs: 5 }) as FeedEvent;
  const completed = { event: 'run', status: runStatus({ state: 'completed' }) } as const;
  const log = appendFrames(EMPTY_LOG, [
    frame([end(runEvent('report'), 1), end(runEvent('summary'), 2), end(completed, 3)]),
  ]);
  expect(log.lines).toMatchObject([{ kind: 'end', detail: 'Completed: updates.json' }]);
  // Without a report, or with counts of which some are unknown, it says so.
  const lost = appendFrames(EMPTY_LOG, [
    frame([
      end(runEvent('report', { complete: false }), 1),
      end(runEvent('summary', { complete: false }), 2),
    ]),
  ]);
  expect(lost.lines.map(({ kind }) => kind)).toEqual(['notice', 'notice']);
});

test('a window holds a run if it has heard it from its first record on, with nothing left out', () => {
  const begun = (records: number): FeedEvent => {
    const status = runStatus({ runId: '1', counts: { ...NO_COUNTS, records } });
    return { seq: 1, timeMs: 1, event: 'run', status };
  };
  const { lines } = appendFrames(EMPTY_LOG, [frame([begun(0), indexed(2)])]);
  expect(holdsRun(lines, '1')).toBe(true);
  expect(holdsRun(lines, '2')).toBe(false);
  expect(holdsRun(appendFrames(EMPTY_LOG, [frame([begun(7), indexed(2)])]).lines, '1')).toBe(false);
  expect(holdsRun(appendFrames(EMPTY_LOG, [frame([begun(0), indexed(2)], 5)]).lines, '1')).toBe(false);
});

test('lines of the past say what is not among them', () => {
  const moment = { runId: '1', at: 9, wallMs: null };
  const none = {
    id: null,
    accountType: null,
    version: null,
    tokens: null,
    how: null,
    latenessMs: 0,
    supersededBy: null,
  };
  const rejected = { ...none, kind: 'rejected', moment, reason: 'record 3: tokens: must be there' } as const;
  const [said, line] = linesOfPast({ events: [rejected], more: true, removed: false, rejects: true });
  expect(said).toMatchObject({
    kind: 'gap',
    detail: expect.stringMatching(/1 event before .* Earlier ones.*Duplicates and conflicts/),
  });
  expect(line).toMatchObject({ kind: 'rejected', moment, detail: 'record 3: tokens: must be there' });
  const cut = linesOfPast({ events: [], more: false, removed: true, rejects: false })[0]?.detail;
  expect(cut).toContain('rejects are in Runs');
  expect(cut).toContain('Earlier ones were removed by retention');
});
