import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { ARRIVALS } from '../../src-shared/run-settings';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { UnnumberedUpdate } from '../ingestion/record';
import { type Given, memorySource } from '../ingestion/testing/memory-source';
import { findRun } from './sql/runs';
import { arbitraryChunkSizes, arbitraryMixedStream, arbitraryUnnumbered } from './testing/arbitrary-updates';
import { breakingDatabase } from './testing/breaking-database';
import { expectStored, planned } from './testing/expect-stored';
import { playRun, simulated, sitThrough } from './testing/play-run';
import { replayModel } from './testing/reference-model';

type Stream = readonly (Given | UnnumberedUpdate)[];

/** Every row of the history, without where it came from. */
async function historyOf(db: Database) {
  const { rows } = await db.query({
    name: 'test_history_content',
    deadline: 'read',
    text: `SELECT account_id, slot, version, account_type, tokens, callback_time_ms, data FROM account_updates
      ORDER BY account_id, slot, version`,
  });
  return rows;
}

const atOnce = simulated({ arrival: 'none' });

describeOnEachDatabase('updates without a write version', (empty) => {
  it('get the versions that the law says, in batches of any size, on any way of arrival, wherever they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryMixedStream,
        fc.constantFrom(...ARRIVALS),
        arbitraryChunkSizes,
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
        async (given, arrival, chunkSizes, cuts) => {
          const settings = simulated({ arrival });
          const db = await empty();
          for (const at of [...cuts, null]) {
            const run = await findRun(db, '1');
            if (run?.state === 'completed') break;
            const cut =
              at === null ? db : breakingDatabase(db, { at, when: at % 2 ? 'before' : 'reply lost' });
            await sitThrough(cut, memorySource(given, { chunkSizes }), {
              settings,
              resume: run ? '1' : null,
              fromMs: run?.checkpoint.savedAtMs ?? 0,
            }).catch((error: unknown) => {
              if (!(error instanceof IngotError) || error.code !== 'database_unavailable') throw error;
            });
          }
          await expectStored(db, replayModel(await planned(given, settings)));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are known when the source is read again, or has grown: nothing is stored twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryUnnumbered(['0', '7', '8']), { maxLength: 40 }),
        fc.nat(),
        arbitraryChunkSizes,
        async (given: Stream, cut, chunkSizes) => {
          const first = given.slice(0, cut % (given.length + 1));
          const db = await empty();
          await playRun(db, memorySource(first, { chunkSizes }), atOnce);
          const kept = (await historyOf(db)).length;
          const { status } = await playRun(db, memorySource(given), atOnce);
          const whole = await historyOf(db);
          expect(status.counts).toMatchObject({ conflict: 0, duplicate: given.length - whole.length + kept });
          const again = await playRun(db, memorySource(given, { chunkSizes }), atOnce);
          expect(again.status.counts.duplicate).toBe(given.length);

          const once = await empty();
          await playRun(once, memorySource(given), atOnce);
          expect(await historyOf(once)).toEqual(whole);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('count as newer than the last where there is no slot either, unless nothing has changed', async () => {
    const db = await empty();
    const state = { id: 'a', accountType: 'mint', data: '{}', callbackTimeMs: 0, slot: null };
    for (const [tokens, outcome] of [
      ['1', 'indexed'],
      ['1', 'duplicate'],
      ['2', 'indexed'],
      ['1', 'indexed'],
    ] as const) {
      const { status } = await playRun(db, memorySource([{ ...state, tokens }]), atOnce);
      expect(status.counts).toMatchObject({ [outcome]: 1 });
    }
    expect(await historyOf(db)).toMatchObject([
      { version: '0', tokens: '1' },
      { version: '1', tokens: '2' },
      { version: '2', tokens: '1' },
    ]);
  });
});
