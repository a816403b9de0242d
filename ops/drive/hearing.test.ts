import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../src-shared/events';
import type { FeedEvent, FeedFrame } from '../../src-shared/feed';
import { QUIET_STATS } from '../../src-shared/testing/quiet-stats';
import { createHearing, type Hearing, hearFrames, type SaidOutcome, type SaidSettlement } from './hearing';
import { createSchedule } from './schedule';
import type { Workload } from './workload';

/** Four records, ten a second from 1000 ms, except the first; every callback 100 ms after its arrival. */
const workload: Workload = {
  path: '',
  records: 4,
  callbackTimeMs: () => 100,
  expected: () => 'indexed',
  openReader: () => Promise.reject(new Error('nothing is read')),
  async *sourceRecords() {},
};
const schedule = createSchedule({ perSecond: 10, records: 4, beginMs: 1_000, warmUp: 1 });

function listen(complete = true): Hearing {
  const hearing = createHearing(workload, { complete });
  hearing.begin(schedule);
  return hearing;
}

const indexed = (record: number, at: number): SaidOutcome => ({
  outcome: 'indexed',
  record,
  at,
  id: 'a',
  version: String(record + 1),
});
const fired = (record: number, at: number): SaidSettlement => ({
  settlement: 'fired',
  at,
  id: 'a',
  version: String(record + 1),
  supersededBy: null,
});
const cancelled = (record: number, at: number, by: number | null): SaidSettlement => ({
  ...fired(record, at),
  settlement: 'cancelled',
  supersededBy: by === null ? null : String(by + 1),
});

describe('what is heard', () => {
  it('is measured from the instant at which the update was meant to arrive, not from when it was written', () => {
    const hearing = listen();
    // Intended for 1100 ms, and delayed by 400 ms.
    hearing.outcome(indexed(2, 50), 1_500);
    hearing.settled(fired(2, 155), 1_700);
    const { answer, lateness, firedHeard } = hearing.read().figures;
    expect(answer.max).toBeCloseTo(400, 0);
    expect(lateness.max).toBeCloseTo(5, 0);
    expect(firedHeard.max).toBeCloseTo(500, 0);
  });

  it('is not measured of the opening update, nor while the program warms up', () => {
    const hearing = listen();
    hearing.outcome(indexed(0, 0), 900);
    hearing.outcome(indexed(1, 100), 1_050);
    expect(hearing.read().figures.answer.count).toBe(0);
    expect(hearing.answered).toBe(2);
  });

  it('has nothing against an update that fires, or that a newer one overtakes in time', () => {
    const hearing = listen();
    hearing.outcome(indexed(1, 0), 1_010);
    hearing.outcome(indexed(2, 99), 1_110);
    hearing.settled(cancelled(1, 99, 2), 1_110);
    hearing.settled(fired(2, 199), 1_210);
    expect(hearing.read().breaches).toEqual([]);
  });

  it.each<[string, (hearing: Hearing) => void, RegExp]>([
    ['an outcome twice', (to) => to.outcome(indexed(1, 0), 1_010), /record 1 was said twice/],
    ['an outcome of nothing', (to) => to.outcome(indexed(4, 0), 1_010), /record 4 was said, and never sent/],
    ['a callback that fires early', (to) => to.settled(fired(1, 99), 1_110), /fired 1 ms before it was due/],
    [
      'a callback that is heard before it can be due, whatever the program says',
      (to) => to.settled(fired(1, 100), 1_098),
      /was heard to fire 2 ms before/,
    ],
    [
      'a callback that fires twice',
      (to) => {
        to.settled(fired(1, 100), 1_110);
        to.settled(fired(1, 100), 1_110);
      },
      /did not wait/,
    ],
    [
      'a callback that fires and is cancelled',
      (to) => {
        to.settled(fired(1, 100), 1_110);
        to.settled(cancelled(1, 100, 2), 1_110);
      },
      /did not wait/,
    ],
    [
      'a callback that is cancelled when it is due',
      (to) => to.settled(cancelled(1, 100, 2), 1_110),
      /after it was due/,
    ],
    [
      'a callback that an older version cancels',
      (to) => to.settled(cancelled(1, 50, 0), 1_110),
      /by no newer version/,
    ],
    [
      'a callback that nothing cancels',
      (to) => to.settled(cancelled(1, 50, null), 1_110),
      /by no newer version/,
    ],
    ['a callback of nothing', (to) => to.settled(fired(3, 100), 1_110), /did not wait/],
  ])('finds %s', (_, say, breach) => {
    const hearing = listen();
    hearing.outcome(indexed(1, 0), 1_005);
    expect(hearing.read().breaches).toEqual([]);
    say(hearing);
    expect(hearing.read().breaches).toEqual([expect.stringMatching(breach)]);
  });
});

describe('the feed of the web shell', () => {
  const frame = (
    afterSeq: number,
    lastSeq: number,
    events: readonly FeedEvent[],
    records: number,
  ): FeedFrame => ({
    kind: 'events',
    feedId: 'feed',
    afterSeq,
    lastSeq,
    events,
    omitted: lastSeq - afterSeq - events.length,
    status: { counts: { records }, endedAtMs: null } as unknown as RunStatus,
    stats: QUIET_STATS,
  });
  const stale = (seq: number, record: number): FeedEvent => ({
    seq,
    timeMs: 0,
    runId: '1',
    wallMs: null,
    event: 'stale',
    at: 0,
    record,
    id: 'a',
    version: '1',
    latest: '2',
    accountType: 'mint',
    tokens: '1',
  });

  it('tells by its counts what is committed, also of records whose events it leaves out', () => {
    const hearing = listen(false);
    const hear = hearFrames(hearing, () => undefined);
    hear(frame(0, 0, [], 0), 900);
    hear(frame(0, 1, [stale(1, 0)], 1), 950);
    hear(frame(1, 4, [stale(4, 3)], 4), 1_300);
    const { events, eventsLeftOut, figures, outcome, breaches } = hearing.read();
    expect({ events, eventsLeftOut, breaches }).toEqual({ events: 2, eventsLeftOut: 2, breaches: [] });
    expect([0, 1, 2, 3].map(outcome)).toEqual(['stale', null, null, 'stale']);
    // Records 2 and 3 are measured: intended for 1100 and 1200 ms.
    expect(figures.answer.count).toBe(2);
    expect(figures.answer.max).toBeCloseTo(200, 0);
  });

  it('sends no event twice', () => {
    const hearing = listen(false);
    const hear = hearFrames(hearing, () => undefined);
    hear(frame(0, 1, [stale(1, 1)], 1), 950);
    hear(frame(1, 2, [stale(2, 1)], 2), 960);
    expect(hearing.read().breaches).toEqual(['record 1 was said twice']);
  });
});
