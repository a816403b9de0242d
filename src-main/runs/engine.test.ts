import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { runSettingsSchema } from '../../src-shared/run-settings';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { type Clock, createSystemClock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { createEngine } from './engine';
import { openEngine, untilEvent, update } from './testing/open-engine';
import { eventsOf, paced, playRun, silentLogger, simulated } from './testing/play-run';

const STEP = { kind: 'record', record: null } as const;

/** Calls `onStatement` for each statement. */
function slowDatabase(db: Database, onStatement: () => void): Database {
  return {
    ...db,
    query(statement, values) {
      onStatement();
      return db.query(statement, values);
    },
  };
}

/** `db`, recording what starts and ends. */
function watched(db: Database, happened: string[]): Database {
  return {
    ...db,
    transaction: async (work) => {
      happened.push('begun');
      const result = await db.transaction(work);
      happened.push('committed');
      return result;
    },
  };
}

describeOnEachDatabase('the engine', (empty) => {
  it('publishes each batch of an unpaced run after its commit and before the next batch, and all before its end', async () => {
    const happened: string[] = [];
    const database = watched(await empty(), happened);
    const engine = await createEngine({
      database,
      clock: createSystemClock(),
      logger: silentLogger,
      endsWithRun: true,
    });
    let indexed = 0;
    let indexedAtSummary: number | null = null;
    engine.subscribe((events) => {
      const inBatch = events.filter(({ event }) => event === 'indexed').length;
      if (inBatch > 0) happened.push('published');
      indexed += inBatch;
      if (events.some(({ event }) => event === 'summary')) indexedAtSummary = indexed;
    });
    happened.length = 0;
    const updates = Array.from({ length: 500 }, (_, n) =>
      update(`account-${n}`, 1, { callbackTimeMs: 3_600_000 }),
    );
    const settings = runSettingsSchema.parse({ arrival: 'none', wait: false });
    const run = await engine.startRun(memorySource(updates), settings);
    const { state, counts } = await run.ended;
    await engine.close();
    expect(state).toBe('completed');
    expect(counts.indexed).toBe(updates.length);
    expect(indexedAtSummary).toBe(updates.length);
    const batches = happened.filter((what) => what === 'begun').length;
    expect(batches).toBeGreaterThan(2);
    const inTurn = Array.from({ length: batches }, () => ['begun', 'committed', 'published']).flat();
    expect(happened).toEqual(inTurn);
  });

  it('keeps everything before a fault of the source, and ends as failed', async () => {
    const db = await empty();
    const fault = new IngotError('source_broken', 'memory.json breaks off in record 2, at byte 77.');
    const { status, events } = await playRun(db, memorySource([update('a', 1), update('b', 1)], { fault }));
    expect(status).toMatchObject({
      state: 'failed',
      failure: fault.message,
      counts: { indexed: 2, pending: 2 },
    });
    expect(events.at(-1)?.event).toBe('summary');
    const { rows } = await db.query({
      name: 'test_runs',
      deadline: 'read',
      text: 'SELECT state, failure, field_map FROM runs',
    });
    expect(rows).toEqual([{ state: 'failed', failure: fault.message, field_map: 'canonical' }]);
  });

  it('keeps rejected records with their reason, so that a person can look at them', async () => {
    const db = await empty();
    await playRun(db, memorySource([{ invalid: 'version: required' }, update('a', 1)]));
    const { rows } = await db.query({
      name: 'test_rejects',
      deadline: 'read',
      text: 'SELECT record_index, field, reason FROM rejects',
    });
    expect(rows).toEqual([{ record_index: '0', field: 'version', reason: 'version: required' }]);
  });

  it('ranks latest states only, names ties, and orders by type, then id', async () => {
    const given = [
      update('was-rich', 1, { tokens: '900' }),
      update('was-rich', 2, { tokens: '1' }),
      update('tie-b', 1, { tokens: '50' }),
      update('tie-a', 1, { tokens: '50' }),
      update('Z', 1, { accountType: 'escrow', tokens: '0' }),
    ];
    const { events } = await playRun(await empty(), memorySource(given));
    expect(
      eventsOf(events, 'report')[0]?.types.map(({ accountType, tokens, tied, leaders }) => [
        [accountType, tokens, tied],
        ...leaders.map(({ id }) => id),
      ]),
    ).toEqual([
      [['escrow', '0', 1], 'Z'],
      [['mint', '50', 2], 'tie-a', 'tie-b'],
    ]);
  });

  it('begins the time of a run when it can begin, whatever had to be asked before', async () => {
    let nowMs = 0;
    const clock: Clock = { ...createVirtualClock(), now: () => nowMs };
    const db = slowDatabase(await empty(), () => {
      nowMs += 10;
    });
    const settings = paced({ arrival: 'none', wait: false });
    const { events } = await playRun(db, memorySource([update('a', 1)]), settings, clock);
    // One statement stores it.
    expect(eventsOf(events, 'indexed')[0]?.at).toBe(10);
  });

  it('refuses a second run while one is under way', async () => {
    const { engine } = await openEngine(await empty(), createVirtualClock());
    const run = await engine.startRun(memorySource([update('a', 1)]), simulated());
    await expect(engine.startRun(memorySource([]), simulated())).rejects.toMatchObject({ code: 'conflict' });
    await run.ended;
    const second = await engine.startRun(memorySource([update('a', 2)]), simulated());
    expect((await second.ended).state).toBe('completed');
    await engine.close();
  });

  it('pauses arrivals, lets one record in for each step, and goes on when resumed', async () => {
    const { engine, events } = await openEngine(await empty(), createVirtualClock());
    const given = Array.from({ length: 6 }, (_, index) => update('a', index + 1));
    const run = await engine.startRun(memorySource(given), paced());
    await run.pause();
    await run.until(STEP, true);
    const after = eventsOf(events, 'indexed').length;
    await run.until(STEP, true);
    expect(eventsOf(events, 'indexed').length).toBe(after + 1);
    expect(run.status().state).toBe('paused');
    await run.resume();
    expect(await run.ended).toMatchObject({ state: 'completed', counts: { indexed: 6 } });
    await engine.close();
  });

  it('has no record to step to once the source is at its end', async () => {
    const { engine } = await openEngine(await empty(), createVirtualClock());
    const draining = untilEvent(engine, (said) => said.event === 'run' && said.status.state === 'draining');
    const run = await engine.startRun(memorySource([update('a', 1, { callbackTimeMs: 1e9 })]), paced());
    await draining;
    await run.pause();
    expect(run.status()).toMatchObject({ state: 'paused', sourceEnded: true });
    await expect(run.until(STEP, true)).rejects.toMatchObject({
      code: 'conflict',
      message: 'All records are in: the run waits for its callbacks.',
    });
    await run.resume();
    expect(run.status().state).toBe('draining');
    await engine.close();
  });

  it('stays paused when it is stepped to the end of its source, on record as one that waits', async () => {
    const db = await empty();
    const { engine } = await openEngine(db, createVirtualClock());
    const run = await engine.startRun(memorySource([update('a', 1), update('b', 1)]), paced());
    await run.pause();
    const more = untilEvent(engine, (said) => said.event === 'run' && said.status.sourceEnded);
    // The last one finds no record.
    for (let step = 0; step < 3; step += 1) await run.until(STEP, true);
    await more;
    expect(run.status()).toMatchObject({
      state: 'paused',
      sourceEnded: true,
      rate: 0,
      counts: { pending: 2 },
    });
    const list = { name: 'test_runs', deadline: 'read', text: 'SELECT state FROM runs' } as const;
    expect((await engine.whileStill(() => db.query(list))).rows).toEqual([{ state: 'draining' }]);
    await run.resume();
    expect(run.status().state).toBe('draining');
    expect(await run.ended).toMatchObject({ state: 'completed', counts: { fired: 2 } });
    await engine.close();
  });

  it('stops in order: what was read is kept, what waits keeps waiting, the report is made', async () => {
    const db = await empty();
    const { engine, events } = await openEngine(db, createVirtualClock());
    const given = Array.from({ length: 500 }, (_, index) =>
      update(`account-${index}`, 1, { callbackTimeMs: 1e9 }),
    );
    const run = await engine.startRun(memorySource(given), paced());
    await untilEvent(engine, ({ event }) => event === 'indexed');
    run.stop();
    const status = await run.ended;
    expect(status.state).toBe('stopped');
    expect(status.counts.indexed).toBeLessThan(500);
    expect(status.counts.pending).toBe(status.counts.indexed);
    expect(eventsOf(events, 'report')).toHaveLength(1);
    await engine.close();
  });

  it('stops although the source is silent', async () => {
    const silent = {
      ...memorySource([]),
      chunks: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }),
    };
    const { engine } = await openEngine(await empty(), createVirtualClock());
    const run = await engine.startRun(silent, simulated());
    await engine.close();
    expect((await run.ended).state).toBe('stopped');
  });

  it('marks a run whose process died as interrupted', async () => {
    const db = await empty();
    await db.query({
      name: 'test_dead_run',
      deadline: 'write',
      text: `INSERT INTO runs (source, settings, state, clock)
        VALUES ('x.json', '{}', 'running', '{"kind":"virtual","atMs":0}')`,
    });
    const { engine } = await openEngine(db, createVirtualClock());
    const { rows } = await db.query({ name: 'test_runs', deadline: 'read', text: 'SELECT state FROM runs' });
    expect(rows).toEqual([{ state: 'interrupted' }]);
    await engine.close();
  });

  it('goes on when a listener throws', async () => {
    const { engine } = await openEngine(await empty(), createVirtualClock());
    engine.subscribe(() => {
      throw new Error('a broken listener');
    });
    const run = await engine.startRun(memorySource([update('a', 1)]), simulated());
    expect((await run.ended).state).toBe('completed');
    await engine.close();
  });
});
