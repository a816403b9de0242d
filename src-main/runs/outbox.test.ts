import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { runSettingsSchema } from '../../src-shared/run-settings';
import type { Database } from '../database/database';
import { openEmptyDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { migrate } from '../storage/migrate';
import { createSystemClock } from '../time/clock';
import { createEngine } from './engine';
import { createOutbox } from './outbox';
import { update } from './testing/open-engine';
import { silentLogger } from './testing/play-run';

/** A turn of the loop that ends when the test says so. */
function heldBreath() {
  let end = () => {};
  const breath = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { breathe: () => breath, end };
}

it('tells what it was given once the turn is over, once', async () => {
  const told: string[] = [];
  const { breathe, end } = heldBreath();
  const outbox = createOutbox({ breathe });
  outbox.later(() => told.push('first'));
  expect(told).toEqual([]);
  end();
  await breathe();
  outbox.flush();
  expect(told).toEqual(['first']);
});

it('tells in order: what is held back comes before what is told later, or asked for', () => {
  const told: string[] = [];
  const outbox = createOutbox(heldBreath());
  outbox.later(() => told.push('first'));
  outbox.later(() => told.push('second'));
  expect(told).toEqual(['first']);
  outbox.flush();
  outbox.flush();
  expect(told).toEqual(['first', 'second']);
});

const RECORDS = 500;

it('tells as part of what was going on when it was given, and says when it has', async () => {
  const going = new AsyncLocalStorage<string>();
  const told: (string | undefined)[] = [];
  const outbox = createOutbox(heldBreath());
  const whenTold = going.run('the batch', () => outbox.later(() => told.push(going.getStore())));
  going.run('a claim', () => outbox.flush());
  await whenTold;
  expect(told).toEqual(['the batch']);
});

/** `db`, with what begins and what has ended taken down. */
function watched(db: Database, happened: string[]): Database {
  return {
    ...db,
    transaction: async (work) => {
      happened.push('begun');
      const result = await db.transaction(work);
      happened.push('committed');
      return result;
    },
  };
}

// A server is asked for what is due before each batch: that is under way while the last is told.
it('a run as fast as it goes tells of a batch after its commit, while the database is at the next, and all before its end', async () => {
  const happened: string[] = [];
  const opened = await openEmptyDatabase('pglite');
  await migrate(opened);
  const database = watched(opened, happened);
  const engine = await createEngine({
    database,
    clock: createSystemClock(),
    logger: silentLogger,
    endsWithRun: true,
  });
  let indexed = 0;
  let indexedAtSummary: number | null = null;
  engine.subscribe((events) => {
    const inBatch = events.filter(({ event }) => event === 'indexed').length;
    if (inBatch > 0) happened.push('told');
    indexed += inBatch;
    if (events.some(({ event }) => event === 'summary')) indexedAtSummary = indexed;
  });
  happened.length = 0;
  const updates = Array.from({ length: RECORDS }, (_, n) =>
    update(`account-${n}`, 1, { callbackTimeMs: 3_600_000 }),
  );
  const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
  const run = await engine.startRun(memorySource(updates), settings);
  const { state, counts } = await run.ended;
  await engine.close();
  expect(state).toBe('completed');
  expect(counts.indexed).toBe(updates.length);
  expect(indexedAtSummary).toBe(updates.length);
  const batches = happened.filter((what) => what === 'begun').length;
  expect(batches).toBeGreaterThan(2);
  const overlapping = Array.from({ length: batches - 1 }, () => ['begun', 'told', 'committed']).flat();
  expect(happened).toEqual(['begun', 'committed', ...overlapping, 'told']);
});
