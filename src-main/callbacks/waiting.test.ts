import { expect, it } from 'vitest';
import type { Database } from '../database/database';
import { migrate } from '../database/migrate';
import { describeOnEachDatabase, openEmptyDatabase } from '../database/testing/each-database';
import { openEngine, update } from '../engine/testing/open-engine';
import { playRun, simulated } from '../engine/testing/play-run';
import { createVirtualClock } from '../engine/virtual-clock';
import { memorySource } from '../ingestion/testing/memory-source';
import { MOST_CLAIMED_DATA } from './claim-size';
import { createLeftovers } from './leftovers';
import { claimCallbacks } from './sql/claim-callbacks';
import { clearLeftDueTimes } from './sql/clear-due-times';
import { countPendingCallbacks } from './sql/count-callbacks';
import { skipCallbacks } from './sql/skip-callbacks';
import { type DueCallbacks, waitingOf } from './waiting';

const FAR_MS = 10_000_000;
/** More data than a claim of these tests has. */
const MUCH = 1_000_000;

const leaveWaiting = async (db: Database, callbackTimesMs: readonly number[], changes: object = {}) => {
  const given = callbackTimesMs.map((callbackTimeMs, index) =>
    update(`a${index}`, 1, { callbackTimeMs, ...changes }),
  );
  await playRun(db, memorySource(given), simulated({ arrival: 'none', wait: false }));
};

const dueTimes = async (db: Database) => {
  const { rows } = await db.query<{ id: string }>({
    name: 'test_due_times',
    deadline: 'read',
    text: 'SELECT id FROM accounts WHERE callback_due_at IS NOT NULL ORDER BY id',
  });
  return rows.map(({ id }) => id);
};

describeOnEachDatabase('what waits', (empty) => {
  it('is read from the database, and given out by due time', async () => {
    const db = await empty();
    await leaveWaiting(db, [300, 100, 200]);
    const waiting = waitingOf(db);
    await waiting.look();
    expect(waiting.earliestMs()).toBe(100);
    expect(await waiting.count()).toBe(3);
    expect(await waiting.takeDue(200, 10, MUCH)).toEqual({
      due: [
        { seq: '2', dueAtMs: 100, dataLength: 2 },
        { seq: '3', dueAtMs: 200, dataLength: 2 },
      ],
      mayBeMore: false,
    });
  });

  it('is not what was settled, though its due time has not been taken back yet', async () => {
    const db = await empty();
    await leaveWaiting(db, [300, 100, 200]);
    await claimCallbacks(db, ['2', '3'], 250);
    expect(await dueTimes(db)).toEqual(['a0', 'a1', 'a2']);
    expect(await countPendingCallbacks(db)).toBe(1);
    const waiting = waitingOf(db);
    await waiting.look();
    const { due } = await waiting.takeDue(FAR_MS, 10, MUCH);
    expect(due).toEqual([{ seq: '1', dueAtMs: 300, dataLength: 2 }]);
    await clearLeftDueTimes(db);
    expect(await dueTimes(db)).toEqual(['a0']);
    expect(await countPendingCallbacks(db)).toBe(1);
  });

  it('says that one settled once is not settled again, by nobody', async () => {
    const db = await empty();
    await leaveWaiting(db, [100, 200]);
    const first = await claimCallbacks(db, ['1', '2'], 250);
    expect(first.map(({ account, dueAtMs }) => [account.id, dueAtMs])).toEqual([
      ['a0', 100],
      ['a1', 200],
    ]);
    expect(await claimCallbacks(db, ['2', '1'], 300)).toEqual([]);
    expect(await skipCallbacks(db, ['2', '1'], 300)).toEqual([]);
  });
});

describeOnEachDatabase('a claim', (empty) => {
  const seqsOf = ({ due }: DueCallbacks) => due.map(({ seq }) => seq);

  it.each([
    ['text', JSON.stringify('x'.repeat(998))],
    ['text whose length was not kept', JSON.stringify('x'.repeat(998))],
    ['numbers that the database writes out in full', '[1e996]'],
  ])('ends where its data, %s, is as much as it may have', async (what, data) => {
    const db = await empty();
    await leaveWaiting(
      db,
      Array.from({ length: 40 }, (_, n) => n),
      { data },
    );
    if (what.endsWith('not kept')) {
      await db.executeScript('forget', 'UPDATE accounts SET data_length = NULL');
    }
    const waiting = waitingOf(db);
    await waiting.look();
    const claim = await waiting.takeDue(FAR_MS, 100, 20_500);
    expect(seqsOf(claim)).toEqual(Array.from({ length: 21 }, (_, n) => `${n + 1}`));
    expect(claim.mayBeMore).toBe(true);
    await claimCallbacks(db, seqsOf(claim), FAR_MS);
    waiting.settled(claim.due);
    const rest = await waiting.takeDue(FAR_MS, 100, 20_500);
    expect(seqsOf(rest)).toEqual(Array.from({ length: 19 }, (_, n) => `${n + 22}`));
    expect(rest.mayBeMore).toBe(false);
    waiting.settled(rest.due);
    expect(await waiting.count()).toBe(db.kind === 'pglite' ? 0 : 19);
  });

  it('takes at least one, however much it has', async () => {
    const db = await empty();
    await leaveWaiting(db, [1, 2], { data: JSON.stringify('x'.repeat(5_000)) });
    const waiting = waitingOf(db);
    await waiting.look();
    expect(seqsOf(await waiting.takeDue(FAR_MS, 100, 10))).toEqual(['1']);
  });
});

describeOnEachDatabase('callbacks with much data', (empty) => {
  it('fire by claims of a bounded size, in the run that brought them and in a later one', async () => {
    const db = await empty();
    const data = JSON.stringify('x'.repeat(MOST_CLAIMED_DATA / 4));
    const given = Array.from({ length: 5 }, (_, index) => update(`a${index}`, 1, { data }));
    const later = Array.from({ length: 5 }, (_, index) => update(`b${index}`, 1, { data }));
    await playRun(db, memorySource(later), simulated({ arrival: 'none', wait: false }));
    const sizes: number[] = [];
    const { engine } = await openEngine(db, createVirtualClock());
    engine.subscribe((events) => {
      const fired = events.filter(({ event }) => event === 'fired');
      if (fired.length > 0) sizes.push(fired.length);
    });
    await (await engine.startRun(memorySource(given), simulated({ arrival: 'none' }))).ended;
    await engine.close();
    expect(sizes).toEqual([4, 4, 2]);
  });
});

it('the embedded database counts one that is overtaken while it is being claimed once', async () => {
  const db = await openEmptyDatabase('pglite');
  await migrate(db);
  const waiting = waitingOf(db);
  await waiting.look();
  waiting.changed(
    [
      { seq: '1', dueAtMs: 10, dataLength: 5 },
      { seq: '2', dueAtMs: 20, dataLength: 6 },
      { seq: '3', dueAtMs: 30, dataLength: 7 },
    ],
    [],
  );
  const { due: taken } = await waiting.takeDue(20, 10, MUCH);
  expect(await waiting.count()).toBe(3);
  waiting.changed([], ['1']);
  expect(await waiting.count()).toBe(2);
  waiting.giveBack(taken);
  expect(await waiting.count()).toBe(2);
  expect((await waiting.takeDue(FAR_MS, 10, MUCH)).due).toEqual([
    { seq: '2', dueAtMs: 20, dataLength: 6 },
    { seq: '3', dueAtMs: 30, dataLength: 7 },
  ]);
  waiting.settled(taken);
});

describeOnEachDatabase('due times of settled callbacks', (empty) => {
  it('are taken back when there are many, but not of an account with a newer version', async () => {
    const db = await empty();
    const many = 2_000;
    await leaveWaiting(
      db,
      Array.from({ length: many + 1 }, () => 100),
    );
    await playRun(db, memorySource([update('a0', 2)]), simulated({ arrival: 'none', wait: false }));
    const seqs = Array.from({ length: many - 1 }, (_, index) => `${index + 2}`);
    const claimed = await claimCallbacks(db, seqs, 150);
    const leftovers = createLeftovers(db);
    leftovers.add(claimed.map(({ seq }) => seq));
    await leftovers.clear(() => true);
    expect(await dueTimes(db)).toHaveLength(many + 1);

    leftovers.add(['1']);
    await leftovers.clear(() => false);
    expect(await dueTimes(db)).toHaveLength(many + 1);
    await leftovers.clear(() => true);
    // 500 of them: then there are too few to go on. `a0` waits anew.
    const left = await dueTimes(db);
    expect(left).toHaveLength(many + 1 - 500);
    expect(left).toContain('a0');
    expect(await countPendingCallbacks(db)).toBe(2);
  });
});
