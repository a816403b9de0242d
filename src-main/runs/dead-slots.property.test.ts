import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { NOW_SEQ } from '../../src-shared/instant';
import { KEEP_ALL } from '../../src-shared/retention';
import { compareVersions, slotOf, type Update } from '../../src-shared/update';
import type { WindowRequest } from '../../src-shared/views';
import { removeHistoryStep } from '../accounts/sql/remove-history';
import { createViews, type Views } from '../accounts/views/create-views';
import { type KnownRun, pendingOf } from '../callbacks/known-run';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { SlotDeath, UnnumberedUpdate } from '../ingestion/record';
import { memorySource, toRecords } from '../ingestion/testing/memory-source';
import { saveRetention } from '../storage/retention';
import { enterSpace } from '../storage/spaces';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { expectStored } from './testing/expect-stored';
import { playDeaths, type Step } from './testing/play-deaths';
import { eventsOf, simulated, sitThrough } from './testing/play-run';
import { differing, type Happens, type ModelResult, replayModel } from './testing/reference-model';

const content = {
  id: fc.constantFrom('a', 'B', 'c'),
  accountType: fc.constantFrom('mint', 'escrow'),
  tokens: fc.constantFrom('0', '1', '2'),
  data: fc.constant('{}'),
  callbackTimeMs: fc.constantFrom(50, 150, 1_000_000),
};
const arbitrarySlot = fc.constantFrom('0', '5', '6', '7', '8');
const arbitraryRecord = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...content,
      version: fc
        .tuple(arbitrarySlot, fc.constantFrom('0', '1', '2'))
        .map(([slot, version]) => (slot === '0' ? version : `${slot}:${version}`)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...content, slot: arbitrarySlot }) },
);
const arbitraryBatch = fc.array(arbitraryRecord, { minLength: 1, maxLength: 4, size: 'max' });
const arbitrarySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ records: arbitraryBatch }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        deadSlot: arbitrarySlot,
        crashesAfter: fc.constantFrom(0, 1, 9),
        between: fc.array(arbitraryBatch, { maxLength: 2 }),
      }),
    },
  ),
  { maxLength: 14, size: 'max' },
);

/** Three accounts fall back to slot 5 in the order B, a, c. */
const dies = (
  callbackTimeMs: number,
  between: readonly (readonly [id: string, version: string])[],
): Step[] => {
  const at = (id: string, version: string) => ({
    id,
    accountType: 'mint',
    tokens: '1',
    data: '{}',
    callbackTimeMs,
    version,
  });
  const inSlot = (slot: string) => ({ records: ['a', 'B', 'c'].map((id) => at(id, `${slot}:0`)) });
  const death = { deadSlot: '8', crashesAfter: 9, between: between.map((of) => [at(...of)]) };
  return [inSlot('5'), inSlot('8'), death];
};
/** An update below the dead slot, of an account that is still to fall back. */
const COMES_BELOW = dies(1_000_000, [['c', '7:0']]);
/** A callback that falls due before its account falls back. */
const FALLS_DUE = dies(150, [
  ['B', '7:0'],
  ['a', '7:0'],
]);

const window: WindowRequest = { from: { edge: 'start' }, limit: 500 };

const viewsOf = (db: Database, run: KnownRun) =>
  createViews({
    database: db,
    clock: createVirtualClock(),
    pending: pendingOf(() => new Map([[run.runId, run]])),
  });

async function expectViews(views: Views, model: ModelResult, asOf: string) {
  const accounts = await views.accounts({ asOf, window, sort: { by: 'id', direction: 'asc' }, filter: {} });
  const callbackOf = ({ id, version }: Update) =>
    model.callbacks.get(`${id} ${version}`)?.state ?? 'cancelled';
  expect(
    new Map(
      accounts.rows.map((row) => [row.id, [row.version, row.tokens, row.accountType, row.callbackState]]),
    ),
  ).toEqual(
    new Map(
      [...model.accounts].map(([id, account]) => [
        id,
        [account.version, account.tokens, account.accountType, callbackOf(account)],
      ]),
    ),
  );
  for (const state of ['pending', 'fired', 'cancelled'] as const) {
    const filter = { callbackStates: [state] };
    const some = await views.accounts({ asOf, window, sort: { by: 'id', direction: 'asc' }, filter });
    expect(some.rows.map(({ id }) => id).sort()).toEqual(
      [...model.accounts.values()]
        .filter((account) => callbackOf(account) === state)
        .map(({ id }) => id)
        .sort(),
    );
  }
  const report = await views.report({ asOf, limit: 100 });
  expect([report.types, report.accounts]).toEqual([model.report, model.accounts.size]);
  const history = await views.history({ asOf, window, direction: 'asc', filter: {} });
  expect(new Map(history.rows.map((row) => [`${row.id} ${row.version}`, row.outcome]))).toEqual(
    model.history,
  );
  const slotDied = (version: string) => model.deadSlots.get(slotOf(version)) ?? null;
  for (const { version, retracted } of history.rows) expect(retracted?.at ?? null).toBe(slotDied(version));
  for (const retracted of ['yes', 'no'] as const) {
    const some = await views.history({ asOf, window, direction: 'asc', filter: { retracted } });
    expect(some.rows.map(({ seq }) => seq)).toEqual(
      history.rows
        .filter((row) => (slotDied(row.version) === null) === (retracted === 'no'))
        .map(({ seq }) => seq),
    );
  }
  expect(
    new Map(
      history.rows
        .filter((row) => row.callbackState !== null)
        .map((row) => [
          `${row.id} ${row.version}`,
          { state: row.callbackState, at: row.callbackSettled?.at ?? null, supersededBy: row.supersededBy },
        ]),
    ),
  ).toEqual(model.callbacks);
  for (const state of ['pending', 'fired', 'cancelled'] as const) {
    const listed = await views.callbacks({ asOf, state, window });
    for (const { version, retracted } of listed.rows) expect(retracted?.at ?? null).toBe(slotDied(version));
    expect(listed.rows.map(({ id, version }) => `${id} ${version}`).sort()).toEqual(
      [...model.callbacks]
        .filter(([, callback]) => callback.state === state)
        .map(([key]) => key)
        .sort(),
    );
  }
}

const MOST = String(2n ** 64n - 1n);
/** Slots and places in them; the greatest write version stands for a whole slot. */
const CUTS = ['0:1', `0:${MOST}`, '5:0', `5:${MOST}`, '6:1', `6:${MOST}`, `7:${MOST}`, `9:${MOST}`];

/** As of every place on the chain, as known at `seq`. Callbacks are what they were in the order of arrival. */
async function expectChainViews(views: Views, known: ModelResult, seq: string) {
  for (const cut of CUTS) {
    const asOf = `${seq},${cut}`;
    const model = known.asOf(cut);
    const said = (update: Update) =>
      [update.id, [update.version, update.tokens, update.accountType]] as const;
    const sort = { by: 'version', direction: 'desc' } as const;
    const accounts = await views.accounts({ asOf, window, sort, filter: {} });
    expect(
      accounts.rows.map((row) => [row.id, [row.version, row.tokens, row.accountType]]),
      asOf,
    ).toEqual(
      [...model.accounts.values()]
        .sort((a, b) => compareVersions(b.version, a.version) || (a.id < b.id ? 1 : -1))
        .map(said),
    );
    expect(new Map(accounts.rows.map(({ id, callbackState }) => [id, callbackState]))).toEqual(
      new Map(
        [...model.accounts.values()].map(({ id, version }) => [
          id,
          known.callbacks.get(`${id} ${version}`)?.state ?? 'cancelled',
        ]),
      ),
    );
    const report = await views.report({ asOf, limit: 100 });
    expect([report.types, report.accounts], asOf).toEqual([model.report, model.accounts.size]);
    const history = await views.history({ asOf, window, direction: 'asc', filter: {} });
    expect(new Map(history.rows.map((row) => [`${row.id} ${row.version}`, row.outcome]))).toEqual(
      model.history,
    );
    const { rows: versions } = await views.versions({ asOf, id: 'a', window });
    expect(versions.map(({ version }) => `a ${version}`).sort()).toEqual(
      [...model.history.keys()].filter((key) => key.startsWith('a ')).sort(),
    );
    const account = await views.account({ asOf, id: 'a' });
    expect(account?.version).toBe(model.accounts.get('a')?.version);
    if (account) expect(account.versions).toBe(versions.length);
  }
}

/** The steps as a recording holds them, and what the model makes of it. The first record arrives at once. */
function recordingOf(steps: readonly Step[]) {
  const given: (Update | UnnumberedUpdate)[] = [];
  const arrivalsMs: number[] = [];
  const deaths: SlotDeath[] = [];
  const happenings: Happens[] = [];
  const first = steps.findIndex((step) => 'records' in step);
  for (const [index, step] of steps.entries()) {
    const arrivalMs = 1_000_000 + 100 * index;
    const at = first < 0 ? 0 : Math.max(0, 100 * (index - first));
    if ('deadSlot' in step) {
      deaths.push({ slot: step.deadSlot, after: given.length, arrivalMs });
      happenings.push({ deadSlot: step.deadSlot, at });
      continue;
    }
    for (const source of toRecords(step.records)) {
      happenings.push({ at, source: { ...source, record: given.length + source.record } });
    }
    arrivalsMs.push(...step.records.map(() => arrivalMs));
    given.push(...step.records);
  }
  return { given, deaths, arrivalsMs, model: replayModel(happenings) };
}

function settledIn(events: readonly RunEvent[]): Map<string, readonly [state: string, at: number]> {
  return new Map(
    events.flatMap((event) =>
      event.event === 'fired' || event.event === 'cancelled'
        ? [[`${event.id} ${event.version}`, [event.event, event.at]]]
        : [],
    ),
  );
}

describeOnEachDatabase('dead slots, against the reference model', (empty) => {
  it('are retracted as the law says, now and as of every step', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySteps, fc.constantFrom(0, 1, 100), async (steps, remembered) => {
        const db = await empty();
        const { run, lasts, models, atOnce } = await playDeaths(db, steps, remembered);
        const last = models.at(-1);
        if (!last) return;
        await expectStored(db, atOnce);
        const views = viewsOf(db, run);
        await expectViews(views, last, NOW_SEQ);
        const cancelled = [...last.callbacks.values()].filter(({ state }) => state === 'cancelled');
        expect(run.counts).toMatchObject({ indexed: last.callbacks.size, cancelled: cancelled.length });
        for (const [step, model] of models.entries()) await expectViews(views, model, String(lasts[step]));
      }),
      {
        numRuns: 20,
        examples: [
          [COMES_BELOW, 0],
          [FALLS_DUE, 100],
        ],
      },
    );
  });

  it('leave the state as of any place on the chain, as known after any step, as the law says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySteps, fc.nat(), async (steps, anyStep) => {
        const db = await empty();
        const { run, lasts, models } = await playDeaths(db, steps, 100);
        const views = viewsOf(db, run);
        const step = anyStep % Math.max(1, models.length);
        for (const at of new Set([step, models.length - 1])) {
          const model = models[at];
          if (model) await expectChainViews(views, model, String(lasts[at]));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('tell two spaces apart, as the law says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySteps, async (steps) => {
        const db = await empty();
        const { models } = await playDeaths(db, steps, 100);
        await enterSpace(db, 'other', { how: 'make' });
        const living = await playDeaths(
          db,
          steps.filter((step) => 'records' in step),
          100,
        );
        const [all, none] = [models.at(-1), living.models.at(-1)];
        if (!all || !none) return;
        await expectDifferences(db, ['main/1', '1'], [all, none]);
        await expectDifferences(db, ['1', 'main/1'], [none, all]);
        await enterSpace(db, null, { how: 'make' });
        await expectDifferences(db, ['1', 'other/1'], [all, none]);
        await expectDifferences(db, ['1', '1'], [all, all]);
      }),
      { numRuns: 10 },
    );
  });

  it('are retracted as the law says by a recording, at the times that it has, whatever its run is cut into', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitrarySteps,
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat(12)),
        async (steps, simulate, chunkSizes, cut) => {
          const { given, deaths, arrivalsMs, model } = recordingOf(steps);
          const source = () => memorySource(given, { chunkSizes, deaths, arrivalsMs });
          const settings = simulated({ arrival: 'recorded', simulate });
          const db = await empty();
          const events: RunEvent[] = [];
          // In virtual time nothing happens while it is away.
          const isCut = cut !== null && simulate && cut < given.length;
          if (isCut) {
            const fault = new IngotError('source_broken', 'It broke off.');
            const part = {
              chunkSizes,
              deaths: deaths.filter(({ after }) => after < cut),
              arrivalsMs,
              fault,
            };
            const first = await sitThrough(db, memorySource(given.slice(0, cut), part), { settings });
            expect(first.status.state).toBe('failed');
            events.push(...first.events);
          }
          const rest = await sitThrough(db, source(), { settings, resume: isCut ? '1' : null });
          events.push(...rest.events);
          expect(rest.status.state).toBe('completed');
          await expectStored(db, model);
          expect(settledIn(events)).toEqual(
            new Map([...model.callbacks].map(([key, { state, at }]) => [key, [state, at]])),
          );
          const said = eventsOf(events, 'retracted').map(({ slot, at }) => [slot, at] as const);
          expect(new Map(said)).toEqual(model.deadSlots);
          expect(said.length).toBe(model.deadSlots.size);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leave every state above a floor of retention as the law says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySteps, fc.nat(), fc.constantFrom(1, 2, 16), async (steps, nth, beside) => {
        const db = await empty();
        await saveRetention(db, KEEP_ALL);
        const { lasts, models } = await playDeaths(db, steps, 100);
        const first = lasts.length === 0 ? 0 : nth % lasts.length;
        const floor = lasts[first] ?? -1n;
        for (let at = -1n; at < floor; ) {
          at = (await removeHistoryStep(db, at, floor, { updates: 2, beside })).floor;
        }
        const views = createViews({
          database: db,
          clock: createVirtualClock(),
          pending: pendingOf(() => new Map()),
        });
        for (const [step, model] of models.entries()) {
          if (step < first) continue;
          const asOf = String(lasts[step]);
          const report = await views.report({ asOf, limit: 100 });
          expect([report.types, report.accounts]).toEqual([model.report, model.accounts.size]);
          const counts = { pending: 0, fired: 0, cancelled: 0 };
          for (const { state } of model.callbacks.values()) counts[state] += 1;
          expect(await views.callbackCounts(asOf)).toEqual(counts);
          // Some stay where many versions lie between.
          const { rows } = await views.history({ asOf, window, direction: 'asc', filter: {} });
          for (const { id, version, callbackState, supersededBy } of rows) {
            const callback = model.callbacks.get(`${id} ${version}`);
            expect([callbackState, supersededBy]).toEqual([
              callback?.state ?? null,
              callback?.supersededBy ?? null,
            ]);
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});

async function expectDifferences(
  db: Database,
  [from, to]: readonly [string, string],
  [was, is]: readonly [ModelResult, ModelResult],
) {
  const views = createViews({
    database: db,
    clock: createVirtualClock(),
    pending: pendingOf(() => new Map()),
  });
  const accounts = await views.comparedAccounts({ from, to, window });
  expect(new Map(accounts.rows.map((row) => [row.id, [row.from?.version, row.to?.version]]))).toEqual(
    differing(was.accounts, is.accounts, (account) => account?.version),
  );
  const callbacks = await views.comparedCallbacks({ from, to, window });
  expect(
    new Map(callbacks.rows.map((row) => [`${row.id} ${row.version}`, [row.from?.state, row.to?.state]])),
  ).toEqual(differing(was.callbacks, is.callbacks, (callback) => callback?.state));
  const summary = await views.compare({ from, to });
  expect([summary.accounts, summary.from.counts.accounts, summary.to.counts.accounts]).toEqual([
    accounts.rows.length,
    was.accounts.size,
    is.accounts.size,
  ]);
}
