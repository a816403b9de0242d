import { beforeEach, describe, expect, it } from 'vitest';
import { FEED_RING_EVENTS } from '../../src-shared/feed';
import type { Clock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createFeed, type Feed, MAX_BUFFERED_BYTES } from './feed';
import { createFeedClient, oneTo, stale, staleOnes } from './testing/feed-client';

describe('a client of the feed that falls behind', () => {
  let clock: Clock;
  let feed: Feed;
  const pass = (ms: number) => clock.waitUntil(clock.now() + ms);
  beforeEach(() => {
    clock = createVirtualClock(1_000_000);
    feed = createFeed({ clock, status: () => null });
  });

  it('replays everything that a client missed while it was away, nothing left out', async () => {
    const gone = createFeedClient();
    const first = feed.subscribe(gone);
    first.start(null);
    feed.publish(staleOnes(10));
    await pass(50);
    first.end();
    feed.publish(staleOnes(3000));
    const back = createFeedClient();
    feed.subscribe(back).start(10);
    await pass(1000);
    expect(back.seqs()).toEqual(oneTo(3010, 11));
    expect(back.frames.every((frame) => frame.kind === 'events' && frame.omitted === 0)).toBe(true);
  });

  it('tells a client to start over if what it missed is gone', async () => {
    feed.publish(staleOnes(FEED_RING_EVENTS + 100));
    const client = createFeedClient();
    feed.subscribe(client).start(50);
    await pass(50);
    expect(client.frames).toMatchObject([
      { kind: 'reset', reason: 'lagged', lastSeq: FEED_RING_EVENTS + 100 },
    ]);
  });

  it('tells a client that comes from another host to start over, wherever that one was', async () => {
    const before = createFeed({ clock, status: () => null });
    before.publish(staleOnes(2));
    const client = createFeedClient();
    before.subscribe(client).start(null);
    await pass(50);
    feed.publish(staleOnes(3));
    const seen = client.last();
    feed.subscribe(client).start(2, seen?.feedId);
    await pass(50);
    await pass(50);
    expect(client.frames.slice(1)).toMatchObject([
      { kind: 'reset', reason: 'restarted', lastSeq: 0 },
      { kind: 'events', afterSeq: 0, lastSeq: 3 },
    ]);
    const ahead = createFeedClient();
    feed.subscribe(ahead).start(4000);
    await pass(50);
    expect(ahead.frames[0]).toMatchObject({ kind: 'reset', reason: 'restarted' });
  });

  it('sends nothing to a client that does not take what it got, and all of it when it does', async () => {
    const client = createFeedClient();
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

  it('resets a client that is behind the ring, and continues from there', async () => {
    const client = createFeedClient();
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

  it('says of each frame that a client was not sent', async () => {
    let dropped = 0;
    const counted = createFeed({
      clock,
      status: () => null,
      onDropped: () => {
        dropped += 1;
      },
    });
    const client = createFeedClient();
    counted.subscribe(client).start(null);
    await pass(50);
    client.buffered = MAX_BUFFERED_BYTES;
    counted.publish([stale(0)]);
    await pass(50);
    expect(dropped).toBe(0);
    client.buffered = MAX_BUFFERED_BYTES + 1;
    counted.publish([stale(1)]);
    await pass(50);
    const atFirst = dropped;
    expect(atFirst).toBeGreaterThan(0);
    await pass(500);
    expect(dropped).toBe(atFirst + 10);
    counted.close();
  });

  it('does not hold up the others for a client that lags', async () => {
    const slow = createFeedClient();
    const quick = createFeedClient();
    feed.subscribe(slow).start(null);
    feed.subscribe(quick).start(null);
    await pass(50);
    slow.buffered = MAX_BUFFERED_BYTES + 1;
    feed.publish(staleOnes(3));
    await pass(50);
    expect(quick.seqs()).toEqual([1, 2, 3]);
    expect(slow.seqs()).toEqual([]);
  });

  it('makes every client start over when the whole content changed, then tells why', async () => {
    feed.publish(staleOnes(4));
    const client = createFeedClient();
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
    const client = createFeedClient();
    feed.subscribe(client).start(4);
    await pass(50);
    expect(client.frames[0]).toMatchObject({ kind: 'reset', reason: 'database' });
  });
});
