import { expect, it } from 'vitest';
import type { RunSettings } from '../../src-shared/run-settings';
import type { Update } from '../../src-shared/update';
import type { Database } from '../database/database';
import { describeOnEachDatabase, openEmptyDatabase } from '../database/testing/each-database';
import { MOST_DATA_AT_ONCE } from '../ingestion/batch-room';
import { memorySource } from '../ingestion/testing/memory-source';
import type { Observer } from '../observability/observer';
import { migrate } from '../storage/migrate';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import { LARGEST_PACED_BATCH } from './pacer';
import { update } from './testing/open-engine';
import { silentLogger, simulated } from './testing/play-run';

/** Plays `updates` to the end and returns the size of each batch. */
async function batchSizesOf(database: Database, updates: readonly Update[], changes: Partial<RunSettings>) {
  const sizes: number[] = [];
  const observer: Observer = {
    around: (work, { records }, doIt) => {
      if (work === 'batch') sizes.push(Number(records));
      return doIt();
    },
  };
  const engine = await createEngine({
    database,
    clock: createVirtualClock(),
    logger: silentLogger,
    observer,
    endsWithRun: true,
  });
  const records: number[] = [];
  engine.subscribe((events) => {
    for (const event of events) if (event.event === 'indexed') records.push(event.record);
  });
  const source = memorySource(updates, { chunkSizes: [1_000] });
  const run = await engine.startRun(source, simulated({ wait: false, ...changes }));
  const { state } = await run.ended;
  await engine.close();
  expect(state).toBe('completed');
  expect([...records].sort((a, b) => a - b)).toEqual(updates.map((_, n) => n));
  return sizes;
}

const accounts = (count: number, changes: Partial<Update> = {}) =>
  Array.from({ length: count }, (_, n) => update(`account-${n}`, 1, changes));
/** All at one instant of a window without length. */
const AT_ONCE = { arrival: 'scatter', delay: { fromMs: 0, toMs: 0 }, simulate: false } as const;

describeOnEachDatabase('a run that is behind its plan', (open) => {
  it('goes in by batches of a bounded size, each record once', async () => {
    const sizes = await batchSizesOf(await open(), accounts(2 * LARGEST_PACED_BATCH + 5), AT_ONCE);
    expect(sizes).toEqual([LARGEST_PACED_BATCH, LARGEST_PACED_BATCH, 5]);
  });
});

describeOnEachDatabase('large records', (open) => {
  it('go in by batches of a bounded size', async () => {
    const data = JSON.stringify('x'.repeat(MOST_DATA_AT_ONCE / 2));
    expect(await batchSizesOf(await open(), accounts(5, { data }), AT_ONCE)).toEqual([2, 2, 1]);
  });
});

it('a run without a plan goes in by larger batches than one that is behind its own', async () => {
  const db = await openEmptyDatabase('pglite');
  await migrate(db);
  const sizes = await batchSizesOf(db, accounts(12 * LARGEST_PACED_BATCH), {
    arrival: 'none',
    simulate: false,
  });
  expect(Math.max(...sizes)).toBeGreaterThan(LARGEST_PACED_BATCH);
});
