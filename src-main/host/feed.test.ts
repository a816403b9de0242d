import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import { FEED_RING_EVENTS, type FeedFrame, MAX_EVENTS_PER_FRAME } from '../../src-shared/feed';
import type { Clock } from '../engine/clock';
import type { EngineEvent } from '../engine/interface';
import { createVirtualClock } from '../engine/virtual-clock';
import { createFeed, type Feed, MAX_BUFFERED_BYTES } from './feed';

const stale = (record: number): EngineEvent => ({
  event: 'stale',
  at: 0,
  record,
  id: 'a',
  version: '1',
  latest: '2',
});
const staleOnes = (count: number) => Array.from({ length: count }, (_, index) => stale(index));
const fired = (latenessMs: number): EngineEvent => ({
  event: 'fired',
  at: 0,
  id: 'a',
  version: '1',
  late: false,
  latenessMs,
  account: { id: 'a', accountType: 'mint', tokens: '1', version: '1', data: '{}' },
});
const notice = (message: string): EngineEvent => ({ event: 'notice', level: 'info', message });

const runningStatus: RunStatus = {
  runId: '1',
  source: 'a.json',
  state: 'running',
  counts: NO_COUNTS,
  bytesRead: 0,
  bytesTotal: null,
  startedAtMs: 0,
  endedAtMs: null,
  at: 0,
  speed: 1,
  fieldMap: null,
  failure: null,
};

/** A client of the feed that keeps what it gets, and takes as much as the test says. */
function createClient() {
  const frames: FeedFrame[] = [];
  const client = {
    frames,
    buffered: 0,
    send: (frame: FeedFrame) => frames.push(structuredClone(frame)),
    bufferedBytes: () => client.buffered,
    last: () => frames.at(-1),
    seqs: () =>
      frames.flatMap((frame) => (frame.kind === 'events' ? frame.events.map(({ seq }) => seq) : [])),
  };
  return client;
}

const oneTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('the feed', () => {
  let clock: Clock;
  let status: RunStatus | null;
  let feed: Feed;
  const pass = (ms: number) => clock.waitUntil(clock.now() + ms);
  beforeEach(() => {
    clock = createVirtualClock(1_000_000);
    status = null;
    feed = createFeed({ clock, status: () => status });
  });

  it('tells a client that begins where things stand, without the past', async () => {
    feed.setPending(3);
    feed.publish(staleOnes(5));
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(50);
    expect(client.frames).toEqual([
      {
        kind: 'events',
        afterSeq: 5,
        lastSeq: 5,
        events: [],
        omitted: 0,
        status: null,
        stats: { timeMs: 1_000_000, updates: 5, fired: 0, cancelled: 0, pending: 3, latenessMs: null },
      },
    ]);
  });

  it('sends what happened in order, numbered from 1 without gaps', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    for (let round = 0; round < 4; round += 1) {
      feed.publish(staleOnes(3));
      await pass(50);
    }
    expect(client.seqs()).toEqual(oneTo(12));
    const [, second, third] = client.frames;
    expect(third).toMatchObject({ afterSeq: second?.lastSeq });
  });

  it('sends at most 20 frames a second, however often something happens', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    for (let ms = 0; ms < 1000; ms += 1) {
      feed.publish([stale(ms)]);
      await pass(1);
    }
    await pass(50);
    expect(client.frames.length).toBeLessThanOrEqual(21);
    expect(client.seqs()).toEqual(oneTo(1000));
  });

  it('sends nothing while nothing happens', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(60_000);
    expect(client.frames).toHaveLength(1);
  });

  it('tells of a run under way every second, also while nothing happens', async () => {
    status = runningStatus;
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(5_500);
    expect(client.frames).toHaveLength(6);
    status = { ...runningStatus, endedAtMs: 5_000 };
    await pass(60_000);
    expect(client.frames.length).toBeLessThanOrEqual(7);
  });

  it('leaves out the oldest events of a full frame and counts them', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(50);
    feed.publish(staleOnes(MAX_EVENTS_PER_FRAME + 20));
    await pass(50);
    expect(client.last()).toMatchObject({ afterSeq: 0, lastSeq: MAX_EVENTS_PER_FRAME + 20, omitted: 20 });
    expect(client.seqs()).toEqual(oneTo(MAX_EVENTS_PER_FRAME + 20, 21));
  });

  it('never leaves out what nothing later repeats', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(50);
    feed.publish([notice('first'), ...staleOnes(2000)]);
    await pass(50);
    expect(client.seqs()[0]).toBe(1);
    expect(client.seqs()).toHaveLength(MAX_EVENTS_PER_FRAME);
    expect(client.last()).toMatchObject({ omitted: 2001 - MAX_EVENTS_PER_FRAME });
  });

  it('gives percentiles of lateness over all that fired since the last frame', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(50);
    feed.publish(oneTo(100).map(fired));
    await pass(50);
    expect(client.last()?.stats.latenessMs).toEqual({ p50: 50, p99: 99, max: 100 });
    feed.publish([stale(0)]);
    await pass(50);
    expect(client.last()?.stats.latenessMs).toBeNull();
  });

  it('replays everything that a client missed while it was away, nothing left out', async () => {
    const gone = createClient();
    const first = feed.subscribe(gone);
    first.start(null);
    feed.publish(staleOnes(10));
    await pass(50);
    first.end();
    feed.publish(staleOnes(3000));
    const back = createClient();
    feed.subscribe(back).start(10);
    await pass(1000);
    expect(back.seqs()).toEqual(oneTo(3010, 11));
    expect(back.frames.every((frame) => frame.kind === 'events' && frame.omitted === 0)).toBe(true);
  });

  it('tells a client to start over if what it missed is gone', async () => {
    feed.publish(staleOnes(FEED_RING_EVENTS + 100));
    const client = createClient();
    feed.subscribe(client).start(50);
    await pass(50);
    expect(client.frames).toMatchObject([
      { kind: 'reset', reason: 'lagged', lastSeq: FEED_RING_EVENTS + 100 },
    ]);
  });

  it('tells a client that comes from another host to start over', async () => {
    feed.publish(staleOnes(3));
    const client = createClient();
    feed.subscribe(client).start(4000);
    await pass(50);
    expect(client.frames).toMatchObject([{ kind: 'reset', reason: 'restarted', lastSeq: 3 }]);
  });

  it('sends nothing to a client that does not take what it got, and all of it when it does', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(50);
    client.buffered = MAX_BUFFERED_BYTES + 1;
    for (let round = 0; round < 10; round += 1) {
      feed.publish(staleOnes(40));
      await pass(1000);
    }
    expect(client.frames).toHaveLength(1);
    client.buffered = 0;
    await pass(50);
    expect(client.seqs()).toEqual(oneTo(400));
  });

  it('tells a client that lags by more than is kept to start over, and goes on from there', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    await pass(50);
    client.buffered = MAX_BUFFERED_BYTES + 1;
    feed.publish(staleOnes(FEED_RING_EVENTS + 1));
    await pass(1000);
    client.buffered = 0;
    await pass(50);
    expect(client.last()).toMatchObject({ kind: 'reset', reason: 'lagged', lastSeq: FEED_RING_EVENTS + 1 });
    feed.publish([stale(0)]);
    await pass(50);
    expect(client.seqs()).toEqual([FEED_RING_EVENTS + 2]);
  });

  it('does not hold up the others for a client that lags', async () => {
    const slow = createClient();
    const quick = createClient();
    feed.subscribe(slow).start(null);
    feed.subscribe(quick).start(null);
    await pass(50);
    slow.buffered = MAX_BUFFERED_BYTES + 1;
    feed.publish(staleOnes(3));
    await pass(50);
    expect(quick.seqs()).toEqual([1, 2, 3]);
    expect(slow.seqs()).toEqual([]);
  });

  it('leaves large data out, and says so', async () => {
    const client = createClient();
    feed.subscribe(client).start(null);
    const event = fired(0);
    if (event.event !== 'fired') throw new Error('it fired');
    feed.publish([{ ...event, account: { ...event.account, data: `"${'x'.repeat(5000)}"` } }]);
    await pass(50);
    expect(JSON.stringify(client.frames)).toContain('5002 characters, left out');
    expect(JSON.stringify(client.frames).length).toBeLessThan(2000);
  });

  it('makes every client start over when the whole content changed, then tells why', async () => {
    feed.publish(staleOnes(4));
    const client = createClient();
    feed.subscribe(client).start(2);
    await pass(50);
    feed.startAfresh(7, [{ event: 'database', change: 'restored' }]);
    await pass(200);
    expect(client.frames.slice(1)).toMatchObject([
      { kind: 'reset', reason: 'database', lastSeq: 4, stats: { pending: 7 } },
      { kind: 'events', lastSeq: 5, events: [{ seq: 5, event: 'database', change: 'restored' }] },
    ]);
  });

  it('makes a client that comes back after such a change start over', async () => {
    feed.publish(staleOnes(4));
    feed.startAfresh(0, [{ event: 'database', change: 'reset' }]);
    const client = createClient();
    feed.subscribe(client).start(4);
    await pass(50);
    expect(client.frames[0]).toMatchObject({ kind: 'reset', reason: 'database' });
  });

  it('covers every event exactly once for a client that neither lags nor leaves', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ events: fc.integer({ min: 0, max: 700 }), waitMs: fc.integer({ min: 0, max: 120 }) }),
        ),
        async (steps) => {
          const virtual = createVirtualClock();
          const some = createFeed({ clock: virtual, status: () => null });
          const client = createClient();
          some.subscribe(client).start(null);
          let published = 0;
          for (const { events, waitMs } of steps) {
            some.publish(staleOnes(events));
            published += events;
            await virtual.waitUntil(virtual.now() + waitMs);
          }
          await virtual.waitUntil(virtual.now() + 50);
          let position = 0;
          for (const frame of client.frames) {
            if (frame.kind !== 'events') {
              position = frame.lastSeq;
              continue;
            }
            expect(frame.afterSeq).toBe(position);
            expect(frame.events.length + frame.omitted).toBe(frame.lastSeq - frame.afterSeq);
            expect(frame.events.length).toBeLessThanOrEqual(MAX_EVENTS_PER_FRAME);
            position = frame.lastSeq;
          }
          expect(position).toBe(published);
        },
      ),
    ));
});
