import { expect, it } from 'vitest';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { openEngine, update } from '../runs/testing/open-engine';
import { paced, playRun, silentLogger } from '../runs/testing/play-run';
import type { Clock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { ORDERED_ACCOUNTS } from './account-orders';
import { createHousekeeping } from './housekeeping';

/** The same database, noting the names of the statements that go to it. The history has grown as `growth` says. */
function noting(
  db: Database,
  growth = { known: 0, grown: 0 },
  accounts = 0,
): { db: Database; names: string[] } {
  const names: string[] = [];
  return {
    names,
    db: {
      ...db,
      query: (statement, values) => {
        names.push(statement.name);
        const { known, grown } = growth;
        const instead = {
          find_history_growth: `SELECT ${known} AS known, ${grown} AS grown`,
          find_accounts_at_last_vacuum: `SELECT ${accounts}::float8 AS accounts`,
        };
        const text = instead[statement.name as keyof typeof instead] ?? statement.text;
        return db.query({ ...statement, text }, values);
      },
      executeScript: (name, sql) => {
        names.push(name);
        return db.executeScript(name, sql);
      },
    },
  };
}

/** How often statistics were made since it was asked last. */
async function countStatistics(db: Database, names: string[]): Promise<number> {
  // They come after two statements that they wait for: a look at the growth, and the list of tables.
  for (const name of ['look', 'list']) await db.query({ name, deadline: 'read', text: 'SELECT 1' });
  return names.splice(0).filter((name) => name === 'vacuum_analyze').length;
}

describeOnEachDatabase('housekeeping', (empty, kind) => {
  it('looks at the number of accounts once for a few thousand records, and on PGlite at the log of changes', async () => {
    const { db, names } = noting(await empty());
    const housekeeping = createHousekeeping(db, createVirtualClock(), silentLogger);
    for (let batch = 0; batch < 5; batch += 1)
      await housekeeping.wrote({ records: 1_000, newAccounts: 1_000 });
    await housekeeping.wrote({ records: 1_000, newAccounts: 1_000 });
    const looks = names.filter((name) => name.startsWith('find_') || name.startsWith('count_'));
    const log = kind === 'pglite' ? ['find_wal_since_checkpoint'] : [];
    expect(looks).toEqual(['count_accounts_up_to', ...log]);
  });

  it('makes statistics when nothing runs and the history has grown, on PGlite alone', async () => {
    const growth = { known: 0, grown: 0 };
    const { db, names } = noting(await empty(), growth);
    const clock = createVirtualClock();
    const { engine } = await openEngine(db, clock);
    const made = async () => {
      await clock.waitUntil(clock.now() + 5_000);
      return countStatistics(db, names);
    };
    expect(await made()).toBe(0);
    growth.grown = 250;
    expect(await made()).toBe(0);
    const run = await engine.startRun(
      memorySource([update('a', 1)]),
      paced({ arrival: 'none', wait: false }),
    );
    await run.ended;
    expect(await countStatistics(db, names)).toBe(0);
    expect(await made()).toBe(kind === 'pglite' ? 1 : 0);
    await engine.close();
  });

  it('makes them after an opening, where the process before ended without them', async () => {
    const { db, names } = noting(await empty(), { known: 0, grown: 250 });
    const clock = createVirtualClock();
    const { engine } = await openEngine(db, clock);
    await clock.waitUntil(clock.now() + 5_000);
    expect(await countStatistics(db, names)).toBe(kind === 'pglite' ? 1 : 0);
    await engine.close();
  });

  it.each([
    { known: 0, grown: 249, idle: 0, end: 0 },
    { known: 0, grown: 250, idle: 1, end: 0 },
    { known: 10_000, grown: 1_999, idle: 0, end: 0 },
    { known: 10_000, grown: 39_999, idle: 1, end: 0 },
    { known: 100_000, grown: 40_000, idle: 0, end: 1 },
    { known: 300_000, grown: 59_999, idle: 0, end: 0 },
  ])('makes them at idle or at the end of a run, by what the history has grown: %j', async (growth) => {
    const { db, names } = noting(await empty(), growth);
    const clock = createVirtualClock();
    const housekeeping = createHousekeeping(db, clock, silentLogger);
    const isOurs = kind === 'pglite';
    await housekeeping.ended();
    expect(await countStatistics(db, names)).toBe(isOurs ? growth.end : 0);
    housekeeping.rest();
    await clock.waitUntil(5_001);
    expect(await countStatistics(db, names)).toBe(isOurs ? growth.idle : 0);
  });

  it('counts accounts again once as many have come as make a difference', async () => {
    const { db, names } = noting(await empty());
    const housekeeping = createHousekeeping(db, createVirtualClock(), silentLogger);
    const looksAfter = async (newAccounts: number) => {
      await housekeeping.wrote({ records: 10_000, newAccounts });
      return names.splice(0).filter((name) => name === 'count_accounts_up_to').length;
    };
    const looks = [];
    for (const newAccounts of [0, 1, 0, ORDERED_ACCOUNTS - 1, 1, 0])
      looks.push(await looksAfter(newAccounts));
    // The database itself stays empty, so each look says that ORDERED_ACCOUNTS more are needed.
    expect(looks).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it.each([
    { accounts: 100, expected: [60_000, 120_000, 180_000, 240_000, 300_000, 380_000, 480_000, 600_000] },
    { accounts: 1_000_000, expected: [200_000, 400_000, 600_000] },
  ])(
    'vacuums during a long import into PGlite, less often the longer it is and the more accounts there are: %j',
    async ({ accounts, expected }) => {
      const { db, names } = noting(await empty(), undefined, accounts);
      const housekeeping = createHousekeeping(db, createVirtualClock(), silentLogger);
      const vacuumedAt: number[] = [];
      for (let written = 20_000; written <= 600_000; written += 20_000) {
        const before = names.filter((name) => name === 'vacuum_accounts').length;
        await housekeeping.wrote({ records: 20_000, newAccounts: 0 });
        if (names.filter((name) => name === 'vacuum_accounts').length > before) vacuumedAt.push(written);
      }
      expect(vacuumedAt).toEqual(kind === 'pglite' ? expected : []);
    },
  );

  it('adds up small runs, and the callbacks that fire: together they fill the log as a large one does', async () => {
    const { db, names } = noting(await empty());
    const clock = createVirtualClock();
    const { engine } = await openEngine(db, clock);
    const looks = () => names.filter((name) => name === 'find_wal_since_checkpoint').length;
    const given = (version: number) =>
      Array.from({ length: 2_000 }, (_, index) => update(`account-${index}`, version));
    const once = paced({ arrival: 'none', wait: false });
    await (await engine.startRun(memorySource(given(1), { chunkSizes: [1_000] }), once)).ended;
    await (await engine.startRun(memorySource(given(2), { chunkSizes: [1_000] }), once)).ended;
    expect(looks()).toBe(0);
    // The callbacks of the second run: those of the first were cancelled.
    await clock.waitUntil(10_000);
    expect(looks()).toBe(kind === 'pglite' ? 1 : 0);
    await engine.close();
  });

  it('adds up overdue callbacks that are skipped as well', async () => {
    const { db, names } = noting(await empty());
    const given = Array.from({ length: 5_000 }, (_, index) => update(`account-${index}`, 1));
    const once = paced({ arrival: 'none', wait: false });
    await playRun(db, memorySource(given, { chunkSizes: [1_000] }), once);
    names.length = 0;
    const clock = createVirtualClock(1_000_000);
    const { engine } = await openEngine(db, clock, 'skip');
    await clock.waitUntil(1_000_001);
    await engine.close();
    const looks = names.filter((name) => name === 'find_wal_since_checkpoint').length;
    expect(looks).toBe(kind === 'pglite' ? 1 : 0);
  });

  it('notes what was acknowledged first at once, then once a second, and at the end', async () => {
    const notes: (number | undefined)[] = [];
    const db: Database = { ...(await empty()), highWater: { note: async (atMs) => void notes.push(atMs) } };
    let elapsedMs = 0;
    const clock: Clock = {
      ...createVirtualClock(),
      now: () => 7_000_000 + elapsedMs,
      monotonicMs: () => elapsedMs,
    };
    const housekeeping = createHousekeeping(db, clock, silentLogger);
    for (elapsedMs of [10, 999, 1_010, 1_500, 2_100])
      await housekeeping.wrote({ records: 1, newAccounts: 0 });
    await housekeeping.ended();
    expect(notes).toEqual([7_000_010, 7_001_010, 7_002_100, 7_002_100]);
  });
});
