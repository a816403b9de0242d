import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WindowRequest } from '../../src-shared/views';
import { createViews } from '../accounts/views/create-views';
import { pendingOf } from '../callbacks/known-run';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { arbitraryStream } from './testing/arbitrary-updates';
import { planned } from './testing/expect-stored';
import { playRun } from './testing/play-run';
import { replayModel } from './testing/reference-model';

const window: WindowRequest = { from: { edge: 'start' }, limit: 500 };

describeOnEachDatabase('the past', (empty) => {
  it('after every record is what the law says of the records up to it', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, async (given) => {
        const db = await empty();
        const { status } = await playRun(db, memorySource(given));
        const views = createViews({
          database: db,
          clock: createVirtualClock(),
          pending: pendingOf(() => new Map()),
        });
        const arrivals = await planned(given);
        for (const [position, { source }] of arrivals.entries()) {
          const run = status.runId;
          const { seq: asOf } = await views.resolve(`${run}:${position}`);
          const model = replayModel(arrivals.slice(0, position + 1), { drain: false });

          const accounts = await views.accounts({
            asOf,
            window,
            sort: { by: 'id', direction: 'asc' },
            filter: {},
          });
          expect(
            new Map(accounts.rows.map((row) => [row.id, [row.version, row.tokens, row.accountType]])),
          ).toEqual(
            new Map(
              [...model.accounts].map(([id, { version, tokens, accountType }]) => [
                id,
                [version, tokens, accountType],
              ]),
            ),
          );
          expect((await views.report({ asOf, limit: 100 })).types).toEqual(model.report);
          const history = await views.history({ asOf, window, direction: 'asc', filter: {} });
          expect(new Map(history.rows.map((row) => [`${row.id} ${row.version}`, row.outcome]))).toEqual(
            model.history,
          );
          // What is not stored leaves no trace of when callbacks before it fired.
          if (source.kind === 'reject' || !isKept(model.outcomes.get(source.record))) continue;
          const indexed = history.rows.filter((row) => row.callbackState !== null);
          expect(
            new Map(
              indexed.map((row) => [`${row.id} ${row.version}`, [row.callbackState, row.supersededBy]]),
            ),
          ).toEqual(
            new Map(
              [...model.callbacks].map(([key, { state, supersededBy }]) => [key, [state, supersededBy]]),
            ),
          );
          const of = (state: string) =>
            [...model.callbacks.values()].filter((one) => one.state === state).length;
          expect(await views.callbackCounts(asOf)).toEqual({
            pending: of('pending'),
            fired: of('fired'),
            cancelled: of('cancelled'),
          });
        }
      }),
      { numRuns: 15 },
    );
  });
});

const isKept = (outcome: string | undefined) => outcome === 'indexed' || outcome === 'stale';
