import { expect, test } from 'vitest';
import type { FeedFrame } from '../../src-shared/feed';
import { QUIET_STATS } from '../../src-shared/testing/quiet-stats';
import type { ClientMessage } from '../../src-shared/wire';
import { createManualClock } from '../clock-for-tests';
import { createClient, retryDelayMs } from './client';
import type { LinkEvents } from './link';

/** The test holds both ends. */
function createWire() {
  const links: { events: LinkEvents; sent: ClientMessage[] }[] = [];
  const openLink = (events: LinkEvents) => {
    const sent: ClientMessage[] = [];
    links.push({ events, sent });
    return { send: (message: ClientMessage) => sent.push(message), close: () => events.closed('lost') };
  };
  const last = () => {
    const link = links[links.length - 1];
    if (!link) throw new Error('no link was opened');
    return link;
  };
  return { openLink, last, count: () => links.length };
}

const frame = (lastSeq: number): FeedFrame => ({
  kind: 'events',
  feedId: 'feed',
  afterSeq: lastSeq - 1,
  lastSeq,
  events: [],
  omitted: 0,
  status: null,
  stats: QUIET_STATS,
});

test('a call made before the connection opens goes out when it does', async () => {
  const wire = createWire();
  const client = createClient(wire.openLink, createManualClock());
  const reply = client.call('callbacks.counts', {});
  expect(wire.last().sent).toEqual([]);
  wire.last().events.opened();
  expect(wire.last().sent).toEqual([
    { type: 'subscribe', afterSeq: null },
    { type: 'call', callId: 0, method: 'callbacks.counts', params: {} },
  ]);
  const result = { pending: 1, fired: 2, cancelled: 3, paused: false };
  wire.last().events.received({ type: 'reply', callId: 0, ok: true, result });
  expect(await reply).toEqual(result);
});

test('an error of the host arrives with its code and details', async () => {
  const wire = createWire();
  const client = createClient(wire.openLink, createManualClock());
  wire.last().events.opened();
  const reply = client.call('run.step', {});
  wire.last().events.received({
    type: 'reply',
    callId: 0,
    ok: false,
    error: { code: 'conflict', message: 'The run is not paused.', details: { hint: 'Pause it first.' } },
  });
  await expect(reply).rejects.toMatchObject({
    code: 'conflict',
    message: 'The run is not paused.',
    details: { hint: 'Pause it first.' },
  });
});

test('replies find their calls in whatever order they come', async () => {
  const wire = createWire();
  const client = createClient(wire.openLink, createManualClock());
  wire.last().events.opened();
  const first = client.call('callbacks.pause', {});
  const second = client.call('run.status', {});
  wire.last().events.received({ type: 'reply', callId: 1, ok: true, result: 'second' });
  wire.last().events.received({ type: 'reply', callId: 0, ok: true, result: 'first' });
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
});

test('after a loss it asks for what came since the last frame it saw', () => {
  const wire = createWire();
  const clock = createManualClock();
  const client = createClient(wire.openLink, clock);
  const seen: number[] = [];
  client.subscribe((next) => seen.push(next.lastSeq));
  wire.last().events.opened();
  wire.last().events.received({ type: 'frame', frame: frame(41) });
  wire.last().events.closed('lost');
  expect(client.connection.getState()).toEqual({
    phase: 'lost',
    attempt: 1,
    retryAtMs: clock.nowMs() + retryDelayMs(1),
    ended: false,
  });
  clock.advance(retryDelayMs(1));
  expect(wire.count()).toBe(2);
  wire.last().events.opened();
  expect(wire.last().sent).toEqual([{ type: 'subscribe', afterSeq: 41, feedId: 'feed' }]);
  wire.last().events.received({ type: 'frame', frame: frame(42) });
  expect(seen).toEqual([41, 42]);
});

test('a call in flight fails when the connection is lost, and a new one at once', async () => {
  const wire = createWire();
  const client = createClient(wire.openLink, createManualClock());
  wire.last().events.opened();
  const inFlight = client.call('run.status', {});
  wire.last().events.closed('lost');
  await expect(inFlight).rejects.toMatchObject({ code: 'disconnected' });
  await expect(client.call('run.status', {})).rejects.toMatchObject({ code: 'disconnected' });
});

test('waits longer after each failure, up to a bound, and starts over once it was open', () => {
  const wire = createWire();
  const clock = createManualClock();
  const client = createClient(wire.openLink, clock);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    wire.last().events.closed('lost');
    clock.advance(retryDelayMs(attempt) - 1);
    expect(wire.count()).toBe(attempt);
    clock.advance(1);
    expect(wire.count()).toBe(attempt + 1);
  }
  wire.last().events.opened();
  wire.last().events.closed('lost');
  expect(client.connection.getState()).toMatchObject({ phase: 'lost', attempt: 1 });
  expect(retryDelayMs(30)).toBe(5_000);
});

test('a host that refuses is not tried again', async () => {
  const wire = createWire();
  const clock = createManualClock();
  const client = createClient(wire.openLink, clock);
  wire.last().events.opened();
  wire.last().events.closed('lost');
  clock.advance(retryDelayMs(1));
  wire.last().events.closed('refused');
  expect(client.connection.getState()).toEqual({ phase: 'refused' });
  await expect(client.call('run.status', {})).rejects.toMatchObject({ code: 'disconnected' });
  clock.advance(60_000);
  expect(wire.count()).toBe(2);
});

test('a host that has ended is looked for until it is back, and known as ended meanwhile', () => {
  const wire = createWire();
  const clock = createManualClock();
  const client = createClient(wire.openLink, clock);
  wire.last().events.opened();
  wire.last().events.closed('lost');
  clock.advance(retryDelayMs(1));
  wire.last().events.closed('ended');
  expect(client.connection.getState()).toMatchObject({ phase: 'lost', ended: true });
  clock.advance(retryDelayMs(2));
  expect(client.connection.getState()).toEqual({ phase: 'connecting', attempt: 2, ended: true });
  wire.last().events.opened();
  expect(client.connection.getState()).toEqual({ phase: 'open' });
});

test('reconnect tries at once', () => {
  const wire = createWire();
  const client = createClient(wire.openLink, createManualClock());
  wire.last().events.closed('lost');
  client.reconnect();
  expect(wire.count()).toBe(2);
});

test('a closed client opens nothing more', () => {
  const wire = createWire();
  const clock = createManualClock();
  const client = createClient(wire.openLink, clock);
  client.close();
  clock.advance(60_000);
  expect(wire.count()).toBe(1);
});

test('a new client subscribes once: a second subscription would send some events again', () => {
  const wire = createWire();
  createClient(wire.openLink, createManualClock());
  wire.last().events.opened();
  wire.last().events.received({ type: 'frame', frame: frame(50_000) });
  wire.last().events.received({ type: 'frame', frame: frame(50_001) });
  expect(wire.last().sent).toEqual([{ type: 'subscribe', afterSeq: null }]);
});

test('each call begins a trace of its own, as soon as the host is known to keep traces', () => {
  const wire = createWire();
  const client = createClient(wire.openLink, createManualClock());
  wire.last().events.opened();
  const call = () => {
    void client.call('run.status', {});
    const sent = wire.last().sent.at(-1);
    return sent?.type === 'call' ? sent.traceparent : null;
  };
  expect(call()).toBe(undefined);
  client.trace(true);
  const traces = [call(), call()];
  expect(new Set(traces).size).toBe(2);
  for (const traceparent of traces) expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  client.trace(false);
  expect(call()).toBe(undefined);
});
