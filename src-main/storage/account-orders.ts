import type { Database, Queryable, Statement } from '../database/database';
import { TAKE_LOCK } from './migrate';

/**
 * The sort orders of accounts that the views offer besides the one by id, one index each. Every new latest state writes an entry
 * into each index; without them the row is written in place, which costs a third. No index holds a column that a claim changes,
 * so a claim always writes in place. A small table is quick to sort, so the indexes exist only from `ORDERED_ACCOUNTS` on.
 */
const ORDERS: Readonly<Record<string, string>> = {
  accounts_by_type_and_tokens: '(account_type, tokens DESC, id)',
  accounts_by_tokens: '(tokens, id)',
  accounts_by_version: '(slot, version, id)',
  accounts_by_update: '(update_seq)',
};

/**
 * Chosen by judgement. On a machine with three times its load, sorting a page of this many took 62 ms, and creating four indexes
 * 1.3 s.
 */
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
  text: `SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'accounts'`,
};

const findTypeOrder: Statement = {
  name: 'find_type_order',
  deadline: 'read',
  text: `SELECT to_regclass('accounts_by_type_and_tokens') IS NOT NULL AS there`,
};

/** Whether the order by type has its index. If not, there are so few accounts that sorting is better. */
export async function isOrderedByType(db: Pick<Queryable, 'query'>): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(findTypeOrder);
  return rows[0]?.there ?? false;
}

/**
 * Creates or drops the indexes, depending on the number of accounts. Call it on opening and while accounts are added; concurrent
 * calls are safe, and if the process ends the next one continues. Where a server's administrator owns the table, nothing changes.
 *
 * @returns after how many new accounts to call it again.
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
