import { expect, it } from 'vitest';
import { migrate } from '../database/migrate';
import { openEmptyDatabase } from '../database/testing/each-database';
import { update } from '../engine/testing/open-engine';
import { playRun, silentLogger, simulated } from '../engine/testing/play-run';
import { createVirtualClock } from '../engine/virtual-clock';
import { memorySource } from '../ingestion/testing/memory-source';
import { unobserved } from '../observability/observer';
import { CLAIM_BATCH, createScheduler } from './scheduler';

it('what goes wrong after a claim is not lost because the next one went well, and both are told in order', async () => {
  const db = await openEmptyDatabase('pglite');
  await migrate(db);
  const given = Array.from({ length: CLAIM_BATCH + 1 }, (_, index) => update(`a${index}`, 1));
  await playRun(db, memorySource(given), simulated({ arrival: 'none', wait: false }));

  const told: string[] = [];
  let looks = 0;
  const scheduler = createScheduler({
    db,
    clock: createVirtualClock(1_000_000),
    logger: silentLogger,
    observer: unobserved,
    publish: (events) => told.push(...events.flatMap((event) => ('id' in event ? [event.id] : []))),
    describe: ({ account, dueAtMs }, at) => ({
      event: 'fired',
      at,
      id: account.id,
      version: account.version,
      late: true,
      byHand: false,
      latenessMs: at - dueAtMs,
      account,
    }),
    async settled() {
      looks += 1;
      if (looks === 1) throw new Error('no room for a checkpoint');
    },
    skip: null,
    hold: { held: false },
    sweepEveryMs: null,
  });
  await scheduler.prepare();
  scheduler.start();
  await expect(scheduler.fireDue()).rejects.toThrow('no room for a checkpoint');
  expect(looks).toBe(2);
  expect(told).toEqual(given.map(({ id }) => id));
  expect(await scheduler.count()).toBe(0);
  await scheduler.stop();
});
