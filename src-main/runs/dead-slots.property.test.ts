import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { NOW_SEQ } from '../../src-shared/instant';
import { KEEP_ALL } from '../../src-shared/retention';
import { compareVersions, slotOf, type Update } from '../../src-shared/update';
import type { WindowRequest } from '../../src-shared/views';
import { applyBatch, type Batch } from '../accounts/apply-batch';
import { rememberAccounts } from '../accounts/known-accounts';
import { retractSlot } from '../accounts/retract-slot';
import { hasDeadSlots } from '../accounts/sql/dead-slots';
import { removeHistoryStep } from '../accounts/sql/remove-history';
import { createViews, type Views } from '../accounts/views/create-views';
import { figuresAfter, type KnownRun, pendingOf } from '../callbacks/known-run';
import { settleCallbacks, type ToSettle } from '../callbacks/sql/settle';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { SlotDeath, UnnumberedUpdate } from '../ingestion/record';
import { memorySource, toRecords } from '../ingestion/testing/memory-source';
import { unobserved } from '../observability/observer';
import { saveRetention } from '../storage/retention';
import { enterSpace } from '../storage/spaces';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { finishDeaths, openRun } from './attempt';
import { expectStored } from './testing/expect-stored';
import { eventsOf, simulated, sitThrough } from './testing/play-run';
import {
  type Arriving,
  type Dying,
  differing,
  type ModelResult,
  replayModel,
} from './testing/reference-model';

/** Records that arrive together, or a slot that dies. */
type Step =
  | { readonly records: readonly (Update | UnnumberedUpdate)[] }
  | {
      readonly deadSlot: string;
      /** The process ends after so many steps of the death, if it has more. */
      readonly crashesAfter: number;
    };

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
const arbitrarySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        records: fc.array(arbitraryRecord, { minLength: 1, maxLength: 4, size: 'max' }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ deadSlot: arbitrarySlot, crashesAfter: fc.constantFrom(0, 1, 9) }) },
  ),
  { maxLength: 14, size: 'max' },
);

/** 100 ms lie between two steps. What is due by then fires before each. Returns the last number of each step. */
async function play(db: Database, steps: readonly Step[], remembered: number) {
  const clock = createVirtualClock();
  const { run } = await openRun({ db, clock }, memorySource([]), simulated(), null);
  let known = rememberAccounts(remembered);
  let nextSeq = 1n;
  const sequence = {
    take(count: number) {
      const first = nextSeq;
      nextSeq += BigInt(count);
      return first;
    },
  };
  const runOf = () => run;
  const fireUntil = async (at: number) => {
    const due: ToSettle[] = [];
    for (let entry = run.queue.take(at); entry; entry = run.queue.take(at)) {
      due.push({ seq: entry.seq, at: entry.dueMs });
    }
    if (due.length === 0) return;
    const settled = await settleCallbacks(db, due, 'due', sequence.take(due.length), []);
    expect(settled.length).toBe(due.length);
    for (const { account } of settled) known.settled(account.id, account.version);
  };
  const checkpoint: Batch['checkpoint'] = async (_, events) => {
    Object.assign(run, figuresAfter(run, events, runOf, clock.now()).get(run));
  };
  const lasts: bigint[] = [];
  const happenings: (Arriving | Dying)[] = [];
  const until: number[] = [];
  let record = 0;
  for (const [index, step] of steps.entries()) {
    const at = 100 * index;
    await fireUntil(at);
    if (index % 5 === 4) known = rememberAccounts(remembered, await hasDeadSlots(db));
    const common = { run, known, sequence, runOf, checkpoint };
    if ('deadSlot' in step) {
      const found = { ...common, slot: step.deadSlot, at, nowMs: clock.now() };
      let { rest } = await retractSlot(db, found, null, 1);
      for (let steps = 0; rest !== null; steps += 1) {
        if (steps === step.crashesAfter) {
          known = rememberAccounts(remembered, true);
          await finishDeaths({ db, clock, known, sequence }, new Map([[run.runId, run]]), () => {});
          break;
        }
        ({ rest } = await retractSlot(db, found, rest, 1));
      }
      happenings.push({ deadSlot: step.deadSlot, at });
    } else {
      const arrivals = toRecords(step.records).map((source) => ({
        at,
        source: { ...source, record: record++ },
      }));
      await applyBatch(db, {
        ...common,
        arrivals,
        previousAt: at - 1,
        due: [],
        fires: true,
        observer: unobserved,
        describeFired: ({ runId }, _dueMs, firedAt, account) => {
          const { id, version } = account;
          const moment = { runId, at: firedAt, wallMs: null };
          return {
            event: 'fired',
            ...moment,
            id,
            version,
            late: false,
            byHand: false,
            latenessMs: 0,
            account,
          };
        },
      });
      happenings.push(...arrivals);
    }
    lasts.push(nextSeq - 1n);
    until.push(happenings.length);
  }
  await db.executeScript('attempts', `UPDATE runs SET attempts = '[["1", "${nextSeq - 1n}"]]'`);
  return {
    run,
    lasts,
    models: until.map((count) => replayModel(happenings.slice(0, count), { drain: false })),
  };
}

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
  const happenings: (Arriving | Dying)[] = [];
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
        const { run, lasts, models } = await play(db, steps, remembered);
        const last = models.at(-1);
        if (!last) return;
        await expectStored(db, last);
        const views = viewsOf(db, run);
        await expectViews(views, last, NOW_SEQ);
        const cancelled = [...last.callbacks.values()].filter(({ state }) => state === 'cancelled');
        expect(run.counts).toMatchObject({ indexed: last.callbacks.size, cancelled: cancelled.length });
        for (const [step, model] of models.entries()) await expectViews(views, model, String(lasts[step]));
      }),
      { numRuns: 25 },
    );
  });

  it('leave the state as of any place on the chain, as known after any step, as the law says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySteps, fc.nat(), async (steps, anyStep) => {
        const db = await empty();
        const { run, lasts, models } = await play(db, steps, 100);
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
        const { models } = await play(db, steps, 100);
        await enterSpace(db, 'other', { how: 'make' });
        const living = await play(
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
        const { lasts, models } = await play(db, steps, 100);
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
