import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS, type RunCounts } from '../../src-shared/events';
import { ARRIVALS, type RunSettings } from '../../src-shared/run-settings';
import type { Database } from '../database/database';
import { createTestFolder, describeOnEachDatabase } from '../database/testing/each-database';
import { openSource } from '../ingestion/open-source';
import { findRun } from './sql/runs';
import { arbitraryStream } from './testing/arbitrary-updates';
import { type Break, breakingDatabase } from './testing/breaking-database';
import { expectStored, planned } from './testing/expect-stored';
import { simulated, sitThrough } from './testing/play-run';
import { type ModelResult, replayModel } from './testing/reference-model';
import { FILE_FORMS, writeSource } from './testing/write-source';

const arbitraryBreak: fc.Arbitrary<Break> = fc.record({
  at: fc.integer({ min: 1, max: 60 }),
  when: fc.constantFrom('before', 'reply lost'),
});

function countsOf({ outcomes, callbacks }: ModelResult): RunCounts {
  const counts = { ...NO_COUNTS, records: outcomes.size };
  for (const outcome of outcomes.values()) counts[outcome] += 1;
  for (const { state } of callbacks.values()) counts[state] += 1;
  return counts;
}

/** Plays a run to its end over a database that is lost and reopened again and again. */
async function playThroughBreaks(
  db: Database,
  path: string,
  settings: RunSettings,
  breaks: readonly Break[],
): Promise<RunCounts> {
  for (const cut of [...breaks, null]) {
    const kept = await findRun(db, '1');
    // The last reply was lost.
    if (kept?.state === 'completed') return kept.counts;
    const source = await openSource({ kind: 'file', path });
    try {
      const { status } = await sitThrough(cut ? breakingDatabase(db, cut) : db, source, {
        settings,
        resume: kept ? '1' : null,
        fromMs: kept?.checkpoint.savedAtMs ?? 0,
      });
      if (status.state === 'completed') return status.counts;
      expect(status.state).toBe('interrupted');
    } catch (error) {
      if (!(error instanceof IngotError) || error.code !== 'database_unavailable') throw error;
      await source.close();
    }
  }
  throw new Error('the last attempt ends');
}

describeOnEachDatabase('a run that was cut off', (empty) => {
  it('ends as if it had not been, wherever it was cut and whatever its file', async () => {
    const folder = createTestFolder();
    const path = join(folder, 'source');
    await fc.assert(
      fc.asyncProperty(
        // An empty NDJSON file is not a source.
        arbitraryStream.filter((given) => given.length > 0),
        fc.constantFrom(...FILE_FORMS),
        // Its files do not say when their records came.
        fc.constantFrom(...ARRIVALS.filter((arrival) => arrival !== 'recorded')),
        fc.constantFrom({ fromMs: 0, toMs: 0 }, { fromMs: 500, toMs: 500 }, { fromMs: 0, toMs: 1000 }),
        fc.array(arbitraryBreak, { minLength: 1, maxLength: 4 }),
        async (given, form, arrival, delay, breaks) => {
          await writeSource(path, given, form);
          const settings = simulated({ arrival, delay });
          const db = await empty();
          const counts = await playThroughBreaks(db, path, settings, breaks);
          const model = replayModel(await planned(given, settings));
          await expectStored(db, model);
          expect(counts).toEqual(countsOf(model));
          expect((await findRun(db, '1'))?.counts).toEqual(counts);
        },
      ),
      { numRuns: 60 },
    );
  });
});
