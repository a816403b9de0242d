import { expect } from 'vitest';
import type { Update } from '../../../src-shared/update';
import { applyBatch, type Batch } from '../../accounts/apply-batch';
import { rememberAccounts } from '../../accounts/known-accounts';
import { type Falling, retractSlot } from '../../accounts/retract-slot';
import { hasDeadSlots } from '../../accounts/sql/dead-slots';
import { figuresAfter } from '../../callbacks/known-run';
import type { Concerned } from '../../callbacks/line';
import { settleCallbacks, type ToSettle } from '../../callbacks/sql/settle';
import type { Database, Statement } from '../../database/database';
import type { UnnumberedUpdate } from '../../ingestion/record';
import { memorySource, toRecords } from '../../ingestion/testing/memory-source';
import { unobserved } from '../../observability/observer';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { finishDeaths, openRun } from '../attempt';
import { simulated } from './play-run';
import { type Happens, replayModel } from './reference-model';

/** Records that arrive together, or a slot that dies. */
export type Step =
  | { readonly records: readonly (Update | UnnumberedUpdate)[] }
  | {
      readonly deadSlot: string;
      /** After how many steps of the death the process ends, if it has more. */
      readonly crashesAfter: number;
      /** Records that arrive together after each step of the death, if it has more. */
      readonly between: readonly (readonly (Update | UnnumberedUpdate)[])[];
    };

const fellBack: Statement = {
  name: 'test_fell_back',
  deadline: 'read',
  text: 'SELECT account_id AS id FROM retractions WHERE seq > $1::int8 ORDER BY seq',
};

/**
 * 100 ms lie between two steps. What is due by then fires before each. Returns the last number of each step, and of each batch between
 * the steps of a death.
 */
export async function playDeaths(db: Database, steps: readonly Step[], remembered: number) {
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
  const checkpoint: Batch['checkpoint'] = async (_, events) => {
    Object.assign(run, figuresAfter(run, events, runOf, clock.now()).get(run));
  };
  const common = () => ({ run, known, sequence, runOf, checkpoint });
  const lasts: bigint[] = [];
  const happenings: Happens[] = [];
  const until: number[] = [];
  const mark = () => {
    lasts.push(nextSeq - 1n);
    until.push(happenings.length);
  };
  type FallBackOf = (of: Concerned) => Promise<ReadonlySet<bigint>>;
  const fireUntil = async (at: number, fallBack: FallBackOf) => {
    const taken: ToSettle[] = [];
    for (let entry = run.queue.take(at); entry; entry = run.queue.take(at)) {
      taken.push({ seq: entry.seq, at: entry.dueMs });
    }
    const fallen = await fallBack({ taken: taken.map(({ seq }) => seq) });
    const due = taken.filter(({ seq }) => !fallen.has(seq));
    if (due.length === 0) return;
    const settled = await settleCallbacks(db, due, 'due', sequence.take(due.length), []);
    expect(settled.length).toBe(due.length);
    for (const { account } of settled) known.settled(account.id, account.version);
  };
  const none: FallBackOf = async () => new Set();
  let record = 0;
  const arrive = async (records: readonly (Update | UnnumberedUpdate)[], at: number) => {
    const arrivals = toRecords(records).map((source) => ({ at, source: { ...source, record: record++ } }));
    await applyBatch(db, {
      ...common(),
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
    mark();
  };
  const die = async (
    { deadSlot: slot, crashesAfter, between }: Extract<Step, { deadSlot: string }>,
    at: number,
  ) => {
    happenings.push({ deadSlot: slot, at, inSteps: true });
    let rest: Falling | null = null;
    const noting = async <T>(work: () => Promise<T>): Promise<T> => {
      const after = nextSeq - 1n;
      const done = await work();
      const { rows } = await db.query<{ id: string }>(fellBack, [String(after)]);
      happenings.push(...rows.map(({ id }) => ({ fallsBack: id, at })));
      return done;
    };
    const step = (of: Concerned | null) =>
      noting(async () => {
        const found = { ...common(), slot, at, nowMs: clock.now() };
        const done = await retractSlot(db, found, rest, { of, mostAtOnce: 1 });
        rest = done.rest;
        return done.fallen;
      });
    const fallBackFirst: FallBackOf = async (of) => (rest ? step(of) : new Set());
    await step(null);
    for (let count = 0; rest !== null; count += 1) {
      if (count === crashesAfter) {
        known = rememberAccounts(remembered, true);
        const runs = new Map([[run.runId, run]]);
        await noting(() => finishDeaths({ db, clock, known, sequence }, runs, () => {}));
        break;
      }
      const records = between[count];
      if (records) {
        const then = at + 20 + 40 * count;
        await fireUntil(then, fallBackFirst);
        await fallBackFirst({ ids: [...new Set(records.map(({ id }) => id))] });
        await arrive(records, then);
      }
      if (rest !== null) await step(null);
    }
    mark();
  };
  for (const [index, step] of steps.entries()) {
    const at = 100 * index;
    await fireUntil(at, none);
    if (index % 5 === 4) known = rememberAccounts(remembered, await hasDeadSlots(db));
    if ('deadSlot' in step) await die(step, at);
    else await arrive(step.records, at);
  }
  await db.executeScript('attempts', `UPDATE runs SET attempts = '[["1", "${nextSeq - 1n}"]]'`);
  return {
    run,
    lasts,
    models: until.map((count) => replayModel(happenings.slice(0, count), { drain: false })),
    /** As if all accounts of a slot had fallen back as it died. */
    atOnce: replayModel(
      happenings.flatMap((one): Happens[] => {
        if ('fallsBack' in one) return [];
        return 'deadSlot' in one ? [{ deadSlot: one.deadSlot, at: one.at }] : [one];
      }),
      { drain: false },
    ),
  };
}
