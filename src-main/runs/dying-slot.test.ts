import { expect, it } from 'vitest';
import { connectionSchema } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { ACCOUNTS_AT_ONCE } from '../accounts/sql/dead-slots';
import type { Database, Queryable, SqlValue, Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { LiveSource } from '../ingestion/live/live-source';
import { memorySource } from '../ingestion/testing/memory-source';
import type { Clock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import {
  accountAt,
  createHurriedClock,
  type LiveServer,
  startLiveServer,
  toRecord,
} from './testing/live-server';
import { openEngine, untilEvent, update } from './testing/open-engine';
import { eventsOf } from './testing/play-run';

const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
const inputOf = (source: LiveSource) => ({
  source,
  connection: connectionSchema.parse({ kind: 'follow', path: source.name }),
  settings,
  toRecord,
});
const untilConnects = async ({ connects }: LiveServer, count: number) => {
  while (connects() < count) await new Promise((resolve) => setImmediate(resolve));
};

/** A clock that a test moves. Nothing waits for its alarms. */
function createMovedClock() {
  let nowMs = 0;
  const alarms = new Set<{ readonly at: number; readonly wake: () => void | Promise<void> }>();
  const ring = () => {
    for (const alarm of [...alarms]) if (alarm.at <= nowMs && alarms.delete(alarm)) void alarm.wake();
  };
  const clock: Clock = {
    ...createVirtualClock(),
    now: () => nowMs,
    monotonicMs: () => nowMs,
    setAlarm(at, wake) {
      const alarm = { at, wake };
      alarms.add(alarm);
      setImmediate(ring);
      return { clear: () => alarms.delete(alarm) };
    },
  };
  const moveTo = (ms: number) => {
    nowMs = ms;
    ring();
  };
  return { clock, moveTo };
}

/** Calls `then` before each step of a death, with its number. */
function onFallBack(db: Database, then: (step: number) => Promise<void>): Database {
  let steps = 0;
  const watched = (tx: Queryable): Queryable => ({
    ...tx,
    async query<Row>(statement: Statement, values?: readonly SqlValue[]) {
      if (statement.name === 'fall_back') await then(++steps);
      return tx.query<Row>(statement, values);
    },
  });
  return { ...db, transaction: (work) => db.transaction((tx) => work(watched(tx))) };
}

describeOnEachDatabase('the death of a slot', (empty) => {
  it('lets its accounts fall back before anything else if a step failed', async () => {
    const db = await empty();
    const failing = onFallBack(db, async (step) => {
      if (step === 2) throw new IngotError('internal', 'The second step failed.');
    });
    const { engine, events } = await openEngine(failing, createHurriedClock());
    const accounts = Array.from({ length: ACCOUNTS_AT_ONCE + 2 }, (_, n) => `in-slot-${1000 + n}`);
    const callbackTimeMs = 3_600_000;
    const updates = accounts.map((id) => update(id, 1, { version: '8:1', callbackTimeMs }));
    await (await engine.startRun(memorySource(updates), settings)).ended;
    const server = startLiveServer();
    const open = await engine.connect(inputOf(server.source));
    await untilConnects(server, 1);
    server.say({ kind: 'slot', slot: '8', status: 'dead' });
    expect(await open.ended).toMatchObject({ run: { state: 'failed' } });
    const last = { id: accounts.at(-1) as string, version: '8:1' };
    await expect(engine.callbacks.fire(last)).rejects.toMatchObject({ code: 'conflict' });
    expect(engine.pending.count()).toBe(0);
    const cancelled = events.flatMap((event) => (event.event === 'cancelled' ? event.id : []));
    expect(cancelled).toEqual(accounts);
    await engine.close();
  });

  it('lets others write between its steps, about accounts that have fallen back by then', async () => {
    const db = await empty();
    const clock = createHurriedClock();
    const dying = startLiveServer({ name: 'dying' });
    const other = startLiveServer({ name: 'other' });
    let steps = 0;
    let isReceived = async () => {};
    const counting = onFallBack(db, async (step) => {
      steps = step;
      // Everything is in the line before the second step.
      if (step === 1) await isReceived();
    });
    const { engine, events } = await openEngine(counting, clock);
    const accounts = Array.from({ length: 6 * ACCOUNTS_AT_ONCE }, (_, n) => `in-slot-${1000 + n}`);
    const [last, beforeLast, third] = accounts.toReversed() as [string, string, string];
    const callbackTimeMs = 3_600_000;
    const updates = [
      update('elsewhere', 1, { callbackTimeMs }),
      update(beforeLast, 1, { version: '3:1', callbackTimeMs }),
      ...accounts.map((id) => update(id, 1, { version: '8:1', callbackTimeMs })),
    ];
    await (await engine.startRun(memorySource(updates), settings)).ended;
    await engine.connect(inputOf(dying.source));
    const open = await engine.connect(inputOf(other.source));
    await untilConnects(dying, 1);
    await untilConnects(other, 1);
    const inSlot = (id: string, slot: string) =>
      other.say({ kind: 'account', account: { ...accountAt(9), id, slot } });
    isReceived = async () => {
      inSlot(last, '7');
      inSlot(beforeLast, '9');
      inSlot('new', '10');
      for (let turns = 0; open.status().headSlot !== '10' || turns < 20; turns += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const byHand: Promise<unknown>[] = [];
    const began = untilEvent(engine, ({ event }) => event === 'retracted').then(() => {
      byHand.push(engine.callbacks.fire({ id: 'elsewhere', version: '1' }));
      byHand.push(engine.callbacks.fire({ id: third, version: '8:1' }));
    });
    const ended = untilEvent(engine, (event) => event.event === 'cancelled' && event.id === accounts.at(-4));
    dying.say({ kind: 'slot', slot: '8', status: 'dead' });
    await began;
    const [, refused] = await Promise.allSettled(byHand);
    expect(refused).toMatchObject({ reason: { code: 'conflict', message: /dead slot/ } });
    await ended;
    const begin = events.findIndex(({ event }) => event === 'retracted');
    const told = events
      .slice(begin)
      .flatMap((event) =>
        'id' in event && 'version' in event ? [`${event.event} ${event.id} ${event.version}`] : [],
      );
    const place = (text: string) => told.indexOf(text);
    const end = place(`cancelled ${accounts.at(-4)} 8:1`);
    for (const [id, version] of [
      [last, '7:1'],
      [beforeLast, '9:1'],
      ['new', '10:1'],
    ] as const) {
      expect(place(`indexed ${id} ${version}`), id).toBeGreaterThan(place(`cancelled ${id} 8:1`));
      expect(place(`indexed ${id} ${version}`), id).toBeLessThan(end);
    }
    expect(told).toContain('fired elsewhere 1');
    expect(place('fired elsewhere 1')).toBeLessThan(end);
    expect(steps).toBe(6);
    expect(new Set(told).size).toBe(told.length);
    const { rows } = await db.query({
      name: 'test_latest',
      deadline: 'read',
      text: `SELECT id, slot::int4 FROM accounts WHERE id NOT LIKE 'account-%' ORDER BY slot`,
    });
    expect(rows).toEqual([
      { id: 'elsewhere', slot: 0 },
      { id: last, slot: 7 },
      { id: beforeLast, slot: 9 },
      { id: 'new', slot: 10 },
    ]);
    await engine.close();
  });

  it('lets callbacks fire between its steps, and never those of its slot, in the order of their times', async () => {
    const db = await empty();
    const { clock, moveTo } = createMovedClock();
    const dying = startLiveServer();
    let steps = 0;
    const watched = onFallBack(db, async (step) => {
      steps = step;
      // All of them fall due within the first step.
      moveTo(2_000);
      await new Promise((resolve) => setImmediate(resolve));
    });
    const { engine, events } = await openEngine(watched, clock);
    const accounts = Array.from({ length: 3 * ACCOUNTS_AT_ONCE }, (_, n) => `in-slot-${1000 + n}`);
    const updates = accounts.map((id) => update(id, 1, { version: '8:1' }));
    await (await engine.startRun(memorySource([...updates, update('elsewhere', 1)]), settings)).ended;
    const open = await engine.connect(inputOf(dying.source));
    await untilConnects(dying, 1);
    dying.say({ kind: 'slot', slot: '8', status: 'dead' });
    dying.say({ kind: 'account', account: accountAt(9) });
    await untilEvent(engine, (event) => event.event === 'indexed' && event.runId === open.runId);
    expect(steps).toBe(2);
    expect(eventsOf(events, 'fired').map(({ id, at }) => [id, at])).toEqual([['elsewhere', 2_000]]);
    expect(
      eventsOf(events, 'cancelled')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(accounts);
    expect(engine.figuresOf('1')?.counts).toMatchObject({ fired: 1, cancelled: accounts.length });
    expect(engine.pending.count()).toBe(1);
    const { rows } = await db.query<{ how: string; at: number; count: number }>({
      name: 'test_settled',
      deadline: 'read',
      text: `SELECT how, at_ms::int4 AS at, count(*)::int4 AS count FROM settled_callbacks
        GROUP BY how, at_ms ORDER BY min(seq)`,
    });
    expect(rows).toEqual([
      { how: 'dead slot', at: 0, count: ACCOUNTS_AT_ONCE },
      { how: 'dead slot', at: 2_000, count: 2 * ACCOUNTS_AT_ONCE },
      { how: 'due', at: 2_000, count: 1 },
    ]);
    await engine.close();
  });
});
