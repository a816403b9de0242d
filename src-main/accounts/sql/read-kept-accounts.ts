import type { Account, U64Text } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';

interface Row {
  readonly id: string;
  readonly account_type: string;
  readonly tokens: U64Text;
  readonly version: U64Text;
  readonly data: string;
}

const statement: Statement = {
  name: 'read_kept_accounts',
  deadline: 'read',
  text: `
    SELECT kept.account_id AS id, kept.account_type, kept.tokens, kept.version, kept.data
    FROM unnest($1::text[], $2::numeric[]) AS wanted (id, version)
    JOIN account_updates kept ON kept.account_id = wanted.id AND kept.version = wanted.version`,
};

/** Accounts as they were at given versions, as the database prints them; keyed by `accountKey`. */
export async function readKeptAccounts(
  db: Queryable,
  keys: readonly { readonly id: string; readonly version: U64Text }[],
): Promise<Map<string, Account>> {
  const { rows } = await db.query<Row>(statement, [
    textArray(keys.map(({ id }) => id)),
    numberArray(keys.map(({ version }) => version)),
  ]);
  return new Map(
    rows.map((row) => [
      accountKey(row.id, row.version),
      { id: row.id, accountType: row.account_type, tokens: row.tokens, version: row.version, data: row.data },
    ]),
  );
}

/** No id holds U+0000: the database could not keep it. */
export function accountKey(id: string, version: U64Text): string {
  return `${id}\u0000${version}`;
}
