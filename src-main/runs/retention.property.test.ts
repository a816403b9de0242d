import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NOW_SEQ } from '../../src-shared/instant';
import type { HistoryRow, WindowRequest } from '../../src-shared/views';
import { removeHistoryStep } from '../accounts/sql/remove-history';
import { createViews, type Views } from '../accounts/views/create-views';
import { pendingOf } from '../callbacks/known-run';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { saveRetention } from '../storage/retention';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { findWaitingRuns } from './attempt';
import { findLastSeq } from './sql/runs';
import { arbitraryStream } from './testing/arbitrary-updates';
import { playRun, simulated } from './testing/play-run';

const window: WindowRequest = { from: { edge: 'start' }, limit: 500 };

async function viewsOf(db: Database): Promise<Views> {
  const runs = await findWaitingRuns(db);
  return createViews({ database: db, clock: createVirtualClock(), pending: pendingOf(() => runs) });
}

/** All that is answered as of an instant, but for the rows of the history. */
async function answersAt(views: Views, asOf: string) {
  const accounts = await views.accounts({ asOf, window, sort: { by: 'id', direction: 'asc' }, filter: {} });
  const { madeAtMs: _, ...report } = await views.report({ asOf, limit: 100 });
  return {
    accounts: accounts.rows.map(({ created: _created, cursor: _cursor, ...row }) => row),
    total: accounts.total,
    report,
    counts: await views.callbackCounts(asOf),
    summary: await views.summary(asOf),
  };
}

async function historyAt(views: Views, asOf: string): Promise<readonly HistoryRow[]> {
  const { rows, total } = await views.history({ asOf, window, direction: 'asc', filter: {} });
  expect(total).toBe(rows.length);
  const listed = await Promise.all(
    (['pending', 'fired', 'cancelled'] as const).map(async (state) => {
      const page = await views.callbacks({ asOf, state, window });
      return page.rows.map(({ id, version }) => `${state} ${id} ${version}`);
    }),
  );
  expect(listed.flat().sort()).toEqual(
    rows
      .flatMap(({ id, version, callbackState }) => (callbackState ? `${callbackState} ${id} ${version}` : []))
      .sort(),
  );
  return rows.map(({ cursor: _, ...row }) => row);
}

async function removeUpTo(db: Database, from: bigint, floor: bigint): Promise<void> {
  for (let at = from; at < floor; ) at = (await removeHistoryStep(db, at, floor)).floor;
}

describeOnEachDatabase('retention', (empty) => {
  it('leaves every answer as of the floor and later as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryStream,
        arbitraryStream,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (first, second, share) => {
          const db = await empty();
          await saveRetention(db, { ageMs: null, sizeBytes: null });
          let floor = -1n;
          for (const stream of [first, second]) {
            await playRun(db, memorySource(stream), simulated({ wait: share < 0.5 }));
            const last = await findLastSeq(db);
            const next = BigInt(Math.round(Number(last) * share));
            if (next <= floor) continue;
            const asOfs = [next, (next + last) / 2n, last].map(String).concat(NOW_SEQ);
            const before = await viewsOf(db);
            const answers = await Promise.all(asOfs.map((asOf) => answersAt(before, asOf)));
            const histories = await Promise.all(asOfs.map((asOf) => historyAt(before, asOf)));
            await removeUpTo(db, floor, next);
            floor = next;
            for (const views of [before, await viewsOf(db)]) {
              for (const [at, asOf] of asOfs.entries()) {
                expect(await answersAt(views, asOf)).toEqual(answers[at]);
                const latest = new Set(answers[0]?.accounts.map(({ id, version }) => `${id} ${version}`));
                const kept = histories[at]?.filter(
                  ({ seq, id, version }) => BigInt(seq) > floor || latest.has(`${id} ${version}`),
                );
                const isKnown = ({ seq }: HistoryRow) => BigInt(seq) > floor;
                const rows = await historyAt(views, asOf);
                expect(rows.filter(isKnown)).toEqual(kept?.filter(isKnown));
                expect(rows.map(({ seq, callbackState }) => [seq, callbackState])).toEqual(
                  kept?.map(({ seq, callbackState }) => [seq, callbackState]),
                );
              }
            }
          }
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });
});
