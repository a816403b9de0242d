import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src-shared/events';
import { ARRIVALS } from '../../src-shared/run-settings';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { arbitraryChunkSizes, arbitraryStream, arbitraryTies } from './testing/arbitrary-updates';
import { expectStored, planned } from './testing/expect-stored';
import { eventsOf, playRun, simulated } from './testing/play-run';
import { type ModelResult, replayModel } from './testing/reference-model';

const OUTCOMES = ['indexed', 'stale', 'duplicate', 'conflict', 'rejected'] as const;

function outcomesIn(events: readonly RunEvent[]): Map<number, string> {
  const outcomes = new Map<number, string>();
  for (const name of OUTCOMES) {
    for (const event of eventsOf(events, name)) {
      expect(outcomes.has(event.record), `record ${event.record} has one outcome`).toBe(false);
      outcomes.set(event.record, event.event);
    }
  }
  return outcomes;
}

function settledIn(events: readonly RunEvent[]) {
  const settled = new Map<string, { state: string; at: number; supersededBy: string | null }>();
  for (const { id, version, at, account } of eventsOf(events, 'fired')) {
    expect(settled.has(`${id} ${version}`), 'settled once').toBe(false);
    expect(account.version).toBe(version);
    settled.set(`${id} ${version}`, { state: 'fired', at, supersededBy: null });
  }
  for (const { id, version, at, supersededBy } of eventsOf(events, 'cancelled')) {
    expect(settled.has(`${id} ${version}`), 'settled once').toBe(false);
    settled.set(`${id} ${version}`, { state: 'cancelled', at, supersededBy });
  }
  return settled;
}

function expectSettled(events: readonly RunEvent[], model: ModelResult) {
  expect(settledIn(events)).toEqual(
    new Map([...model.callbacks].filter(([, callback]) => callback.state !== 'pending')),
  );
}

describeOnEachDatabase('the engine against the reference model', (empty) => {
  it('gives each record the outcome and each callback the end that the law says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, arbitraryChunkSizes, async (given, chunkSizes) => {
        const db = await empty();
        const { events, status } = await playRun(db, memorySource(given, { chunkSizes }));
        const model = replayModel(await planned(given));
        expect(outcomesIn(events)).toEqual(model.outcomes);
        expectSettled(events, model);
        await expectStored(db, model);
        expect(eventsOf(events, 'report')[0]?.types).toEqual(model.report);
        expect(status.state).toBe('completed');
        expect(status.counts).toMatchObject({ records: given.length, pending: 0 });
        expect(status.counts.fired + status.counts.cancelled).toBe(status.counts.indexed);
      }),
      { numRuns: 60 },
    );
  });

  it('holds the law for every way of arrival and every seed', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryStream,
        fc.constantFrom(...ARRIVALS),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        async (given, arrival, seed) => {
          const settings = simulated({ arrival, seed, delay: { fromMs: 0, toMs: 1000 } });
          const db = await empty();
          const { events } = await playRun(db, memorySource(given), settings);
          const model = replayModel(await planned(given, settings));
          expect(outcomesIn(events)).toEqual(model.outcomes);
          expectSettled(events, model);
          await expectStored(db, model);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reports of each type how many tie for the first place, and the first hundred of them by id', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTies, async (given) => {
        const { events } = await playRun(await empty(), memorySource(given), simulated({ arrival: 'none' }));
        const { report } = replayModel(await planned(given));
        expect(eventsOf(events, 'report')).toMatchObject([
          { types: report, moreTypes: false, complete: true },
        ]);
      }),
      { numRuns: 15 },
    );
  });

  it('changes nothing when the same stream is played a second time', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, async (given) => {
        const db = await empty();
        const first = await playRun(db, memorySource(given));
        const { events, status } = await playRun(db, memorySource(given));
        const model = replayModel(await planned(given));
        await expectStored(db, model);
        expect(status.counts).toMatchObject({ indexed: 0, stale: 0, fired: 0, cancelled: 0, pending: 0 });
        expect(status.counts.conflict).toBe(first.status.counts.conflict);
        expect(eventsOf(events, 'report')[0]?.types).toEqual(model.report);
      }),
      { numRuns: 20 },
    );
  });

  it('says the same, event for event, for the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, arbitraryChunkSizes, async (given, chunkSizes) => {
        const settings = simulated({ delay: { fromMs: 0, toMs: 1000 }, seed: 7 });
        const once = await playRun(await empty(), memorySource(given), settings);
        const again = await playRun(await empty(), memorySource(given, { chunkSizes }), settings);
        expect(again.events).toEqual(once.events);
      }),
      { numRuns: 15 },
    );
  });
});
