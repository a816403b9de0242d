import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { NO_COUNTS, type RunStatus } from '../../src-shared/events';
import type { EngineEvent } from '../../src-shared/feed';
import { MAX_EVENTS_PER_FRAME } from '../../src-shared/feed';
import { runStatus } from '../../src-shared/testing/events';
import type { Clock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createFeed, type Feed, type FeedSubscription, JOIN_EVENTS } from './feed';
import { cancelled, createFeedClient, fired, notice, oneTo, stale, staleOnes } from './testing/feed-client';

const runningStatus = runStatus({ source: 'a.json' });

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

  it('tells a client that joins where things stand, and the latest of the past', async () => {
    feed.setPending(3);
    feed.publish(staleOnes(JOIN_EVENTS + 5));
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    await pass(50);
    expect(client.frames[0]).toMatchObject({
      kind: 'events',
      afterSeq: 5,
      lastSeq: 5 + MAX_EVENTS_PER_FRAME,
      omitted: 0,
      status: null,
      stats: {
        timeMs: 1_000_000,
        updates: JOIN_EVENTS + 5,
        fired: 0,
        cancelled: 0,
        pending: 3,
        sinceRun: { fired: 0, cancelled: 0 },
        latenessMs: null,
      },
    });
    await pass(1_000);
    expect(client.seqs()).toEqual(oneTo(JOIN_EVENTS + 5, 6));
  });

  it('counts on what fires and is cancelled after a run, until another begins', async () => {
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    const ended: RunStatus = { ...runningStatus, state: 'failed', endedAtMs: 1 };
    const said = async (...events: EngineEvent[]) => {
      feed.publish(events);
      await pass(50);
      return client.last()?.stats.sinceRun;
    };
    expect(await said({ event: 'run', status: runningStatus }, fired(1))).toEqual({ fired: 0, cancelled: 0 });
    // The counts of the summary are the run's last, though it is active until they are recorded.
    const summary = {
      event: 'summary',
      runId: '1',
      at: 0,
      wallMs: 0,
      counts: NO_COUNTS,
      complete: true,
    } as const;
    expect(await said(fired(1), summary, fired(1))).toEqual({ fired: 1, cancelled: 0 });
    expect(await said({ event: 'run', status: ended }, fired(1), cancelled())).toEqual({
      fired: 2,
      cancelled: 1,
    });
    expect(await said({ event: 'run', status: { ...runningStatus, runId: '2' } }, fired(1, '2'))).toEqual({
      fired: 0,
      cancelled: 0,
    });
    // An interrupted run has no summary.
    expect(await said({ event: 'run', status: ended }, fired(1))).toEqual({ fired: 1, cancelled: 0 });
    feed.startAfresh(0, []);
    await pass(50);
    expect(client.last()?.stats.sinceRun).toEqual({ fired: 0, cancelled: 0 });
  });

  it('counts callbacks of other runs beside the run under way, which counts its own', async () => {
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    const running = { event: 'run', status: runningStatus } as const;
    feed.publish([running, fired(1), cancelled(), fired(1, '7'), cancelled('7'), fired(1, '8')]);
    // A pause does not restart the counts.
    feed.publish([{ ...running, status: { ...runningStatus, state: 'paused' } }, running, fired(1, '7')]);
    await pass(50);
    expect(client.last()?.stats).toMatchObject({ fired: 4, cancelled: 2 });
    expect(client.last()?.stats.sinceRun).toEqual({ fired: 3, cancelled: 1 });
  });

  it('sends what happened in order, numbered from 1 without gaps', async () => {
    const client = createFeedClient();
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
    const client = createFeedClient();
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
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    await pass(60_000);
    expect(client.frames).toHaveLength(1);
  });

  it('tells of a run under way every second, also while nothing happens', async () => {
    status = runningStatus;
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    await pass(5_500);
    expect(client.frames).toHaveLength(6);
    status = { ...runningStatus, endedAtMs: 5_000 };
    await pass(60_000);
    expect(client.frames.length).toBeLessThanOrEqual(7);
  });

  it('leaves out the oldest events of a full frame and counts them', async () => {
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    await pass(50);
    feed.publish(staleOnes(MAX_EVENTS_PER_FRAME + 20));
    await pass(50);
    expect(client.last()).toMatchObject({ afterSeq: 0, lastSeq: MAX_EVENTS_PER_FRAME + 20, omitted: 20 });
    expect(client.seqs()).toEqual(oneTo(MAX_EVENTS_PER_FRAME + 20, 21));
  });

  it('never leaves out what nothing later repeats', async () => {
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    await pass(50);
    feed.publish([notice('first'), ...staleOnes(2000)]);
    await pass(50);
    expect(client.seqs()[0]).toBe(1);
    expect(client.seqs()).toHaveLength(MAX_EVENTS_PER_FRAME);
    expect(client.last()).toMatchObject({ omitted: 2001 - MAX_EVENTS_PER_FRAME });
  });

  it('gives percentiles of lateness over all that fired since the last frame', async () => {
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    await pass(50);
    feed.publish(oneTo(100).map((lateMs) => fired(lateMs)));
    await pass(50);
    expect(client.last()?.stats.latenessMs).toEqual({ p50: 50, p99: 99, max: 100 });
    // Lateness ignores callbacks that a person fired.
    const byHand = [2, 3].map((lateMs) => ({ ...fired(lateMs), byHand: true }) as EngineEvent);
    feed.publish([stale(0), ...byHand]);
    await pass(50);
    expect(client.last()?.stats.latenessMs).toBeNull();
  });

  it('ends a long report with the type that goes beyond a thousand leaders, and says so', async () => {
    const leaders = Array.from({ length: 100 }, (_, at) => ({ id: `id-${at}`, version: '1' }));
    const types = Array.from({ length: 900 }, (_, at) => ({
      accountType: `type-${at}`,
      tokens: '1',
      tied: 5_000,
      leaders,
    }));
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    const report = {
      event: 'report',
      runId: '1',
      at: 0,
      wallMs: 0,
      types,
      moreTypes: false,
      complete: true,
    } as const;
    feed.publish([report, { ...report, types: types.slice(0, 11) }]);
    await pass(50);
    const cut = { ...report, types: types.slice(0, 11), moreTypes: true };
    const events = client.frames.flatMap((frame) => (frame.kind === 'events' ? frame.events : []));
    expect(events).toMatchObject([cut, { ...cut, moreTypes: false }]);
  });

  it('leaves large data out, and says so', async () => {
    const client = createFeedClient();
    feed.subscribe(client).start(null);
    const event = fired(0);
    if (event.event !== 'fired') throw new Error('it fired');
    feed.publish([{ ...event, account: { ...event.account, data: `"${'x'.repeat(5000)}"` } }]);
    await pass(50);
    expect(JSON.stringify(client.frames)).toContain('5002 characters, left out');
    expect(JSON.stringify(client.frames).length).toBeLessThan(2000);
  });

  it('gives each event once and in order to a client that joins at any instant, leaves and comes back', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            events: fc.integer({ min: 0, max: 700 }),
            waitMs: fc.integer({ min: 0, max: 120 }),
            link: fc.constantFrom('keep', 'keep', 'keep', 'drop', 'open'),
          }),
        ),
        async (steps) => {
          const virtual = createVirtualClock();
          const some = createFeed({ clock: virtual, status: () => null });
          const client = createFeedClient();
          const subscriptions: FeedSubscription[] = [];
          const open = () => {
            const seen = client.last();
            const subscription = some.subscribe(client);
            subscriptions.push(subscription);
            if (seen) subscription.start(seen.lastSeq, seen.feedId);
            else subscription.start(null);
          };
          let published = 0;
          for (const { events, waitMs, link } of steps) {
            some.publish(staleOnes(events));
            published += events;
            if (link === 'drop') subscriptions.pop()?.end();
            else if (link === 'open' && subscriptions.length === 0) open();
            await virtual.waitUntil(virtual.now() + waitMs);
          }
          if (subscriptions.length === 0) open();
          await virtual.waitUntil(virtual.now() + 2_000);
          const seqs = client.seqs();
          expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
          // Each frame starts where the previous one ended, so nothing is missing in between.
          for (const [index, frame] of client.frames.entries()) {
            const before = client.frames[index - 1];
            if (before && frame.kind === 'events') expect(frame.afterSeq).toBe(before.lastSeq);
          }
          expect(client.last()?.lastSeq).toBe(published);
        },
      ),
    ));

  it('covers every event exactly once for a client that neither lags nor leaves', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ events: fc.integer({ min: 0, max: 700 }), waitMs: fc.integer({ min: 0, max: 120 }) }),
        ),
        async (steps) => {
          const virtual = createVirtualClock();
          const some = createFeed({ clock: virtual, status: () => null });
          const client = createFeedClient();
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
