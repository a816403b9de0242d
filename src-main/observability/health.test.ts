import { describe, expect, it } from 'vitest';
import type { ConnectionStatus } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import { startClock } from '../../src-shared/run-clock';
import { textArray } from '../database/array-literal';
import type { Database } from '../database/database';
import { describeOnEachDatabase, openEmptyDatabase } from '../database/testing/each-database';
import { landedMigrations } from '../storage/landed-migrations';
import { createSystemClock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import {
  createHealth,
  type Firing,
  LEAST_FREE_BYTES,
  LONGEST_LOOP_DELAY_MS,
  LONGEST_OVERDUE_MS,
} from './health';
import { createVitals, type VitalSigns } from './vitals';

const NOW_MS = 1_000_000_000;
const signs = (changes: Partial<VitalSigns> = {}): VitalSigns => ({
  atMs: NOW_MS,
  database: { answers: true, afterMs: 0.4, schemaVersion: landedMigrations.length, earliestDueMs: null },
  disk: { freeBytes: 5 * 2 ** 30, sizeBytes: 100 * 2 ** 30 },
  ...changes,
});
const stored = (changes: object): VitalSigns['database'] =>
  ({ ...signs().database, ...changes }) as VitalSigns['database'];

const check = (
  found: VitalSigns,
  { loopDelayMs = 0, firing = 'engine' }: { loopDelayMs?: number | null; firing?: Firing } = {},
) =>
  createHealth({
    vitals: { read: async () => found },
    loopDelayMs: () => loopDelayMs,
    firing: () => firing,
  })();

/** The failing checks with their reasons. */
const faults = async (...args: Parameters<typeof check>) => {
  const { status, checks } = await check(...args);
  const found = checks.filter(({ ok }) => !ok).map(({ name, reason }) => `${name}: ${reason}`);
  expect(status).toBe(found.length === 0 ? 'ready' : 'not ready');
  return found;
};

describe('health', () => {
  it('is not ready while a connection has not been connected for a minute', async () => {
    const look = (state: string, lastMessageAtMs: number) =>
      createHealth({
        vitals: { read: async () => signs() },
        loopDelayMs: () => 0,
        firing: () => 'engine',
        connections: () => [{ state, lastMessageAtMs, run: { source: 'wss://host' } } as ConnectionStatus],
        nowMs: () => NOW_MS,
      })();
    expect((await look('waiting', NOW_MS - 60_000)).status).toBe('ready');
    expect((await look('ended', 0)).checks.map(({ name }) => name)).not.toContain('connections');
    const { status, checks } = await look('waiting', NOW_MS - 60_001);
    expect([status, checks.at(-1)]).toMatchObject([
      'not ready',
      { name: 'connections', ok: false, reason: 'wss://host: not connected for more than 60 s.' },
    ]);
  });

  it('is ready with every check well, and says what it found', async () => {
    expect(await check(signs())).toEqual({
      status: 'ready',
      checks: [
        {
          name: 'database',
          ok: true,
          reason: 'The database answers, after less than 1 ms.',
          value: 0.0004,
          unit: 'seconds',
        },
        {
          name: 'migrations',
          ok: true,
          reason: `The schema is current: version ${landedMigrations.length}.`,
          value: landedMigrations.length,
          limit: landedMigrations.length,
          unit: 'version',
        },
        {
          name: 'event_loop',
          ok: true,
          reason: 'The event loop is late by 0 ms at most in the last 10 seconds.',
          value: 0,
          limit: 1,
          unit: 'seconds',
        },
        {
          name: 'disk',
          ok: true,
          reason: '5.0 GiB are free on the disk with the data directory.',
          value: 5 * 2 ** 30,
          limit: LEAST_FREE_BYTES,
          unit: 'bytes',
        },
        {
          name: 'callbacks',
          ok: true,
          reason: 'No callback is pending on a clock that moves.',
          value: 0,
          limit: 60,
          unit: 'seconds',
        },
      ],
    });
  });

  it('is not ready without a database, and gives the reason', async () => {
    const database = { answers: false, reason: 'The database is being opened.' } as const;
    expect(await faults(signs({ database }))).toEqual([
      'database: The database is being opened.',
      'migrations: The schema cannot be read without the database.',
      'callbacks: Waiting callbacks cannot be read without the database.',
    ]);
  });

  it('is not ready with a schema of another version', async () => {
    const current = landedMigrations.length;
    const unread = 'callbacks: Waiting callbacks cannot be read from a schema of another version.';
    expect(await faults(signs({ database: stored({ schemaVersion: current - 1 }) }))).toEqual([
      `migrations: The schema is of version ${current - 1}, this program's of ${current}: the next start brings it up to date.`,
      unread,
    ]);
    expect(await faults(signs({ database: stored({ schemaVersion: current + 1 }) }))).toEqual([
      `migrations: The schema is of version ${current + 1}, newer than this program's ${current}: use the Ingot that made it.`,
      unread,
    ]);
  });

  it('is not ready when the event loop was held up', async () => {
    expect(await faults(signs(), { loopDelayMs: LONGEST_LOOP_DELAY_MS })).toEqual([]);
    expect(await faults(signs(), { loopDelayMs: 2_500 })).toEqual([
      'event_loop: The event loop is held up: by 2500 ms at most in the last 10 seconds.',
    ]);
  });

  it('is not ready when the disk is nearly full', async () => {
    const disk = { freeBytes: LEAST_FREE_BYTES, sizeBytes: 2 ** 40 };
    expect(await faults(signs({ disk }))).toEqual([]);
    expect(await faults(signs({ disk: { ...disk, freeBytes: LEAST_FREE_BYTES - 1 } }))).toEqual([
      'disk: Only 255 MiB are free on the disk with the data directory: make room before the database stops.',
    ]);
  });

  it('is not ready when a callback has been overdue for too long, unless callbacks are paused', async () => {
    const overdueBy = (ms: number) => signs({ database: stored({ earliestDueMs: NOW_MS - ms }) });
    expect(await faults(overdueBy(-5))).toEqual([]);
    expect(await faults(overdueBy(LONGEST_OVERDUE_MS))).toEqual([]);
    expect(await faults(overdueBy(3 * 3_600_000))).toEqual([
      'callbacks: The oldest pending callback is overdue by 3 h.',
    ]);
    expect(await faults(overdueBy(3 * 3_600_000), { firing: 'held' })).toEqual([]);
    expect(await faults(overdueBy(3 * 3_600_000), { firing: 'nobody' })).toEqual([
      'callbacks: The oldest pending callback is overdue by 3 h, and no Ingot is running to fire it.',
    ]);
  });

  it('leaves out what cannot be measured', async () => {
    const { checks } = await check(signs({ disk: null }), { loopDelayMs: null });
    expect(checks.map(({ name }) => name)).toEqual(['database', 'migrations', 'callbacks']);
  });
});

describeOnEachDatabase('vital signs', (open) => {
  const clock = createSystemClock();
  const readOf = async (database: Database, earliestDueMs?: () => number) =>
    (
      await createVitals({
        clock,
        database: () => database,
        directory: () => null,
        ...(earliestDueMs && { earliestDueMs }),
      }).read()
    ).database;

  it('have the schema, and when the callback that is next to fire is due on a clock that moves', async () => {
    const database = await open();
    expect(await readOf(database)).toMatchObject({
      answers: true,
      schemaVersion: landedMigrations.length,
      earliestDueMs: null,
    });
    const clocks = [
      startClock(1_000, 1),
      startClock(1_000, 10),
      startClock(0, 0),
      { kind: 'virtual', atMs: 0 },
    ];
    await database.query(
      {
        name: 'test_pending',
        deadline: 'write',
        text: `
        WITH made AS (
          INSERT INTO runs (source, settings, state, clock)
          SELECT 'one', '{}', 'stopped', clock FROM unnest($1::jsonb[]) AS clock RETURNING id
        )
        INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq, callback_run_id, due_ms)
        SELECT concat(id, ' ', due), 'mint', 1, 0, 1, 1, 1, id, due FROM made, unnest(ARRAY[NULL, 500, 20, 7000]) AS due`,
      },
      [textArray(clocks.map((each) => JSON.stringify(each)))],
    );
    // 20 ms of the second run's clock, which is ten times as fast; those of the others stand still.
    expect(await readOf(database)).toMatchObject({ earliestDueMs: 1_002 });
    expect(await readOf(database, () => 77)).toMatchObject({ earliestDueMs: 77 });
  });
});

describe('vital signs', () => {
  it('are read again as soon as there is a database, though an answer is valid for a second', async () => {
    const database = await openEmptyDatabase('pglite');
    let isOpen = false;
    const vitals = createVitals({
      clock: createSystemClock(),
      database: () => {
        if (!isOpen) throw new IngotError('database_unavailable', 'The database is being emptied.');
        return database;
      },
      directory: () => null,
    });
    expect((await vitals.read()).database).toMatchObject({ answers: false });
    isOpen = true;
    expect((await vitals.read()).database).toMatchObject({ answers: true });
    isOpen = false;
    expect((await vitals.read()).database).toMatchObject({ answers: false });
  });

  it('are read again at once after a failure, as while the same database is emptied', async () => {
    const database = await openEmptyDatabase('pglite');
    let isEmptied = true;
    const emptied: Database = {
      ...database,
      query(...statement) {
        if (isEmptied) return Promise.reject(new IngotError('database_unavailable', 'It is being emptied.'));
        return database.query(...statement);
      },
    };
    const vitals = createVitals({
      clock: createSystemClock(),
      database: () => emptied,
      directory: () => null,
    });
    expect((await vitals.read()).database).toEqual({ answers: false, reason: 'It is being emptied.' });
    isEmptied = false;
    expect((await vitals.read()).database).toMatchObject({ answers: true });
  });

  it('give the reason why there is no database', async () => {
    const vitals = createVitals({
      clock: createSystemClock(),
      database: () => {
        throw new IngotError('database_unavailable', 'The database is being opened.');
      },
      directory: () => null,
    });
    expect((await vitals.read()).database).toEqual({
      answers: false,
      reason: 'The database is being opened.',
    });
  });

  it('say so when the database does not answer, and ask it once only', async () => {
    const database = await openEmptyDatabase('pglite');
    await database.executeScript('test_schema', 'CREATE SCHEMA ingot');
    let asked = 0;
    const counting: Database = {
      ...database,
      query(...statement) {
        asked += 1;
        return database.query(...statement);
      },
    };
    const clock = createVirtualClock(NOW_MS);
    const vitals = createVitals({ clock, database: () => counting, directory: () => null });
    let release = () => {};
    let holding: Promise<void> = Promise.resolve();
    // The only connection, in use elsewhere.
    await new Promise<void>((held) => {
      holding = database.transaction(() => {
        held();
        return new Promise((resolve) => {
          release = resolve;
        });
      });
    });
    const late = { answers: false, reason: 'The database has not answered for 5 seconds.' };
    expect((await vitals.read()).database).toEqual(late);
    await clock.waitUntil(clock.now() + 1_000);
    expect((await vitals.read()).database).toEqual(late);
    expect(asked).toBe(1);
    release();
    await holding;
  });

  it('of a database are not those of the one before it, which may still owe its answer', async () => {
    const [before, now] = [await openEmptyDatabase('pglite'), await openEmptyDatabase('pglite')];
    let current: Database = before;
    // However long the other takes to answer.
    const clock = { ...createSystemClock(), waitUntil: () => new Promise<void>(() => {}) };
    const vitals = createVitals({
      clock,
      database: () => current,
      directory: () => null,
    });
    let release = () => {};
    let holding: Promise<void> = Promise.resolve();
    await new Promise<void>((held) => {
      holding = before.transaction(() => {
        held();
        return new Promise((resolve) => {
          release = resolve;
        });
      });
    });
    const open = vitals.read();
    current = now;
    expect((await vitals.read()).database).toMatchObject({ answers: true });
    release();
    await Promise.all([holding, open]);
  });

  it('have the room on the disk of the data directory, if it is there', async () => {
    const vitalsAt = (directory: string) =>
      createVitals({
        clock: createSystemClock(),
        database: () => {
          throw new IngotError('database_unavailable', 'Not here.');
        },
        directory: () => directory,
      });
    const { disk } = await vitalsAt(import.meta.dirname).read();
    expect(disk?.freeBytes).toBeGreaterThan(0);
    expect(disk?.sizeBytes).toBeGreaterThanOrEqual(disk?.freeBytes ?? 0);
    expect((await vitalsAt('/nowhere/at/all').read()).disk).toBeNull();
  });
});
