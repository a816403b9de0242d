import { expect, it } from 'vitest';
import type { Database } from '../database/database';
import { migrate } from '../database/migrate';
import { describeOnEachDatabase, openEmptyDatabase } from '../database/testing/each-database';
import { update } from '../engine/testing/open-engine';
import { playRun, simulated } from '../engine/testing/play-run';
import { memorySource } from '../ingestion/testing/memory-source';
import { createLeftovers } from './leftovers';
import { claimCallbacks } from './sql/claim-callbacks';
import { clearLeftDueTimes } from './sql/clear-due-times';
import { countPendingCallbacks } from './sql/count-callbacks';
import { waitingOf } from './waiting';

const FAR_MS = 10_000_000;

const leaveWaiting = async (db: Database, callbackTimesMs: readonly number[]) => {
  const given = callbackTimesMs.map((callbackTimeMs, index) => update(`a${index}`, 1, { callbackTimeMs }));
  await playRun(db, memorySource(given), simulated({ arrival: 'none', wait: false }));
};

const dueTimes = async (db: Database) => {
  const { rows } = await db.query<{ id: string }>({
    name: 'test_due_times',
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
    expect(await waiting.takeDue(200, 10)).toEqual([
      { seq: '2', dueAtMs: 100 },
      { seq: '3', dueAtMs: 200 },
    ]);
  });

  it('is not what was settled, though its due time has not been taken back yet', async () => {
    const db = await empty();
    await leaveWaiting(db, [300, 100, 200]);
    await claimCallbacks(db, ['2', '3'], 'fired', 250);
    expect(await dueTimes(db)).toEqual(['a0', 'a1', 'a2']);
    expect(await countPendingCallbacks(db)).toBe(1);
    const waiting = waitingOf(db);
    await waiting.look();
    expect(await waiting.takeDue(FAR_MS, 10)).toEqual([{ seq: '1', dueAtMs: 300 }]);
    await clearLeftDueTimes(db);
    expect(await dueTimes(db)).toEqual(['a0']);
    expect(await countPendingCallbacks(db)).toBe(1);
  });

  it('says that one settled once is not settled again, by nobody', async () => {
    const db = await empty();
    await leaveWaiting(db, [100, 200]);
    const first = await claimCallbacks(db, ['1', '2'], 'fired', 250);
    expect(first.map(({ account, dueAtMs }) => [account.id, dueAtMs])).toEqual([
      ['a0', 100],
      ['a1', 200],
    ]);
    expect(await claimCallbacks(db, ['2', '1'], 'cancelled', 300)).toEqual([]);
  });
});

it('the embedded database counts one that is overtaken while it is being claimed once', async () => {
  const db = await openEmptyDatabase('pglite');
  await migrate(db);
  const waiting = waitingOf(db);
  await waiting.look();
  waiting.changed(
    [
      { seq: '1', dueAtMs: 10 },
      { seq: '2', dueAtMs: 20 },
      { seq: '3', dueAtMs: 30 },
    ],
    [],
  );
  const taken = await waiting.takeDue(20, 10);
  expect(await waiting.count()).toBe(3);
  waiting.changed([], ['1']);
  expect(await waiting.count()).toBe(2);
  waiting.giveBack(taken);
  expect(await waiting.count()).toBe(2);
  expect(await waiting.takeDue(FAR_MS, 10)).toEqual([
    { seq: '2', dueAtMs: 20 },
    { seq: '3', dueAtMs: 30 },
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
    const claimed = await claimCallbacks(db, seqs, 'fired', 150);
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
