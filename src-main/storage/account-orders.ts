import type { Database, Queryable, Statement } from '../database/database';
import { TAKE_LOCK } from './migrate';

/**
 * The orders of the latest states that the views offer beside that by id, each held by an index. Every new latest state
 * writes an entry into each of them, and into that of the primary key: without them it is written in place, which costs a
 * third. No index holds what a claim changes, so a claim is always written in place.
 * A page of a small table is quick to sort, so they are kept from `ORDERED_ACCOUNTS` on only.
 */
const ORDERS: Readonly<Record<string, string>> = {
  accounts_by_type_and_tokens: '(account_type, tokens DESC, id)',
  accounts_by_tokens: '(tokens, id)',
  accounts_by_version: '(slot, version, id)',
  accounts_by_update: '(update_seq)',
};

/** Chosen by judgement. On a machine with three times its load a page out of so many, sorted on the spot, took 62 ms, and making four orders 1.3 s. */
export const ORDERED_ACCOUNTS = 20_000;

const countAccounts: Statement = {
  name: 'count_accounts_up_to',
  deadline: 'read',
  text: `
    SELECT count(*)::int4 AS accounts,
      (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'accounts'::regclass) AS "isOurs"
    FROM (SELECT FROM accounts LIMIT $1::int4) AS a`,
};

const listOrders: Statement = {
  name: 'list_account_orders',
  deadline: 'read',
  text: `SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'ingot' AND tablename = 'accounts'`,
};

const findTypeOrder: Statement = {
  name: 'find_type_order',
  deadline: 'read',
  text: `SELECT to_regclass('accounts_by_type_and_tokens') IS NOT NULL AS there`,
};

/** Whether the order by type has its index. Without it there are so few accounts that they are better sorted. */
export async function isOrderedByType(db: Pick<Queryable, 'query'>): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(findTypeOrder);
  return rows[0]?.there ?? false;
}

/**
 * Makes or drops the orders, as the number of accounts asks for. To be called at the opening and while accounts are
 * added, also twice at once: a process that ends in between leaves them to the next one. Where a server's administrator owns the
 * table, they stay as they are.
 *
 * @returns after how many new accounts it has to be called again.
 */
export async function adjustAccountOrders(db: Database): Promise<number> {
  const { rows: counted } = await db.query<{ accounts: number; isOurs: boolean }>(countAccounts, [
    ORDERED_ACCOUNTS,
  ]);
  const { accounts = 0, isOurs = true } = counted[0] ?? {};
  if (!isOurs) return Number.POSITIVE_INFINITY;
  const few = accounts < ORDERED_ACCOUNTS;
  const { rows } = await db.query<{ name: string }>(listOrders);
  const there = new Set(rows.map(({ name }) => name));
  const change = Object.entries(ORDERS)
    .filter(([name]) => there.has(name) === few)
    .map(([name, columns]) =>
      few ? `DROP INDEX IF EXISTS ${name};` : `CREATE INDEX IF NOT EXISTS ${name} ON accounts ${columns};`,
    );
  if (change.length > 0) await db.executeScript('adjust_account_orders', [TAKE_LOCK, ...change].join('\n'));
  return few ? ORDERED_ACCOUNTS - accounts : Number.POSITIVE_INFINITY;
}
