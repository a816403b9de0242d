import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../../database/database';
import { describeOnEachDatabase } from '../../database/testing/each-database';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { createSelectAccounts } from './select-accounts';
import { createStateIndex } from './state-index';

describeOnEachDatabase('the columns of the past', (open) => {
  let database: Database;
  beforeEach(async () => {
    database = await open();
  });

  /** Each number is an update of an account of its own, whose callback fires with the next number if that is free. */
  const store = (seqs: readonly number[]) =>
    database.executeScript(
      'store',
      `
      INSERT INTO account_updates (seq, run_id, record_index, position, callback_time_ms, at_ms, due_ms, account_id, slot,
        version, account_type, tokens, data)
      SELECT n, 1, 0, 0, 5, 0, 5, 'id' || n, 0, 1, 'mint', 7, '{}' FROM unnest('{${seqs}}'::int8[]) AS n;
      INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how)
      SELECT n + 1, n, 1, 5, 'id' || n, 'due' FROM unnest('{${seqs}}'::int8[]) AS n;`,
    );
  const countAt = async (index: ReturnType<typeof createStateIndex>, asOf: bigint) => {
    const state = (await index.upTo(asOf)).at(asOf);
    return [state.accounts, state.countCallbacks().fired];
  };

  it('have every number, negative ones and those behind wide gaps too, in whatever order they are asked for', async () => {
    await store([-9_000_000, -5, 3, 50_000, 5_000_000]);
    const expected: [bigint, number, number][] = [
      [-9_000_001n, 0, 0],
      [-9_000_000n, 1, 0],
      [-8_999_999n, 1, 1],
      [-6n, 1, 1],
      [-4n, 2, 2],
      [3n, 3, 2],
      [50_001n, 4, 4],
      [4_999_999n, 4, 4],
      [5_000_001n, 5, 5],
      [2n ** 63n - 1n, 5, 5],
    ];
    for (const order of [expected, expected.toReversed()]) {
      const index = createStateIndex(database);
      for (const [asOf, accounts, fired] of order) {
        expect(await countAt(index, asOf), String(asOf)).toEqual([accounts, fired]);
      }
    }
  });

  it('take in what was stored since, also a callback that was committed after greater numbers', async () => {
    const index = createStateIndex(database);
    const select = createSelectAccounts({ index, clock: createVirtualClock() });
    const countFired = async (asOf: bigint) =>
      (await select(asOf, { by: 'id', direction: 'asc' }, { callbackStates: ['fired'] })).count();
    await store([10]);
    await database.executeScript('unsettle', 'DELETE FROM settled_callbacks');
    await store([20]);
    expect(await countAt(index, 30n)).toEqual([2, 1]);
    expect(await countFired(15n)).toBe(0);
    await database.executeScript(
      'settle late',
      `INSERT INTO settled_callbacks (seq, update_seq, run_id, at_ms, account_id, how) VALUES (11, 10, 1, 5, 'id10', 'due')`,
    );
    await store([40]);
    expect(await countAt(index, 41n)).toEqual([3, 3]);
    expect(await countAt(index, 15n)).toEqual([1, 1]);
    expect(await countFired(15n)).toBe(1);
    expect(await countFired(41n)).toBe(3);
    await store([50]);
    expect(await countFired(60n)).toBe(4);
  });

  it('answer for what they have while they read on, as soon as they have got to it, and again after a failure', async () => {
    await store([10, 20_000, 40_000]);
    let fails = false;
    let asked = 0;
    const index = createStateIndex({
      ...database,
      async query(statement, values) {
        asked += 1;
        if (fails) throw new Error('lost');
        return database.query(statement, values);
      },
    });
    await index.upTo(15n);
    const answered: string[] = [];
    const end = index.upTo(50_000n).then(() => answered.push('the end'));
    const before = asked;
    await index.upTo(12n);
    expect(asked).toBe(before);
    await index.upTo(20_001n);
    answered.push('the middle');
    await end;
    expect(answered).toEqual(['the middle', 'the end']);

    fails = true;
    await expect(index.upTo(60_000n)).rejects.toThrow('lost');
    fails = false;
    expect(await countAt(index, 60_000n)).toEqual([3, 3]);
  });

  it('say so where the numbers lie too far apart', async () => {
    await store([1, 5_000_000_000]);
    await expect(createStateIndex(database).upTo(6_000_000_000n)).rejects.toMatchObject({
      message: 'This database holds too much for a look at its past.',
    });
  });
});
