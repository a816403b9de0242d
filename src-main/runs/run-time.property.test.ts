import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import type { RunEvent } from '../../src-shared/events';
import { needsRecord, type RunGoal } from '../../src-shared/run-goal';
import type { RunSettings } from '../../src-shared/run-settings';
import { OUTCOMES } from '../../src-shared/update';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { Given } from '../ingestion/testing/memory-source';
import { memorySource } from '../ingestion/testing/memory-source';
import type { Clock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import type { Engine, Run } from './interface';
import { findRun } from './sql/runs';
import { arbitraryStream } from './testing/arbitrary-updates';
import { untilEvent } from './testing/open-engine';
import { isRunEvent, paced, silentLogger, simulated } from './testing/play-run';

/** A person's action at a wall-clock time. */
interface Act {
  readonly wallMs: number;
  readonly act: { readonly pauseForMs: number } | { readonly speed: number } | Going;
}

/** The run steps to the goal, or runs to it at its speed. Then it is resumed. */
interface Going {
  readonly goal: RunGoal;
  readonly jump: boolean;
}

/** How a run is begun, and what a person does with it then. */
type Acting = (run: Run, watched: Watched) => void;

/** Plays a run whose clock is driven by the test. Returns the events in run time, without their wall times. */
async function play(db: Database, given: readonly Given[], settings: RunSettings, act: Acting) {
  const clock = createVirtualClock(1_000_000, { passesAlways: true });
  const engine = await createEngine({ database: db, clock, logger: silentLogger, endsWithRun: true });
  const events: RunEvent[] = [];
  engine.subscribe((published) => events.push(...published.filter(isRunEvent)));
  const watched: Watched = { engine, clock, events, reached: 0, faults: [], changedAt: 0 };
  const run = await engine.startRun(memorySource(given), settings);
  act(run, watched);
  const status = await run.ended;
  await engine.close();
  expect(watched.faults).toEqual([]);
  return {
    reached: watched.reached,
    events: events
      .filter(({ event }) => event !== 'report' && event !== 'summary')
      .map((event) => {
        const { wallMs: _wall, ...rest } = event;
        return event.event === 'fired' ? { ...rest, latenessMs: 0 } : rest;
      }),
    counts: status.counts,
    rows: await rowsOf(db),
  };
}

interface Watched {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly events: readonly RunEvent[];
  /** How many goals the run paused at. */
  reached: number;
  readonly faults: unknown[];
  /** Where the clock stood when it was last stopped for a step, or its speed was changed. */
  changedAt: number;
}

const actAt =
  (acts: readonly Act[]): Acting =>
  (run, watched) => {
    const { clock } = watched;
    for (const { wallMs, act } of acts) {
      clock.setAlarm(1_000_000 + wallMs, async () => {
        if (!['running', 'draining'].includes(run.status().state)) return;
        if ('speed' in act) {
          await run.setSpeed(act.speed);
          watched.changedAt = run.status().at;
          return;
        }
        // Only its beginning is awaited: what it goes to takes time.
        if ('goal' in act) return new Promise<void>((begun) => void goTo(run, watched, act, begun));
        await run.pause();
        clock.setAlarm(clock.now() + act.pauseForMs, () => run.resume());
      });
    }
  };

/** Goes to the goal, checks where the run stands, and lets it go on. */
async function goTo(
  run: Run,
  watched: Watched,
  { goal, jump }: Going,
  begun: () => void = () => {},
): Promise<void> {
  const { engine, events, faults, clock } = watched;
  // The time of the test stands still while an alarm rings.
  const resume = () =>
    new Promise<void>((resolve) => {
      clock.setAlarm(clock.now(), () => run.resume().then(resolve));
    });
  let begin: number | null = null;
  const over = untilEvent(engine, (said) => {
    if (said.event !== 'run') return false;
    if (said.status.until === goal && begin === null) {
      begin = events.length;
      if (jump) watched.changedAt = said.status.at;
      begun();
    }
    return begin !== null && said.status.until !== goal;
  });
  try {
    await run.until(goal, jump);
    begun();
    // Something else was asked for first.
    if (begin === null) return;
    const said = await over;
    // Given up for another, or missed while it went on.
    if (said.event !== 'run' || said.status.until !== null || said.status.state !== 'paused') return;
    const { at, sourceEnded } = said.status;
    const since = events.slice(begin ?? 0);
    const meeting = since.filter((event) => meets(goal, event));
    if (goal.kind === 'time' ? at === goal.at : meeting.length > 0) {
      watched.reached += 1;
      // What fell due in the millisecond of a change keeps its time. The clock goes back to it, but never beyond its last change.
      const metAt = new Set(meeting.map((event) => Math.max(event.at, watched.changedAt)));
      if (goal.kind !== 'time') expect(metAt).toEqual(new Set([at]));
      if (needsRecord(goal)) expect(meeting).toHaveLength(1);
      expect(since.filter((event) => event.at > at)).toEqual([]);
    } else expect({ jump, sourceEnded }).toEqual({ jump: true, sourceEnded: true });
    await resume();
  } catch (error) {
    begun();
    if (!(error instanceof IngotError && error.code === 'conflict')) faults.push(error);
    if (run.status().state === 'paused') await resume();
  }
}

function meets(goal: RunGoal, event: RunEvent): boolean {
  switch (goal.kind) {
    case 'record':
      return 'record' in event && (goal.record === null || goal.record === event.record);
    case 'account':
      return 'record' in event && 'id' in event && event.id === goal.id;
    case 'type':
      return 'record' in event && 'accountType' in event && event.accountType === goal.accountType;
    case 'outcome':
      return event.event === goal.outcome;
    case 'fired':
    case 'cancelled':
      return event.event === goal.kind;
    case 'time':
      return false;
  }
}

const SEEDED = { delay: { fromMs: 0, toMs: 1_000 }, seed: 3 };
const realTime = (speed: number) => paced({ ...SEEDED, speed });

async function rowsOf(db: Database) {
  const { rows } = await db.query<{ row: string }>({
    name: 'test_rows',
    deadline: 'read',
    text: `
      SELECT concat_ws(' ', seq, account_id, version, position, at_ms, due_ms, cancels_version) AS row FROM account_updates
      UNION ALL
      SELECT concat_ws(' ', seq, update_seq, how, at_ms) FROM settled_callbacks
      ORDER BY 1`,
  });
  return rows.map(({ row }) => row);
}

const arbitraryGoal: fc.Arbitrary<RunGoal> = fc.oneof(
  fc.record({ kind: fc.constant('record'), record: fc.option(fc.integer({ min: 0, max: 40 })) }),
  fc.record({ kind: fc.constant('time'), at: fc.integer({ min: 0, max: 30_000 }) }),
  fc.record({ kind: fc.constant('account'), id: fc.constantFrom('a', 'B', 'none') }),
  fc.record({ kind: fc.constant('type'), accountType: fc.constantFrom('mint', 'escrow') }),
  fc.record({ kind: fc.constant('outcome'), outcome: fc.constantFrom(...OUTCOMES) }),
  fc.record({ kind: fc.constantFrom('fired', 'cancelled') }),
);

const arbitraryActs: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.record({
    wallMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 12_000 })),
    act: fc.oneof(
      fc.record({ pauseForMs: fc.integer({ min: 0, max: 100_000 }) }),
      fc.record({ goal: arbitraryGoal, jump: fc.boolean() }),
      fc.record({ speed: fc.constantFrom(0.5, 1, 2, 7, 20, 1_000) }),
    ),
  }),
  { maxLength: 6, size: 'max' },
);

/** Delays that a run waits for within its test. */
const within = (given: readonly Given[]): Given[] =>
  given.map((entry) =>
    'invalid' in entry ? entry : { ...entry, callbackTimeMs: Math.min(entry.callbackTimeMs, 60_000) },
  );

describeOnEachDatabase('a run on its own clock', (empty) => {
  it('does the same at the same times of its clock, however often it is paused, steps, and changes its speed', async () => {
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(
        arbitraryStream.map(within),
        fc.constantFrom(1, 20),
        arbitraryActs,
        async (given, speed, acts) => {
          const left = await play(await empty(), given, realTime(speed), actAt([]));
          const touched = await play(await empty(), given, realTime(speed), actAt(acts));
          reached += touched.reached;
          expect({ ...touched, reached: 0 }).toEqual(left);
        },
      ),
      {
        numRuns: 40,
        examples: [
          // The pause comes in the millisecond in which the record falls due.
          [
            [{ id: 'a', accountType: 'mint', tokens: '0', version: '0', data: '{}', callbackTimeMs: 0 }],
            1,
            [
              { wallMs: 9, act: { speed: 1_000 } },
              { wallMs: 10, act: { pauseForMs: 1 } },
            ],
          ],
          // It goes to a callback that fell due before, within a millisecond of a fast clock.
          [
            [{ id: 'a', accountType: 'mint', tokens: '0', version: '0', data: '{}', callbackTimeMs: 5_000 }],
            1,
            [
              { wallMs: 45, act: { goal: { kind: 'fired' }, jump: false } },
              { wallMs: 39, act: { speed: 1_000 } },
            ],
          ],
        ],
      },
    );
    expect(reached).toBeGreaterThan(0);
  });

  it('does the same as a simulated run of the same plan, wherever that pauses', async () => {
    let reached = 0;
    const goings = fc.array(fc.record({ goal: arbitraryGoal, jump: fc.boolean() }), { maxLength: 6 });
    const speeds = fc.constantFrom(1, 20);
    await fc.assert(
      fc.asyncProperty(arbitraryStream.map(within), speeds, goings, async (given, speed, goings) => {
        const real = await play(await empty(), given, realTime(speed), actAt([]));
        const virtual = await play(await empty(), given, simulated(SEEDED), async (run, watched) => {
          for (const going of goings) await goTo(run, watched, going);
        });
        reached += virtual.reached;
        expect(virtual.rows).toEqual(real.rows);
      }),
      { numRuns: 20 },
    );
    expect(reached).toBeGreaterThan(0);
  });

  it('keeps its clock over a process that ends while it is paused, and stands still until it is resumed', async () => {
    const db = await empty();
    const clock = createVirtualClock(1_000, { passesAlways: true });
    const first = await createEngine({ database: db, clock, logger: silentLogger });
    const source = memorySource([
      { id: 'a', accountType: 'mint', tokens: '1', version: '1', data: '{}', callbackTimeMs: 2_000 },
      { id: 'b', accountType: 'mint', tokens: '1', version: '1', data: '{}', callbackTimeMs: 2_000 },
    ]);
    const begun: Run[] = [];
    const paused = new Promise<void>((resolve) => {
      clock.setAlarm(1_700, () => begun[0]?.pause().then(resolve));
    });
    begun.push(await first.startRun(source, paced()));
    await paused;
    expect((await findRun(db, '1'))?.clock).toEqual({
      kind: 'real',
      segments: [
        { atMs: 0, wallMs: 1_000, rate: 1 },
        { atMs: 700, wallMs: 1_700, rate: 0 },
      ],
    });
    // The process ends here. The next one opens much later.
    const later = createVirtualClock(10_000_000);
    const second = await createEngine({ database: db, clock: later, logger: silentLogger });
    const events: RunEvent[] = [];
    second.subscribe((published) => events.push(...published.filter(isRunEvent)));
    await later.waitUntil(20_000_000);
    expect(events).toEqual([]);
    expect((await findRun(db, '1'))?.state).toBe('interrupted');
    await second.resumeClock('1');
    await later.waitUntil(30_000_000);
    expect(events).toMatchObject([{ event: 'fired', id: 'a', at: 2_500, wallMs: 20_000_000 + 1_800 }]);
    await second.close();
  });
});
