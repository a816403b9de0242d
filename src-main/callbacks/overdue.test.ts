import { expect, it } from 'vitest';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { findRun } from '../runs/sql/runs';
import { openEngine, untilEvent, update } from '../runs/testing/open-engine';
import { eventsOf, paced, playRun } from '../runs/testing/play-run';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { CLAIM_BATCH } from './scheduler';

describeOnEachDatabase('callbacks that fell due while nobody was there', (empty) => {
  const leaveWaiting = async (callbackTimesMs: readonly number[]) => {
    const db = await empty();
    const given = callbackTimesMs.map((callbackTimeMs, index) => update(`a${index}`, 1, { callbackTimeMs }));
    await playRun(db, memorySource(given), paced({ arrival: 'none', wait: false }));
    return db;
  };

  it('fire in due order, marked late', async () => {
    const db = await leaveWaiting([300, 100, 200, 9_000]);
    const clock = createVirtualClock(5_000);
    const { engine, events } = await openEngine(db, clock);
    await clock.waitUntil(10_000);
    expect(eventsOf(events, 'fired').map(({ id, late }) => `${id} ${late}`)).toEqual([
      'a1 true',
      'a2 true',
      'a0 true',
      'a3 false',
    ]);
    await engine.close();
  });

  it('are cancelled when they are to be skipped, with nothing superseding them, and it is said how many', async () => {
    const db = await leaveWaiting([300, 100, 5_000, 9_000]);
    const clock = createVirtualClock(5_000);
    const { engine, events } = await openEngine(db, clock, 'skip');
    await clock.waitUntil(10_000);
    expect(eventsOf(events, 'cancelled')).toMatchObject([
      { id: 'a1', supersededBy: null },
      { id: 'a0', supersededBy: null },
    ]);
    expect(events).toContainEqual({
      event: 'notice',
      level: 'warning',
      message: '2 overdue callbacks were skipped, as the settings say.',
    });
    // Due at the instant of the start is not overdue.
    expect(eventsOf(events, 'fired').map(({ id, late }) => `${id} ${late}`)).toEqual([
      'a2 false',
      'a3 false',
    ]);
    expect((await findRun(db, '1'))?.counts).toMatchObject({ pending: 0, fired: 2, cancelled: 2 });
    await engine.close();
  });

  it('are skipped to the last when there are more than one statement takes', async () => {
    const db = await leaveWaiting(Array.from({ length: CLAIM_BATCH + 1 }, () => 100));
    const clock = createVirtualClock(5_000);
    const { engine, events } = await openEngine(db, clock, 'skip');
    const told = untilEvent(engine, ({ event }) => event === 'notice');
    await clock.waitUntil(5_000);
    expect(await told).toMatchObject({
      message: `${CLAIM_BATCH + 1} overdue callbacks were skipped, as the settings say.`,
    });
    expect(eventsOf(events, 'fired')).toEqual([]);
    expect((await findRun(db, '1'))?.counts).toMatchObject({ pending: 0, cancelled: CLAIM_BATCH + 1 });
    await engine.close();
  });
});
