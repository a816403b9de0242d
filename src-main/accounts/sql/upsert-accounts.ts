import type { Account, EpochMs } from '../../../src-shared/update';
import { numberArray, textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { timestampOf } from '../../database/time-sql';

const statement: Statement = {
  name: 'upsert_accounts',
  text: `
    INSERT INTO accounts (id, account_type, tokens, version, data, created_at, updated_at)
    SELECT u.id, u.account_type, u.tokens, u.version, u.data::jsonb,
      ${timestampOf('$1::int8')}, ${timestampOf('$1::int8')}
    FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::text[])
      AS u (id, account_type, tokens, version, data)
    ON CONFLICT (id) DO UPDATE
    SET account_type = excluded.account_type, tokens = excluded.tokens, version = excluded.version,
      data = excluded.data, updated_at = excluded.updated_at
    WHERE accounts.version < excluded.version`,
};

/** Sets the latest states; `accounts` without repeats. The fence keeps a newer state from being undone. */
export async function upsertAccounts(
  db: Queryable,
  updatedAtMs: EpochMs,
  accounts: readonly Account[],
): Promise<void> {
  await db.query(statement, [
    updatedAtMs,
    textArray(accounts.map(({ id }) => id)),
    textArray(accounts.map(({ accountType }) => accountType)),
    numberArray(accounts.map(({ tokens }) => tokens)),
    numberArray(accounts.map(({ version }) => version)),
    textArray(accounts.map(({ data }) => data)),
  ]);
}
