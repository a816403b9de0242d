import { expect, it } from 'vitest';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { findRun } from '../runs/sql/runs';
import { openEngine, update } from '../runs/testing/open-engine';
import { eventsOf, paced, playRun, simulated } from '../runs/testing/play-run';
import type { Clock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { CLAIM_BATCH, LARGEST_CLAIM, MOST_CLAIMED_DATA } from './scheduler';

describeOnEachDatabase('callbacks', (empty) => {
  it('fires a callback at its due time, showing the account as it was at that version', async () => {
    const data = '{"img": "x", "big": 18446744073709551615}';
    const given = [update('a', 3, { data, tokens: '18446744073709551615' })];
    const { events } = await playRun(await empty(), memorySource(given));
    expect(eventsOf(events, 'fired')).toEqual([
      {
        event: 'fired',
        runId: '1',
        at: 1500,
        wallMs: null,
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
      {
        event: 'cancelled',
        runId: '1',
        at: 1000,
        wallMs: null,
        callbackRunId: '1',
        id: 'a',
        version: '1',
        supersededBy: '2',
        skipped: false,
      },
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

  it('leaves callbacks pending without wait, and the next engine fires them on the clock of their run', async () => {
    const db = await empty();
    const given = memorySource([update('a', 1), update('b', 1)]);
    const first = await playRun(db, given, paced({ wait: false }));
    expect(first.status).toMatchObject({ state: 'completed', counts: { pending: 2, fired: 0 } });
    const clock = createVirtualClock(1_200);
    const { engine, events } = await openEngine(db, clock);
    await clock.waitUntil(1_700);
    expect(eventsOf(events, 'fired').map(({ id, at, wallMs, late }) => [id, at, wallMs, late])).toEqual([
      ['a', 1_500, 1_500, false],
    ]);
    await engine.close();
  });

  it('fires what was overdue at its start at once, and marks it late', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1)]), paced({ wait: false }));
    const clock = createVirtualClock(60_000);
    const { engine, events } = await openEngine(db, clock);
    await clock.waitUntil(60_000);
    expect(eventsOf(events, 'fired')).toMatchObject([
      { id: 'a', at: 60_000, late: true, latenessMs: 58_500 },
    ]);
    await engine.close();
  });

  it('counts what an earlier run left for that run, also while another one fires and cancels it', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1), update('b', 1)]), paced({ wait: false }));
    const { events, status } = await playRun(
      db,
      memorySource([update('b', 2)]),
      paced(),
      createVirtualClock(1_600),
    );
    expect(
      eventsOf(events, 'fired').map(({ runId, id, version, late }) => [runId, id, version, late]),
    ).toEqual([
      ['1', 'a', '1', true],
      ['1', 'b', '1', false],
      ['2', 'b', '2', false],
    ]);
    expect(status.counts).toMatchObject({ records: 1, indexed: 1, fired: 1, cancelled: 0, pending: 0 });
    expect((await findRun(db, '1'))?.counts).toMatchObject({ indexed: 2, fired: 2, pending: 0 });
  });

  it('cancels the callback of another run by a newer version, and both runs count their own', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1, { callbackTimeMs: 10 ** 6 })]), paced({ wait: false }));
    const { events, status } = await playRun(db, memorySource([update('a', 2)]), simulated());
    expect(eventsOf(events, 'cancelled')).toMatchObject([
      { runId: '2', callbackRunId: '1', at: 500, version: '1', supersededBy: '2' },
    ]);
    expect(status.counts).toMatchObject({ indexed: 1, fired: 1, cancelled: 0, pending: 0 });
    expect((await findRun(db, '1'))?.counts).toMatchObject({ indexed: 1, cancelled: 1, pending: 0 });
  });

  it('fires only its own in a simulated run, and nothing else fires what it left', async () => {
    const db = await empty();
    const hour = { callbackTimeMs: 3_600_000 };
    await playRun(db, memorySource([update('real', 1, hour)]), paced({ wait: false }));
    const { status } = await playRun(db, memorySource([update('x', 1, hour), update('y', 1, hour)]));
    expect(status.counts).toMatchObject({ fired: 2, pending: 0 });
    await playRun(db, memorySource([update('left', 1)]), simulated({ wait: false }));
    const clock = createVirtualClock(600_000);
    const { engine, events } = await openEngine(db, clock);
    await clock.waitUntil(10 ** 9);
    expect(eventsOf(events, 'fired').map(({ id, at }) => [id, at])).toEqual([['real', 3_600_500]]);
    await engine.callbacks.fire({ id: 'left', version: '1' });
    // The clock of its run stopped where the run ended.
    expect(eventsOf(events, 'fired').at(-1)).toMatchObject({
      id: 'left',
      at: 500,
      wallMs: null,
      byHand: true,
    });
    await engine.close();
  });

  it('fires what is due by the last arrival of a simulated run, also if that does not wait', async () => {
    const given = [update('a', 1, { callbackTimeMs: 500 }), update('b', 1, { callbackTimeMs: 0 })];
    const { events, status } = await playRun(await empty(), memorySource(given), simulated({ wait: false }));
    expect(eventsOf(events, 'fired').map(({ id, at }) => [id, at])).toEqual([
      ['a', 1_000],
      ['b', 1_000],
    ]);
    expect(status.counts.pending).toBe(0);
  });

  it('waits for its own callbacks only', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('far', 1, { callbackTimeMs: 10 ** 11 })]), paced({ wait: false }));
    const { status } = await playRun(
      db,
      memorySource([update('near', 1)]),
      paced(),
      createVirtualClock(9_000),
    );
    expect(status).toMatchObject({ state: 'completed', counts: { fired: 1, pending: 0 } });
    expect(status.endedAtMs).toBe(9_000 + 500 + 1_000);
  });

  it('fires and cancels by hand, once', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1), update('b', 1)]), paced({ wait: false }));
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
    expect(engine.pending.count()).toBe(0);
    expect((await findRun(db, '1'))?.counts).toMatchObject({
      indexed: 2,
      fired: 1,
      cancelled: 1,
      pending: 0,
    });
    await engine.close();
  });

  it('fires nothing while callbacks are paused, and what fell due meanwhile on resume', async () => {
    const db = await empty();
    await playRun(db, memorySource([update('a', 1)]), paced({ wait: false }));
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
    await playRun(db, memorySource([update('a', 1)]), paced({ wait: false }));
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
        if (statement.name !== 'settle_callbacks') return db.query<Row>(statement, values);
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
    const run = await engine.startRun(memorySource(given), paced({ wait: false }));
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
    const claims: number[] = [];
    const watched: Database = {
      ...db,
      query: async <Row>(...[statement, values]: Parameters<Database['query']>) => {
        if (statement.name === 'settle_callbacks') claims.push(String(values?.[0]).split(',').length);
        return db.query<Row>(statement, values);
      },
    };
    const { status } = await playRun(
      watched,
      memorySource(given, { chunkSizes: [1_000] }),
      paced({ arrival: 'none' }),
      counting,
    );
    expect(status.counts.fired).toBe(burst);
    expect(claims).toEqual([CLAIM_BATCH, 2 * CLAIM_BATCH, LARGEST_CLAIM]);
    expect(breaths).toBeGreaterThanOrEqual(claims.length);
  });

  it.each([
    ['text', JSON.stringify('x'.repeat(MOST_CLAIMED_DATA / 4)), [4, 1]],
    ['numbers that the database writes out in full', `[${Array.from({ length: 20 }, () => '1e99999')}]`, [5]],
  ])('claims no more at once than a bound of their data, %s', async (_, data, sizes) => {
    const db = await empty();
    const given = Array.from({ length: 5 }, (_unused, index) => update(`a${index}`, 1, { data }));
    await playRun(db, memorySource(given), paced({ arrival: 'none', wait: false }));
    const claims: number[] = [];
    const clock = createVirtualClock();
    const { engine } = await openEngine(db, clock);
    engine.subscribe((events) => claims.push(events.filter(({ event }) => event === 'fired').length));
    await clock.waitUntil(10_000);
    await engine.close();
    expect(claims).toEqual(sizes);
  });
});
