import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src-shared/events';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { Given } from '../ingestion/testing/memory-source';
import { memorySource } from '../ingestion/testing/memory-source';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import type { Run } from './interface';
import { findRun } from './sql/runs';
import { arbitraryStream } from './testing/arbitrary-updates';
import { isRunEvent, paced, silentLogger, simulated } from './testing/play-run';

/** A person's action at a wall-clock time. */
interface Act {
  readonly wallMs: number;
  readonly act: { readonly pauseForMs: number } | { readonly speed: number };
}

/** Plays on a wall clock driven by the test. Returns the events in run time, without their wall times. */
async function play(db: Database, given: readonly Given[], speed: number, acts: readonly Act[]) {
  const clock = createVirtualClock(1_000_000, { passesAlways: true });
  const engine = await createEngine({ database: db, clock, logger: silentLogger, endsWithRun: true });
  const events: RunEvent[] = [];
  engine.subscribe((published) => events.push(...published.filter(isRunEvent)));
  let run: Run | null = null;
  const whenItGoes = async (work: (run: Run) => Promise<void>) => {
    if (run && ['running', 'draining'].includes(run.status().state)) await work(run);
  };
  for (const { wallMs, act } of acts) {
    clock.setAlarm(1_000_000 + wallMs, () =>
      whenItGoes(async (on) => {
        if ('speed' in act) return on.setSpeed(act.speed);
        await on.pause();
        clock.setAlarm(clock.now() + act.pauseForMs, () => on.resume());
      }),
    );
  }
  const settings = paced({ speed, delay: { fromMs: 0, toMs: 1_000 }, seed: 3 });
  run = await engine.startRun(memorySource(given), settings);
  const status = await run.ended;
  await engine.close();
  return {
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

const arbitraryActs: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.record({
    wallMs: fc.integer({ min: 0, max: 12_000 }),
    act: fc.oneof(
      fc.record({ pauseForMs: fc.integer({ min: 0, max: 100_000 }) }),
      fc.record({ speed: fc.constantFrom(0.5, 1, 2, 7, 20, 1_000) }),
    ),
  }),
  { maxLength: 6 },
);

/** Delays that a run waits for within its test. */
const within = (given: readonly Given[]): Given[] =>
  given.map((entry) =>
    'invalid' in entry ? entry : { ...entry, callbackTimeMs: Math.min(entry.callbackTimeMs, 60_000) },
  );

describeOnEachDatabase('a run on its own clock', (empty) => {
  it('does the same at the same times of its clock, however often it is paused and changes its speed', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryStream.map(within),
        fc.constantFrom(1, 20),
        arbitraryActs,
        async (given, speed, acts) => {
          const left = await play(await empty(), given, speed, []);
          const touched = await play(await empty(), given, speed, acts);
          expect(touched).toEqual(left);
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
        ],
      },
    );
  });

  it('does the same as a simulated run of the same plan', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream.map(within), fc.constantFrom(1, 20), async (given, speed) => {
        const real = await play(await empty(), given, speed, []);
        const db = await empty();
        const engine = await createEngine({
          database: db,
          clock: createVirtualClock(),
          logger: silentLogger,
          endsWithRun: true,
        });
        const settings = simulated({ delay: { fromMs: 0, toMs: 1_000 }, seed: 3 });
        await (await engine.startRun(memorySource(given), settings)).ended;
        await engine.close();
        expect(await rowsOf(db)).toEqual(real.rows);
      }),
      { numRuns: 20 },
    );
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
