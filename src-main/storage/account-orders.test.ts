import { expect, test } from 'vitest';
import type { Database } from '../database/database';
import { describeOnEachDatabase, openEmptyDatabase } from '../database/testing/each-database';
import { adjustAccountOrders, ORDERED_ACCOUNTS } from './account-orders';
import { migrate } from './migrate';

const indexesOf = async (db: Database) => {
  const { rows } = await db.query<{ name: string; definition: string }>({
    name: 'indexes',
    deadline: 'read',
    text: `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
      WHERE schemaname = 'ingot' AND tablename = 'accounts' ORDER BY indexname`,
  });
  return rows;
};

const add = (db: Database, from: number, count: number) =>
  db.query(
    {
      name: 'add',
      deadline: 'write',
      text: `INSERT INTO accounts (id, account_type, tokens, slot, version, update_seq, created_seq)
        SELECT n, 'mint', n, 0, 1, n, n FROM generate_series($1::int4, $1::int4 + $2::int4 - 1) AS n`,
    },
    [from, count],
  );

describeOnEachDatabase('the orders of accounts', (_, kind) => {
  test('are kept once there are many, as the migrations made them', async () => {
    const db = await openEmptyDatabase(kind);
    await migrate(db);
    const all = await indexesOf(db);
    await add(db, 0, ORDERED_ACCOUNTS - 1);
    await adjustAccountOrders(db);
    expect((await indexesOf(db)).map(({ name }) => name)).toEqual(['accounts_pkey']);
    await adjustAccountOrders(db);
    await add(db, ORDERED_ACCOUNTS, 1);
    await adjustAccountOrders(db);
    expect(await indexesOf(db)).toEqual(all);
    await adjustAccountOrders(db);
    expect(await indexesOf(db)).toEqual(all);
  });

  test('two that look at once neither fail nor make an order twice', async () => {
    const db = await openEmptyDatabase(kind);
    await migrate(db);
    const all = await indexesOf(db);
    await Promise.all([adjustAccountOrders(db), adjustAccountOrders(db)]);
    await add(db, 0, ORDERED_ACCOUNTS);
    await Promise.all([adjustAccountOrders(db), adjustAccountOrders(db)]);
    expect(await indexesOf(db)).toEqual(all);
  });
});
