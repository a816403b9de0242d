import { setImmediate } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import {
  CALLBACK_DELIVERY_STATES,
  type CallbackDeliveryState,
  deliveriesQuerySchema,
} from '../../src-shared/deliveries';
import { createViews } from '../accounts/views/create-views';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { openEngine, update } from '../runs/testing/open-engine';
import { paced, playRun } from '../runs/testing/play-run';
import { type Clock, createSystemClock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { accounts, fire, openTestDeliveries, SECRET, webhook } from './testing/open-test-deliveries';
import { accept, answer, openReceiver } from './testing/receiver';

const NOW = Date.UTC(2026, 10, 30);
const FIRED = [{ event: 'fired' }] as never;
const NONE_PENDING = { count: () => 0, earliestMs: () => null, each: () => {} };
const pageOf = (target: string, query: object = {}) => deliveriesQuerySchema.parse({ target, ...query });
const stored = async (db: Database) =>
  (
    await db.query<{ seq: string; state: string; attempts: number }>({
      name: 'test',
      deadline: 'read',
      text: 'SELECT seq, state, attempts FROM deliveries ORDER BY seq',
    })
  ).rows;
/** Calls `heard` with the name of each statement, between its end and its answer. */
const hearStatements = (db: Database, heard: (name: string) => Promise<void>): Database => ({
  ...db,
  async query(statement, values) {
    const result = await db.query<never>(statement, values);
    await heard(statement.name);
    return result;
  },
});

describeOnEachDatabase('deliveries', (empty) => {
  it('send each fired callback as a signed CloudEvent of the account at that version, exactly', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    const deliveries = await openTestDeliveries(database, createSystemClock());
    await deliveries.add('hook', webhook(receiver.url, { secret: 'TEST' }));
    await deliveries.arm('hook', 'now');
    const data = '{"big":123456789012345678901234567890,"text":"ünï"}';
    await fire(database, [
      update('konto ü', 1, { data, tokens: '18446744073709551615', slot: '7' }) as never,
      update('cancelled', 1, { callbackTimeMs: 60_000 }) as never,
      update('cancelled', 2) as never,
    ]);
    deliveries.hear(FIRED);
    await deliveries.attempted(2);

    const first = receiver.received.find(({ event }) => event.subject === 'konto ü');
    expect(first?.event).toMatchObject({
      specversion: '1.0',
      type: 'ingot.callback.fired',
      source: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      data: { account: 'konto ü', accountType: 'mint', tokens: '18446744073709551615', firedByHand: false },
    });
    // PostgreSQL prints JSON with spaces.
    expect(first?.body.replaceAll(' ', '')).toContain(`"data":${data}`);
    expect(first?.headers['content-type']).toContain('application/cloudevents+json');
    const headers = first?.headers as Record<string, string>;
    expect(decodeURIComponent(headers['webhook-id'] ?? '')).toBe(first?.event.id);
    expect(new Webhook(SECRET).verify(first?.body ?? '', headers)).toMatchObject({ id: first?.event.id });
    expect(() => new Webhook(SECRET).verify(`${first?.body} `, headers)).toThrow('No matching signature');
    expect(receiver.received.map(({ event }) => event.id).toSorted()).toEqual([
      'cancelled:2',
      first?.event.id,
    ]);
    expect(await deliveries.list()).toMatchObject([
      { name: 'hook', armed: true, delivered: 2, waiting: 0, dead: 0, behind: 0, lastError: null },
    ]);
    expect((await deliveries.page(pageOf('hook'))).rows).toMatchObject([
      { state: 'delivered', attempts: 1, answer: '204', error: null },
      { state: 'delivered' },
    ]);
  });

  it('come to every callback where one request in three fails, one hangs and one is told to wait', async () => {
    const database = await empty();
    const clock = createVirtualClock(NOW);
    const hung = new Set<string>();
    const receiver = await openReceiver((response, number, { event }) => {
      if (number === 5) hung.add(event.id);
      else if (number === 8) answer(429, { 'retry-after': '30' })(response, number, {} as never);
      else if (number % 3 === 0) answer(500)(response, number, {} as never);
      else accept(response, number, {} as never);
    });
    const deliveries = await openTestDeliveries(database, clock, () => 0.5);
    const patient = { concurrency: 3, timeoutSeconds: 600, maxAttempts: 100, giveUpAfterHours: 720 };
    await deliveries.add('hook', webhook(receiver.url, patient));
    await deliveries.arm('hook', 'now');
    await fire(database, accounts(40));
    deliveries.hear(FIRED);
    // What has come in is answered and saved before time moves, but for the one that hangs.
    while ((await deliveries.list())[0]?.delivered !== 40) {
      await deliveries.attempted(receiver.received.length - hung.size);
      await clock.waitUntil(clock.now() + 500);
    }
    expect(await deliveries.list()).toMatchObject([{ delivered: 40, waiting: 0, dead: 0, behind: 0 }]);
    const delivered = new Set(receiver.received.map(({ event }) => event.id));
    expect(delivered.size).toBe(40);
    expect(receiver.received.length).toBeGreaterThan(50);
    expect(deliveries.attempts.some(({ error }) => error === 'It did not answer within 600 s.')).toBe(true);
  });

  it('go on where the stored settings of one target cannot be read, until it is added again', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    const first = await openTestDeliveries(database, createSystemClock());
    for (const name of ['newer', 'known']) {
      await first.add(name, webhook(receiver.url));
      await first.arm(name, 'now');
    }
    await first.close();
    await database.query({
      name: 'test',
      deadline: 'write',
      text: `UPDATE targets SET settings = settings || '{"timeoutSeconds":0,"batch":10}' WHERE name = 'newer'`,
    });

    const deliveries = await openTestDeliveries(database, createSystemClock());
    const problem =
      'Its stored settings cannot be read (timeoutSeconds: must be a whole number from 1 to 600). Remove it, or add it again under its name.';
    expect(deliveries.events).toMatchObject([{ event: 'notice', message: expect.stringContaining(problem) }]);
    await fire(database, accounts(2));
    deliveries.hear(FIRED);
    await deliveries.attempted(2);
    await deliveries.drain(new AbortController().signal);
    expect(await deliveries.list()).toMatchObject([
      { name: 'known', delivered: 2, problem: null },
      { name: 'newer', armed: true, delivered: 0, behind: 2, problem, settings: { kind: 'unreadable' } },
    ]);
    expect(await deliveries.figures()).toMatchObject({ held: 1 });
    await expect(deliveries.test('newer')).rejects.toThrow(problem);

    await deliveries.add('newer', webhook(receiver.url));
    await deliveries.attempted(4);
    expect(await deliveries.list()).toMatchObject([{ delivered: 2 }, { delivered: 2, problem: null }]);
    await expect(deliveries.add('newer', webhook(receiver.url))).rejects.toThrow('There is a target newer');
  });

  it('wait longer each time, and are dead in the end until a person sends them again', async () => {
    const database = await empty();
    const clock = createVirtualClock(NOW);
    const cameAtMs: number[] = [];
    const receiver = await openReceiver((response, number, request) => {
      cameAtMs.push(clock.now());
      answer(500)(response, number, request);
    });
    const deliveries = await openTestDeliveries(database, clock);
    await deliveries.add('hook', webhook(receiver.url, { maxAttempts: 4, timeoutSeconds: 600 }));
    await deliveries.arm('hook', 'now');
    await fire(database, accounts(1));
    deliveries.hear(FIRED);
    while (deliveries.attempts.at(-1)?.state !== 'dead') {
      await deliveries.attempted(receiver.received.length);
      await setImmediate();
      await clock.waitUntil(clock.now() + 10);
    }
    // Without chance: 1 s, 2 s, 4 s.
    const [first = 0, second = 0, third = 0, fourth = 0] = cameAtMs;
    expect(second - first).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(2_000);
    expect(fourth - third).toBeGreaterThanOrEqual(4_000);
    const { rows } = await deliveries.page(pageOf('hook', { state: 'dead' }));
    expect(rows).toMatchObject([
      {
        id: 'account-0',
        version: '1',
        state: 'dead',
        attempts: 4,
        answer: '500',
        error: 'It answered 500. sorry',
      },
    ]);
    expect(await deliveries.ofCallback({ id: 'account-0', version: '1' })).toMatchObject([
      { target: 'hook', delivery: { state: 'dead' } },
    ]);
    await clock.waitUntil(clock.now() + 86_400_000);
    expect(receiver.received).toHaveLength(4);

    receiver.behave(accept);
    expect(await deliveries.resend('hook', null)).toBe(1);
    await deliveries.attempted(5);
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1);
    expect(await deliveries.list()).toMatchObject([{ delivered: 1, dead: 0, waiting: 0 }]);
  });

  it('are not made for runs that do not deliver, for what fired before, and after a receiver is gone', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    const deliveries = await openTestDeliveries(database, createSystemClock());
    await fire(database, [update('before', 1) as never]);
    await deliveries.add('hook', webhook(receiver.url));
    await fire(database, [update('unarmed', 1) as never]);
    await deliveries.arm('hook', 'now');
    await fire(database, [update('silent', 1) as never], { deliver: false });
    await fire(database, [update('sent', 1) as never]);
    deliveries.hear(FIRED);
    await deliveries.drain(new AbortController().signal);
    expect(receiver.received.map(({ event }) => event.id)).toEqual(['sent:1']);

    receiver.behave(answer(410));
    await fire(database, [update('gone', 1) as never]);
    deliveries.hear(FIRED);
    await deliveries.drain(new AbortController().signal);
    expect(await deliveries.list()).toMatchObject([
      { armed: false, disarmedBecause: 'Its receiver says that it is gone for good (410).' },
    ]);
    expect(deliveries.events).toMatchObject([{ event: 'notice', level: 'warning' }]);
    expect(receiver.received).toHaveLength(2);

    // What fired while it was disarmed is sent if a person says so.
    receiver.behave(accept);
    await fire(database, [update('meanwhile', 1) as never]);
    await deliveries.arm('hook', 'where it stopped');
    await receiver.until(3);
    expect(receiver.received[2]?.event.id).toBe('meanwhile:1');

    await deliveries.change('hook', webhook(receiver.url, { secret: 'GONE' }));
    expect(await deliveries.figures()).toMatchObject({ held: 1 });
    expect(deliveries.events.at(-1)).toMatchObject({
      message: expect.stringContaining('The target hook is armed and sends nothing.'),
    });
  });

  it('leave large data out and say so, and refuse private addresses without permission', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    const deliveries = await openTestDeliveries(database, createSystemClock());
    await deliveries.add('small', webhook(receiver.url, { maxDataBytes: 20, event: 'quiet' }));
    await deliveries.add('public', webhook(receiver.url, { allowPrivate: false }));
    await deliveries.add(
      'named',
      webhook(receiver.url.replace('127.0.0.1', 'localhost'), { allowPrivate: false }),
    );
    await deliveries.arm('small', 'now');
    await fire(database, accounts(1, { data: JSON.stringify('x'.repeat(50)), callbackTimeMs: 90_000 }));
    deliveries.hear(FIRED);
    await receiver.until(1);
    expect(receiver.received[0]?.event).toMatchObject({
      type: 'ingot.account.quiet',
      data: { message: 'account-0 was not updated for 01:30.000.', dataLeftOut: true, dataBytes: 52 },
    });
    expect(receiver.received[0]?.event.data).not.toHaveProperty('data');
    for (const name of ['public', 'named']) {
      expect(await deliveries.test(name)).toMatchObject({
        delivered: false,
        error: expect.stringContaining('is an address of this machine or of a private network'),
      });
    }
    expect(receiver.received).toHaveLength(1);
  });

  it('keep the cursor before what has no row, so that nothing is lost where the process ends in between', async () => {
    const database = await empty();
    const hanging = new Set<string>();
    const receiver = await openReceiver((response, number, request) => {
      if (number === 2) hanging.add(request.event.id);
      else accept(response, number, request);
    });
    const first = await openTestDeliveries(database, createSystemClock());
    await first.add('hook', webhook(receiver.url, { concurrency: 4 }));
    await first.arm('hook', 'now');
    await fire(database, accounts(8));
    first.hear(FIRED);
    await first.attempted(7);
    await first.close();
    expect(await stored(database)).toHaveLength(7);

    receiver.behave(accept);
    const second = await openTestDeliveries(database, createSystemClock());
    await second.drain(new AbortController().signal);
    expect(await stored(database)).toHaveLength(8);
    // Only the one that hung was sent twice.
    expect(receiver.received).toHaveLength(9);
    expect(receiver.received[8]?.event.id).toBe([...hanging][0]);
  });

  it('are known for each fired callback, in its row and by its key', async () => {
    const database = await empty();
    const receiver = await openReceiver((response, number, request) => {
      const { subject } = request.event as { subject?: string };
      if (subject === 'hangs') return;
      (subject === 'fails' ? answer(500) : accept)(response, number, request);
    });
    const views = createViews({ database, clock: createSystemClock(), pending: NONE_PENDING });
    const marks = async () => {
      const window = { from: { edge: 'start' }, limit: 20 } as const;
      const { rows } = await views.callbacks({ state: 'fired', window });
      return Object.fromEntries(
        rows.map(({ id, deliveries: of }) => [id, of?.map(({ target, state }) => `${target} ${state}`)]),
      );
    };
    const deliveries = await openTestDeliveries(database, createSystemClock());
    await fire(database, [update('early', 1) as never]);
    expect(await marks()).toEqual({ early: undefined });
    await deliveries.add('once', webhook(receiver.url, { maxAttempts: 1 }));
    await deliveries.add('silent', webhook(receiver.url));
    await deliveries.add('still', webhook(receiver.url));
    await deliveries.arm('once', 'now');
    await deliveries.arm('still', 'now');
    await fire(database, [update('other', 1) as never], { deliver: false });
    await fire(database, [
      update('sent', 1) as never,
      update('fails', 1) as never,
      update('hangs', 1) as never,
    ]);
    deliveries.hear(FIRED);
    await deliveries.attempted(4);
    expect(await marks()).toEqual({
      early: ['once not armed', 'silent not armed', 'still not armed'],
      other: ['once not armed', 'silent not armed', 'still not armed'],
      sent: ['once delivered', 'silent not armed', 'still delivered'],
      fails: ['once dead', 'silent not armed', 'still waiting'],
      hangs: ['once under way', 'silent not armed', 'still under way'],
    });
    expect(await deliveries.ofCallback({ id: 'fails', version: '1' })).toMatchObject([
      { target: 'once', state: 'dead', delivery: { state: 'dead', attempts: 1 } },
      { target: 'silent', state: 'not armed', delivery: null },
      { target: 'still', state: 'waiting', delivery: { nextAttemptMs: expect.any(Number) } },
    ]);

    // Each word finds the callbacks that show it at any target, in the same order, in a page and in an export.
    const window = { from: { edge: 'start' }, limit: 20 } as const;
    const all = (await views.callbacks({ state: 'fired', window })).rows;
    const found = async (words: readonly CallbackDeliveryState[], filter: object = {}) => {
      const query = { state: 'fired' as const, filter: { ...filter, deliveries: [...words] } };
      const page = await views.callbacks({ ...query, window });
      const exported: string[] = [];
      const { asOf: present } = await views.resolve('now');
      for (const now of [undefined, present]) {
        exported.length = 0;
        for await (const rows of views.walk({ ...query, table: 'callbacks' }, () => 2, now)) {
          exported.push(...rows.map((row) => ('id' in row ? row.id : '')));
          expect(rows.every((row) => 'deliveries' in row && row.deliveries)).toBe(true);
        }
        expect(exported).toEqual(page.rows.map(({ id }) => id));
      }
      expect([page.total, page.totalIs]).toEqual([exported.length, 'exact']);
      return exported;
    };
    const words = [
      ...CALLBACK_DELIVERY_STATES.map((word) => [word]),
      ['dead', 'delivered'],
      ['waiting', 'dead', 'delivered'],
      ['under way', 'dead'],
    ] as const;
    for (const some of words) {
      const shown = all.filter((row) => row.deliveries?.some(({ state }) => some.includes(state as never)));
      expect([some, await found(some)]).toEqual([some, shown.map(({ id }) => id)]);
    }
    expect(await found(['delivered'], { idPrefix: 'sen' })).toEqual(['sent']);
    expect(await found(['dead', 'not armed'], { exceptIds: ['fails', 'other'] })).toEqual(
      all.map(({ id }) => id).filter((id) => id !== 'fails' && id !== 'other'),
    );
    for (const state of ['pending', 'cancelled'] as const) {
      const none = await views.callbacks({ state, filter: { deliveries: ['dead'] }, window });
      expect([none.rows, none.total]).toEqual([[], 0]);
    }
    await expect(
      views.callbacks({ state: 'fired', filter: { deliveries: ['dead'] }, window, asOf: '1' }),
    ).rejects.toThrow('Deliveries are known as of now only.');
  });

  it('are made of what a run fires after a person armed it, until a person ends that', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    const deliveries = await openTestDeliveries(database, createSystemClock());
    await deliveries.add('hook', webhook(receiver.url));
    await deliveries.arm('hook', 'now');
    const clock = createVirtualClock(NOW);
    const due = { before: 1_000, between: 2_000, after: 3_000 };
    const updates = Object.entries(due).map(([id, callbackTimeMs]) => update(id, 1, { callbackTimeMs }));
    const settings = paced({ arrival: 'none', wait: false });
    const { runId } = (await playRun(database, memorySource(updates), settings, clock)).status;
    const { engine } = await openEngine(database, clock);
    const fireUntil = async (ms: number) => {
      await clock.waitUntil(NOW + ms);
      deliveries.hear(FIRED);
      await deliveries.drain(new AbortController().signal);
      return receiver.received.map(({ event }) => event.id);
    };
    expect(await fireUntil(1_500)).toEqual([]);
    await deliveries.setRunDelivers(runId, true);
    expect(await fireUntil(2_500)).toEqual(['between:1']);
    await deliveries.setRunDelivers(runId, false);
    expect(await fireUntil(3_500)).toEqual(['between:1']);
    expect(engine.pending.count()).toBe(0);
    await engine.close();
  });

  it('are made of what fires while the history is read', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    let meanwhile: () => Promise<void> = async () => {};
    const reading = hearStatements(database, async (name) => {
      if (name === 'find_next_fired') await meanwhile();
    });
    const deliveries = await openTestDeliveries(reading, createSystemClock());
    await deliveries.add('hook', webhook(receiver.url));
    await deliveries.arm('hook', 'now');
    await deliveries.drain(new AbortController().signal);
    meanwhile = async () => {
      meanwhile = async () => {};
      await fire(database, [update('meanwhile', 1) as never]);
      deliveries.hear(FIRED);
    };
    await fire(database, [update('first', 1) as never]);
    deliveries.hear(FIRED);
    await deliveries.drain(new AbortController().signal);
    expect(receiver.received.map(({ event }) => event.id)).toEqual(['first:1', 'meanwhile:1']);
  });

  it('wait for a slow target without looking at the time again and again', async () => {
    const database = await empty();
    const clock = createVirtualClock(NOW);
    let alarms = 0;
    const counting: Clock = {
      ...clock,
      setAlarm(at, wake) {
        alarms += 1;
        return clock.setAlarm(at, wake);
      },
    };
    const receiver = await openReceiver(answer(500));
    const deliveries = await openTestDeliveries(database, counting);
    await deliveries.add('hook', webhook(receiver.url, { concurrency: 1, timeoutSeconds: 600 }));
    await fire(database, accounts(6));
    await deliveries.arm('hook', 'where it stopped');
    await deliveries.attempted(6);
    // Each is due again, and none is answered.
    receiver.behave(() => {});
    await clock.waitUntil(clock.now() + 2_000);
    await receiver.until(7);
    alarms = 0;
    await clock.waitUntil(clock.now() + 10_000);
    expect(alarms).toBe(0);
  });

  it('begin when all targets are open, so none misses what fires before, and one that cannot be opened begins none', async () => {
    const database = await empty();
    const receiver = await openReceiver();
    const ready = await openTestDeliveries(database, createSystemClock());
    for (const name of ['a', 'b']) {
      await ready.add(name, webhook(receiver.url));
      await ready.arm(name, 'now');
    }
    await ready.close();
    const openWhile = async (meanwhile: () => Promise<void>) => {
      let opened = 0;
      let reads = 0;
      const heard = hearStatements(database, async (name) => {
        if (name === 'find_next_fired') reads += 1;
        if (name !== 'count_deliveries') return;
        opened += 1;
        if (opened !== 2) return;
        for (let turn = 0; turn < 200 && reads === 0; turn += 1) await setImmediate();
        expect(reads).toBe(0);
        await meanwhile();
      });
      return openTestDeliveries(heard, createSystemClock());
    };
    await expect(openWhile(() => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
    const deliveries = await openWhile(async () => {
      await fire(database, [update('early', 1) as never]);
    });
    await deliveries.drain(new AbortController().signal);
    expect(receiver.received.map(({ event }) => event.id)).toEqual(['early:1', 'early:1']);
  });
});
