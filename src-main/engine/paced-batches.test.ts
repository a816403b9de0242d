import { expect, it } from 'vitest';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import type { Observer } from '../observability/observer';
import { createEngine } from './engine';
import { LARGEST_PACED_BATCH } from './ingest';
import { update } from './testing/open-engine';
import { silentLogger, simulated } from './testing/play-run';
import { createVirtualClock } from './virtual-clock';

describeOnEachDatabase('a run that is behind its plan', (open) => {
  it('goes in by batches of a bounded size, each record once', async () => {
    const sizes: number[] = [];
    const observer: Observer = {
      around: (work, { records }, doIt) => {
        if (work === 'batch') sizes.push(Number(records));
        return doIt();
      },
    };
    const database = await open();
    const engine = await createEngine({
      database,
      clock: createVirtualClock(),
      logger: silentLogger,
      observer,
      sweepEveryMs: null,
      endsWithRun: true,
    });
    const records: number[] = [];
    engine.subscribe((events) => {
      for (const event of events) if (event.event === 'indexed') records.push(event.record);
    });
    const count = 2 * LARGEST_PACED_BATCH + 5;
    const updates = Array.from({ length: count }, (_, n) => update(`account-${n}`, 1));
    // All of them at one instant of a window without length.
    const settings = simulated({ arrival: 'scatter', delay: { fromMs: 0, toMs: 0 }, wait: false });
    const run = await engine.startRun(memorySource(updates), settings);
    const { state } = await run.ended;
    await engine.close();
    expect(state).toBe('completed');
    expect(sizes).toEqual([LARGEST_PACED_BATCH, LARGEST_PACED_BATCH, 5]);
    expect([...records].sort((a, b) => a - b)).toEqual(updates.map((_, n) => n));
  });
});
