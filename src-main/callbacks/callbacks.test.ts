import { expect, it } from 'vitest';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { Clock } from '../engine/clock';
import { openEngine, update } from '../engine/testing/open-engine';
import { eventsOf, playRun, simulated } from '../engine/testing/play-run';
import { createVirtualClock } from '../engine/virtual-clock';
import { memorySource } from '../ingestion/testing/memory-source';
import { CLAIM_BATCH } from './scheduler';

describeOnEachDatabase('callbacks', (empty) => {
  it('fires a callback at its due time, showing the account as it was at that version', async () => {
    const data = '{"img": "x", "big": 18446744073709551615}';
    const given = [update('a', 3, { data, tokens: '18446744073709551615' })];
    const { events } = await playRun(await empty(), memorySource(given));
    expect(eventsOf(events, 'fired')).toEqual([
      {
        event: 'fired',
        at: 1500,
        id: 'a',
        version: '3',
        late: false,
        latenessMs: 0,
        byHand: false,
        account: {
          id: 'a',
          accountType: 'mint',
          tokens: '18446744073709551615',
          version: '3',
          data: expect.any(String),
        },
      },
    ]);
    expect(eventsOf(events, 'fired')[0]?.account.data).toContain('18446744073709551615');
  });

  it('fires first when a newer version arrives at the very instant the callback is due', async () => {
    const given = [update('a', 1, { callbackTimeMs: 500 }), update('a', 2)];
    const { events } = await playRun(await empty(), memorySource(given));
    expect(events.map(({ event }) => event)).toEqual([
      'indexed',
      'fired',
      'indexed',
      'fired',
      'report',
      'summary',
    ]);
  });

  it('cancels when the newer version arrives a millisecond before, and says which it was', async () => {
    const given = [update('a', 1, { callbackTimeMs: 501 }), update('a', 2)];
    const { events } = await playRun(await empty(), memorySource(given));
    expect(eventsOf(events, 'cancelled')).toEqual([
      { event: 'cancelled', at: 1000, id: 'a', version: '1', supersededBy: '2' },
    ]);
  });

  it('fires a callback of no delay before a newer version of the same instant', async () => {
    const given = [update('a', 1, { callbackTimeMs: 0 }), update('a', 2, { callbackTimeMs: 0 })];
    const { events } = await playRun(await empty(), memorySource(given), simulated({ arrival: 'none' }));
    expect(eventsOf(events, 'fired').map(({ version, at }) => [version, at])).toEqual([
      ['1', 0],
      ['2', 0],
    ]);
  });

  it('fires a callback a quarter of a million years away without hurry', async () => {
    const given = [update('a', 1, { callbackTimeMs: Number.MAX_SAFE_INTEGER })];
    const { events } = await playRun(await empty(), memorySource(given), simulated({ arrival: 'none' }));
    expect(eventsOf(events, 'fired')[0]?.at).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('leaves callbacks pending when told not to wait, and the next engine takes them up', async () => {
    const db = await empty();
    const first = await playRun(
      db,
      memorySource([update('a', 1), update('b', 1)]),
      simulated({ wait: false }),
    );
    expect(first.status).toMatchObject({ state: 'completed', counts: { pending: 2, fired: 0 } });
    const clock = createVirtualClock(1_200);
    const { engine, events } = await openEngine(db, clock);
    await clock.waitUntil(1_700);
    expect(eventsOf(events, 'fired').map(({ id, at, late }) => [id, at, late])).toEqual([['a', 300, false]]);
    await engine.close();
  });

  it('fires what was overdue at its start at once, and marks it late', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1)]), simulated({ wait: false }));
    const clock = createVirtualClock(60_000);
    const { engine, events } = await openEngine(db, clock);
    await clock.waitUntil(60_000);
    expect(eventsOf(events, 'fired')).toMatchObject([{ id: 'a', at: 0, late: true, latenessMs: 58_500 }]);
    await engine.close();
  });

  it('counts what an earlier run left in the summary of the run that fires it', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1), update('b', 1)]), simulated({ wait: false }));
    const { events, status } = await playRun(
      db,
      memorySource([update('b', 2)]),
      simulated(),
      createVirtualClock(3_000),
    );
    expect(eventsOf(events, 'fired').map(({ id, version, late }) => [id, version, late])).toEqual([
      ['a', '1', true],
      ['b', '1', true],
      ['b', '2', false],
    ]);
    expect(status.counts).toMatchObject({ records: 1, indexed: 1, fired: 3, cancelled: 0, pending: 0 });
  });

  it('fires and cancels by hand, once', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1), update('b', 1)]), simulated({ wait: false }));
    const { engine, events } = await openEngine(db, createVirtualClock());
    await engine.callbacks.fire({ id: 'a', version: '1' });
    await engine.callbacks.cancel({ id: 'b', version: '1' });
    expect(events.map((event) => event.event)).toEqual(['fired', 'cancelled']);
    expect(eventsOf(events, 'cancelled')[0]?.supersededBy).toBeNull();
    await expect(engine.callbacks.fire({ id: 'b', version: '1' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(engine.callbacks.fire({ id: 'b', version: '2' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await engine.callbacks.counts()).toEqual({ pending: 0, fired: 1, cancelled: 1, paused: false });
    await engine.close();
  });

  it('fires nothing while callbacks are paused, and what fell due meanwhile on resume', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1)]), simulated({ wait: false }));
    const clock = createVirtualClock();
    const { engine, events } = await openEngine(db, clock);
    engine.callbacks.pause();
    await clock.waitUntil(10_000);
    expect(events).toEqual([]);
    await engine.callbacks.resume();
    expect(eventsOf(events, 'fired')).toMatchObject([{ id: 'a', at: 10_000, late: false }]);
    await engine.close();
  });

  it('lets a claim under way commit before work that needs everything to stand still', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1)]), simulated({ wait: false }));
    const order: string[] = [];
    let isAsked = () => {};
    let mayCommit = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const commit = new Promise<void>((resolve) => {
      mayCommit = resolve;
    });
    const slow: Database = {
      ...db,
      async query<Row>(...[statement, values]: Parameters<Database['query']>) {
        if (statement.name !== 'claim_callbacks') return db.query<Row>(statement, values);
        isAsked();
        await commit;
        const result = await db.query<Row>(statement, values);
        order.push('claimed');
        return result;
      },
    };
    const clock = createVirtualClock();
    const { engine } = await openEngine(slow, clock);
    const due = clock.waitUntil(10_000);
    await asked;
    const still = engine.whileStill(async () => {
      order.push('work');
    });
    mayCommit();
    await still;
    expect(order).toEqual(['claimed', 'work']);
    await due;
    await engine.close();
  });

  it('cancels a due callback that was not claimed because all are paused', async () => {
    const { engine, events } = await openEngine(await empty(), createVirtualClock());
    engine.callbacks.pause();
    const given = [update('a', 1, { callbackTimeMs: 100 }), update('a', 2, { callbackTimeMs: 100 })];
    const run = await engine.startRun(memorySource(given), simulated({ wait: false }));
    await run.ended;
    expect(eventsOf(events, 'cancelled')).toMatchObject([{ version: '1', supersededBy: '2' }]);
    await engine.close();
  });

  it('gives the loop a turn between claims, each twice the last, when a burst falls due at once', async () => {
    const db = await empty();
    const burst = (1 + 2 + 4) * CLAIM_BATCH;
    const given = Array.from({ length: burst }, (_, index) =>
      update(`account-${index}`, 1, { callbackTimeMs: 50 }),
    );
    const clock = createVirtualClock();
    let breaths = 0;
    const counting: Clock = {
      ...clock,
      breathe: async () => {
        breaths += 1;
      },
    };
    const { status } = await playRun(
      db,
      memorySource(given, { chunkSizes: [1_000] }),
      simulated({ arrival: 'none' }),
      counting,
    );
    expect(status.counts.fired).toBe(burst);
    expect(breaths).toBe(3);
  });
});
