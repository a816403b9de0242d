import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CALLBACK_FATES, type ComparedAccount, explainRemoved, foundIn } from '../../src-shared/compare';
import { KEEP_ALL } from '../../src-shared/retention';
import type { WindowRequest } from '../../src-shared/views';
import { removeHistoryStep } from '../accounts/sql/remove-history';
import { createViews } from '../accounts/views/create-views';
import { pendingOf } from '../callbacks/known-run';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { saveRetention, sumRemoved } from '../storage/retention';
import { enterSpace } from '../storage/spaces';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { findLastSeq } from './sql/runs';
import { arbitraryStream } from './testing/arbitrary-updates';
import { planned } from './testing/expect-stored';
import { playRun, simulated } from './testing/play-run';
import { differing, type ModelResult, replayModel } from './testing/reference-model';

const LIMIT = 3;
/** Statements that look up what is last; each is waited for. */
const MOVING = ['find_last_number', 'find_run_span'];
const UPDATE = { id: 'a', accountType: 'mint', tokens: '0', version: '0', data: '{}' };

describeOnEachDatabase('a comparison', (empty) => {
  it('of any two instants is what the law says of both', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, fc.nat(), fc.nat(), async (given, one, other) => {
        const db = await empty();
        const { status } = await playRun(db, memorySource(given));
        const views = createViews({
          database: db,
          clock: createVirtualClock(),
          pending: pendingOf(() => new Map()),
        });
        const arrivals = await planned(given);
        // Only what is stored leaves a trace of when callbacks before it fired.
        const stored = arrivals.flatMap(({ source }, position) => {
          const outcome = replayModel(arrivals.slice(0, position + 1)).outcomes.get(source.record);
          return outcome === 'indexed' || outcome === 'stale' ? [position] : [];
        });
        if (stored.length === 0) return;
        const instants = [one, other].map((pick) => stored[pick % stored.length] ?? 0);
        const [before, after] = instants.map((position) =>
          replayModel(arrivals.slice(0, position + 1), { drain: false }),
        ) as [ModelResult, ModelResult];
        const [from = '', to = ''] = instants.map((position) => `${status.runId}:${position}`);

        const accounts = await readAll((window) => views.comparedAccounts({ from, to, window }));
        expect(
          new Map(accounts.map((row) => [row.id, [row.from?.version ?? null, row.to?.version ?? null]])),
        ).toEqual(differing(before.accounts, after.accounts, (account) => account?.version ?? null));
        for (const { id, from: a, to: b } of accounts) {
          expect([a?.tokens, b?.tokens]).toEqual([
            before.accounts.get(id)?.tokens,
            after.accounts.get(id)?.tokens,
          ]);
        }

        const callbacks = await readAll((window) => views.comparedCallbacks({ from, to, window }));
        const states = differing(before.callbacks, after.callbacks, (callback) => callback?.state ?? null);
        expect(
          new Map(
            callbacks.map((row) => [
              `${row.id} ${row.version}`,
              [row.from?.state ?? null, row.to?.state ?? null],
            ]),
          ),
        ).toEqual(states);
        for (const { id, version, to: fate } of callbacks) {
          expect(fate?.supersededBy ?? null).toBe(
            after.callbacks.get(`${id} ${version}`)?.supersededBy ?? null,
          );
        }

        const summary = await views.compare({ from, to });
        expect(summary.accounts).toBe(accounts.length);
        const ids = ({ report }: ModelResult) =>
          new Map(
            report.map((type) => [type.accountType, [type.tokens, ...type.leaders.map(({ id }) => id)]]),
          );
        expect(summary.leaders.map(({ accountType }) => accountType).sort()).toEqual(
          [...differing(ids(before), ids(after), String).keys()].sort(),
        );
        for (const fateFrom of CALLBACK_FATES) {
          for (const fateTo of CALLBACK_FATES) {
            const wanted = [...states.values()].filter(
              ([a, b]) => (a ?? 'none') === fateFrom && (b ?? 'none') === fateTo,
            );
            const found = await views.comparedCallbacks({
              from,
              to,
              fateFrom: [fateFrom],
              fateTo: [fateTo],
              window: { from: { edge: 'start' }, limit: 1 },
            });
            expect(found.total).toBe(wanted.length);
            expect(
              summary.callbacks.find((count) => count.from === fateFrom && count.to === fateTo)?.count ?? 0,
            ).toBe(wanted.length);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it('is of one instant on both sides and on all pages, whatever arrives meanwhile', async () => {
    const db = await empty();
    let version = 0;
    const play = () => {
      version += 1;
      return playRun(db, memorySource([{ ...UPDATE, version: `9:${version}`, callbackTimeMs: 0 }]));
    };
    await play();
    // After each number that was looked up something comes.
    const moving: Database = {
      ...db,
      async query(statement, values) {
        const result = await db.query(statement, values);
        if (MOVING.includes(statement.name)) await play();
        return result as never;
      },
    };
    const views = createViews({
      database: moving,
      clock: createVirtualClock(1_000),
      pending: pendingOf(() => new Map()),
    });
    for (const [from, to] of [
      ['now', 'now'],
      ['slot:9', 'slot:9'],
      ['slot:9', 'now'],
      ['last', 'last@1h'],
      ['now', '2100-01-01T00:00:00Z'],
    ] as const) {
      const before = version;
      const summary = await views.compare({ from, to });
      expect(version).toBeGreaterThan(before);
      expect([from, to, summary.accounts, summary.callbacks]).toEqual([from, to, 0, []]);
    }
    const sides = { from: '1', to: 'now' };
    const summary = await views.compare(sides);
    expect(summary.to.instant.wallMs).toBe(1_000);
    const window = { from: { edge: 'start' }, limit: 10 } as const;
    const toOf = ({ rows }: { rows: readonly ComparedAccount[] }) => rows.map(({ to }) => to?.version);
    const found = foundIn(summary);
    const shown = toOf(await views.comparedAccounts({ ...sides, found, window }));
    await play();
    expect(toOf(await views.comparedAccounts({ ...sides, found, window }))).toEqual(shown);
    expect(toOf(await views.comparedAccounts({ ...sides, window }))).not.toEqual(shown);
  });

  it('of the same updates played in two spaces is what the law says of both runs', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, fc.nat(1_000), fc.nat(1_000), async (given, one, other) => {
        const db = await empty();
        const [slow, fast] = [one, other].map((ms) => simulated({ delay: { fromMs: ms, toMs: ms } }));
        const before = replayModel(await planned(given, slow));
        const after = replayModel(await planned(given, fast));
        await playRun(db, memorySource(given), slow);
        await enterSpace(db, 'other', { how: 'make' });
        await playRun(db, memorySource(given), fast);
        const states = differing(before.callbacks, after.callbacks, (callback) => callback?.state ?? null);
        // From the one, then from the other.
        for (const [from, to] of [
          ['main/1', '1'],
          ['last', 'other/last'],
        ] as const) {
          const views = createViews({
            database: db,
            clock: createVirtualClock(),
            pending: pendingOf(() => new Map()),
          });
          const callbacks = await readAll((window) => views.comparedCallbacks({ from, to, window }));
          expect(
            new Map(
              callbacks.map((row) => [
                `${row.id} ${row.version}`,
                [row.from?.state ?? null, row.to?.state ?? null],
              ]),
            ),
          ).toEqual(states);
          for (const { id, version, from: a, to: b } of callbacks) {
            const of = ({ callbacks: all }: ModelResult) => all.get(`${id} ${version}`);
            expect([a?.supersededBy ?? null, b?.supersededBy ?? null]).toEqual([
              of(before)?.supersededBy ?? null,
              of(after)?.supersededBy ?? null,
            ]);
            expect([a?.settled?.at ?? null, b?.settled?.at ?? null]).toEqual([
              of(before)?.at ?? null,
              of(after)?.at ?? null,
            ]);
          }
          // The latest versions do not depend on when they came.
          expect(await readAll((window) => views.comparedAccounts({ from, to, window }))).toEqual([]);
          const { from: a, to: b } = await views.compare({ from, to });
          expect([a.counts.accounts, b.counts.accounts]).toEqual([before.accounts.size, after.accounts.size]);
          await enterSpace(db, null, { from: 'other', how: 'make' });
        }
      }),
      {
        numRuns: 8,
        // It fires at 2^53, later than any instant can say.
        examples: [[[{ ...UPDATE, callbackTimeMs: Number.MAX_SAFE_INTEGER }], 1, 0]],
      },
    );
  });

  it('of two spaces takes nothing that retention removed from one of them for a difference', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream, fc.nat(), async (given, nth) => {
        const db = await empty();
        await playRun(db, memorySource(given));
        await enterSpace(db, 'other', { how: 'make' });
        await saveRetention(db, KEEP_ALL);
        await playRun(db, memorySource(given));
        const viewsNow = () =>
          createViews({ database: db, clock: createVirtualClock(), pending: pendingOf(() => new Map()) });
        const warm = viewsNow();
        await warm.compare({ from: 'main/1', to: 'now' });
        const floor = (await findLastSeq(db)) - 1n - BigInt(nth % 5);
        let removed = 0;
        for (let at = -1n; at < floor; ) {
          const step = await removeHistoryStep(db, at, floor);
          at = step.floor;
          removed += step.removed;
        }
        const counted = await sumRemoved(db);
        expect(counted.indexed + counted.stale).toBe(removed);
        const window = { from: { edge: 'start' }, limit: 100 } as const;
        for (const views of [warm, viewsNow()]) {
          const summary = await views.compare({ from: 'main/1', to: 'now' });
          expect([summary.accounts, summary.callbacks]).toEqual([0, []]);
          expect([summary.from.removed, summary.to.removed]).toEqual([0, counted.indexed]);
          expect(explainRemoved(summary) === null).toBe(counted.indexed === 0);
          const other = await views.comparedCallbacks({ from: 'now', to: 'main/1', window });
          expect(other.rows).toEqual([]);
        }
        // What came after the floor, and what is not removed, still differs.
        await playRun(db, memorySource([{ ...UPDATE, id: 'new', callbackTimeMs: 0 }]));
        const { callbacks } = await viewsNow().compare({ from: 'main/last', to: 'now' });
        expect(callbacks).toEqual([{ from: 'none', to: 'fired', count: 1 }]);
      }),
      { numRuns: 6 },
    );
  });
});

interface Page<Row> {
  readonly rows: readonly (Row & { readonly cursor: string })[];
  readonly total: number;
  readonly totalIs: string;
}

/** By small pages, forth and back. */
async function readAll<Row>(read: (window: WindowRequest) => Promise<Page<Row>>): Promise<readonly Row[]> {
  const walk = async (edge: 'start' | 'end') => {
    const rows: (Row & { readonly cursor: string })[] = [];
    for (let from: WindowRequest['from'] = { edge }; ; ) {
      const page = await read({ from, limit: LIMIT });
      if (edge === 'start') rows.push(...page.rows);
      else rows.unshift(...page.rows);
      expect(page.totalIs).toBe('exact');
      if (page.rows.length < LIMIT) return rows;
      expect(page.total).toBeGreaterThanOrEqual(page.rows.length);
      from = edge === 'start' ? { after: rows.at(-1)?.cursor ?? '' } : { before: rows[0]?.cursor ?? '' };
    }
  };
  const rows = await walk('start');
  const keyOf = ({ cursor, ...row }: Row & { readonly cursor: string }) => row;
  expect((await walk('end')).map(keyOf)).toEqual(rows.map(keyOf));
  return rows;
}
