import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS } from '../../src-shared/events';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { arbitraryStream } from './testing/arbitrary-updates';
import { breakingDatabase } from './testing/breaking-database';
import { playRun } from './testing/play-run';

describeOnEachDatabase('a run whose database is lost', (empty) => {
  it('ends with a report and a summary all the same: the counts of its events, marked as not complete', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        arbitraryStream,
        fc.integer({ min: 4, max: 60 }),
        fc.constantFrom('before' as const, 'reply lost' as const),
        async (given, at, when) => {
          const lost = breakingDatabase(await empty(), { at, when });
          const played = await playRun(lost, memorySource(given)).catch((error: unknown) => {
            // It was lost before the run started.
            if (error instanceof IngotError && error.code === 'database_unavailable') return null;
            throw error;
          });
          if (!played) return;
          const { events, status } = played;
          const counts = { ...NO_COUNTS };
          for (const { event } of events.slice(0, -2)) {
            if (event === 'report' || event === 'summary') throw new Error('each is said once, at the end');
            if (event === 'retracted') throw new Error('no slot dies');
            counts[event] += 1;
            if (event !== 'fired' && event !== 'cancelled') counts.records += 1;
          }
          counts.pending = counts.indexed - counts.fired - counts.cancelled;
          const [report, summary] = events.slice(-2);
          expect(report).toMatchObject({ event: 'report' });
          expect(summary).toMatchObject({ event: 'summary', counts });
          expect(status.counts).toEqual(counts);
          const complete = report?.event === 'report' && report.complete;
          expect(summary).toMatchObject({ complete });
          if (!complete) expect(report).toMatchObject({ types: [], moreTypes: false });
          if (status.state === 'completed') expect(complete).toBe(true);
          seen.add(`${status.state} ${complete}`);
        },
      ),
      { numRuns: 60 },
    );
    expect(seen).toContain('interrupted false');
    expect(seen).toContain('completed true');
  });
});
