import type { Account, VersionText } from '../../../src-shared/update';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';

/** One text: PGlite takes apart each field of each row by itself. */
const statement: Statement = {
  name: 'read_updates',
  deadline: 'read',
  text: `
    SELECT json_agg(
      json_build_array(u.seq::text, u.account_id, u.account_type, u.tokens::text, ${versionTextOf('u')}, u.data::text)
    )::text AS updates
    FROM unnest($1::int8[]) AS wanted (seq)
    CROSS JOIN LATERAL ${updateByNumber('wanted.seq')} AS u`,
};

type Read = readonly [string, string, string, string, VersionText, string];

/** Accounts as updates of the history have them, as the database prints them; by number of the update. */
export async function readUpdates(
  db: Queryable,
  seqs: readonly bigint[],
): Promise<ReadonlyMap<bigint, Account>> {
  if (seqs.length === 0) return new Map();
  const { rows } = await db.query<{ updates: string | null }>(statement, [numberArray(seqs)]);
  const updates: readonly Read[] = JSON.parse(rows[0]?.updates ?? '[]');
  return new Map(
    updates.map(([seq, id, accountType, tokens, version, data]) => [
      BigInt(seq),
      { id, accountType, tokens, version, data },
    ]),
  );
}
