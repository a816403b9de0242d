import { expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { tookMs } from '../../src-shared/events';
import type { RunSettings } from '../../src-shared/run-settings';
import { createViews } from '../accounts/views/create-views';
import type { Database } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import type { SourceIdentity } from '../ingestion/source-identity';
import { memorySource } from '../ingestion/testing/memory-source';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { findLastStatus } from './attempt';
import { countKeptByOthers, findRun } from './sql/runs';
import { openEngine, untilEvent, update } from './testing/open-engine';
import { simulated, sitThrough } from './testing/play-run';

const FILE: SourceIdentity = { kind: 'file', sizeBytes: 100, headSha256: 'h', tailSha256: 't' };
const GIVEN = [1, 2, 3, 4].map((version) => update(`a${version}`, version, { callbackTimeMs: 0 }));
/** Paced by the wall clock, which the virtual clock plays. */
const PACED: RunSettings = simulated({ simulate: false });

/** A run that was stopped after its second record, at second 1. */
async function stopAfterTwo(db: Database, identity: SourceIdentity = FILE): Promise<void> {
  const clock = createVirtualClock();
  const { engine } = await openEngine(db, clock);
  const second = untilEvent(engine, (event) => event.event === 'indexed' && event.record === 1);
  const run = await engine.startRun(memorySource(GIVEN, { identity }), PACED);
  void second.then(() => run.stop());
  expect(await run.ended).toMatchObject({ state: 'stopped', counts: { records: 2 } });
  await engine.close();
}

async function arrivalsOf(db: Database): Promise<readonly { record: string; at: string }[]> {
  const { rows } = await db.query<{ record: string; at: string }>({
    name: 'test_arrivals',
    deadline: 'read',
    text: 'SELECT record_index AS record, at_ms AS at FROM account_updates ORDER BY seq',
  });
  return rows;
}

describeOnEachDatabase('a run that is resumed', (empty) => {
  it('keeps its arrivals as far apart as they were planned, from when it goes on', async () => {
    const db = await empty();
    await stopAfterTwo(db);
    const clock = createVirtualClock(3_600_000);
    const { status } = await sitThrough(db, memorySource(GIVEN, { identity: FILE }), { resume: '1', clock });
    expect(status).toMatchObject({ runId: '1', state: 'completed', startedAtMs: 0, failure: null });
    // Stopped at 1,000 ms. The hour until it went on is no part of what it took.
    expect(status.awayMs).toBe(3_599_000);
    expect(tookMs(status)).toBe(2_000);
    expect(await findLastStatus(db, null)).toMatchObject({ awayMs: 3_599_000, endedAtMs: status.endedAtMs });
    expect(status.counts).toMatchObject({ records: 4, indexed: 4, fired: 4, cancelled: 0, pending: 0 });
    expect(await arrivalsOf(db)).toEqual([
      { record: '0', at: '500' },
      { record: '1', at: '1000' },
      { record: '2', at: '3600500' },
      { record: '3', at: '3601000' },
    ]);
  });

  it('leaves the callbacks of a simulated run alone, and neither waits for them nor counts them', async () => {
    const db = await empty();
    const versions = [1, 2, 3].map((version) => update('slow', version, { callbackTimeMs: 10 ** 12 }));
    const { status: earlier } = await sitThrough(db, memorySource(versions), {
      settings: simulated({ wait: false }),
    });
    expect(earlier.counts).toMatchObject({ cancelled: 2, pending: 1 });
    await stopAfterTwo(db);
    const { status } = await sitThrough(db, memorySource(GIVEN, { identity: FILE }), {
      resume: '2',
      fromMs: 5_000,
    });
    expect(status.counts).toMatchObject({ indexed: 4, fired: 4, cancelled: 0, pending: 0 });
    expect((await findRun(db, '1'))?.counts).toEqual(earlier.counts);
  });

  it('counts its own callbacks that a later run cancelled', async () => {
    const db = await empty();
    const slow = [1, 2, 3].map((version) => update(`a${version}`, version, { callbackTimeMs: 10 ** 6 }));
    const fault = new IngotError('source_broken', 'memory.json breaks off.');
    await sitThrough(db, memorySource(slow.slice(0, 2), { fault }), { settings: PACED });
    const newer = memorySource([update('a1', 9, { callbackTimeMs: 10 ** 6 })]);
    await sitThrough(db, newer, { settings: simulated({ simulate: false, wait: false }), fromMs: 5_000 });
    const { status } = await sitThrough(db, memorySource(slow), { resume: '1', fromMs: 10_000 });
    expect(status.counts).toMatchObject({ indexed: 3, cancelled: 1 });
  });

  it('counts its own callbacks that an earlier run cancelled, which was resumed meanwhile', async () => {
    const db = await empty();
    const far = { callbackTimeMs: 10 ** 7 };
    const fault = new IngotError('source_broken', 'memory.json breaks off.');
    const [first, second] = [
      [update('p', 1, far), update('x', 50, far)],
      [update('x', 5, far), update('q', 1, far)],
    ];
    const settings = simulated({ simulate: false, wait: false });
    await sitThrough(db, memorySource(first.slice(0, 1), { fault }), { settings });
    await sitThrough(db, memorySource(second.slice(0, 1), { fault }), { settings, fromMs: 5_000 });
    await sitThrough(db, memorySource(first), { resume: '1', fromMs: 10_000 });
    const { status } = await sitThrough(db, memorySource(second), { resume: '2', fromMs: 20_000 });
    expect(status.counts).toMatchObject({ indexed: 2, fired: 0, cancelled: 1, pending: 1 });
    expect((await findRun(db, '1'))?.counts).toMatchObject({ indexed: 2, cancelled: 0, pending: 2 });
  });

  it('does not count as another run', async () => {
    const db = await empty();
    await stopAfterTwo(db);
    expect(await countKeptByOthers(db, '1')).toBe(0);
    await sitThrough(db, memorySource([update('b', 2), update('b', 1), update('b', 1)]), {});
    await sitThrough(db, memorySource(GIVEN, { identity: FILE }), { resume: '1' });
    expect(await countKeptByOthers(db, '1')).toBe(2);
    expect(await countKeptByOthers(db, '2')).toBe(4);
  });

  it('adds to the end of the history, behind the runs between', async () => {
    const db = await empty();
    await stopAfterTwo(db);
    await sitThrough(db, memorySource([update('b', 1)]), {});
    await sitThrough(db, memorySource(GIVEN, { identity: FILE }), { resume: '1' });
    const views = createViews({
      database: db,
      clock: createVirtualClock(),
      pending: { count: () => 0, earliestMs: () => null, each: () => {} },
    });
    const page = (filter: { runId?: string }, from: { edge: 'start' } | { near: number }) =>
      views.history({ window: { from, limit: 10 }, direction: 'asc', filter });
    const { rows } = await page({}, { edge: 'start' });
    expect(rows.map(({ runId, record }) => `${runId} ${record}`)).toEqual([
      '1 0',
      '1 1',
      '2 0',
      '1 2',
      '1 3',
    ]);
    const own = await page({ runId: '1' }, { edge: 'start' });
    expect(own.rows.map(({ record }) => record)).toEqual([0, 1, 2, 3]);
    expect((await page({ runId: '1' }, { near: 0.5 })).rows.at(-1)?.record).toBe(3);
  });

  it.each([
    [{ ...FILE, sizeBytes: 150 }, 'it has grown from 100 to 150 bytes'],
    [{ ...FILE, sizeBytes: 50, headSha256: 'x' }, 'it has shrunk from 100 to 50 bytes'],
    [{ ...FILE, headSha256: 'x' }, 'its beginning changed, its size did not'],
    [{ ...FILE, headSha256: 'x', tailSha256: 'y' }, 'its beginning and its end changed, its size did not'],
    [{ kind: 'stream' } as const, 'it is not a file any more'],
  ])('is refused another source than its own: %j', async (identity, reason) => {
    const db = await empty();
    await stopAfterTwo(db);
    await expect(sitThrough(db, memorySource(GIVEN, { identity }), { resume: '1' })).rejects.toMatchObject({
      code: 'conflict',
      message: `Run 1 cannot be resumed. memory.json is not the file that it was: ${reason}.`,
    });
    expect(await findRun(db, '1')).toMatchObject({ state: 'stopped', counts: { records: 2 } });
  });

  it('is refused when it is complete, came from a pipe, or is not there', async () => {
    const db = await empty();
    await stopAfterTwo(db, { kind: 'stream' });
    await sitThrough(db, memorySource(GIVEN), {});
    const { engine } = await openEngine(db, createVirtualClock());
    const attempt = (runId: string) => engine.resumeRun(memorySource(GIVEN), runId);
    await expect(attempt('1')).rejects.toThrow('It came from a pipe, which cannot be read twice.');
    await expect(attempt('2')).rejects.toThrow('Run 2 cannot be resumed. It is complete.');
    await expect(attempt('3')).rejects.toMatchObject({ code: 'not_found' });
    await engine.close();
  });

  it('was left by a full disk with a plain reason, and goes on when there is room', async () => {
    const db = await empty();
    let batches = 0;
    const full: Database = {
      ...db,
      transaction: (work) => {
        batches += 1;
        if (batches < 3) return db.transaction(work);
        return Promise.reject(new IngotError('disk_full', 'No room is left on the disk.'));
      },
    };
    const { status: left, events } = await sitThrough(full, memorySource(GIVEN), { settings: PACED });
    const failure =
      'No room is left on the disk. Everything acknowledged is kept. Make room, then resume the run.';
    expect(left).toMatchObject({ state: 'failed', failure, counts: { records: 2 } });
    expect(events.slice(-2)).toMatchObject([
      { event: 'report', types: [], complete: false },
      { event: 'summary', counts: { records: 2 }, complete: false },
    ]);
    const kept = await findRun(db, '1');
    expect(kept).toMatchObject({ state: 'failed', counts: { records: 2 } });
    const { status } = await sitThrough(db, memorySource(GIVEN), {
      resume: '1',
      fromMs: kept?.checkpoint.savedAtMs ?? 0,
      settings: PACED,
    });
    expect(status).toMatchObject({ state: 'completed', failure: null, counts: { records: 4, fired: 4 } });
  });
});
