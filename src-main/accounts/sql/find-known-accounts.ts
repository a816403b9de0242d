import type { U64Text } from '../../../src-shared/update';
import { textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import type { KnownAccount } from '../classify';

interface Row {
  readonly id: string;
  readonly latest: U64Text;
  readonly pending_version: U64Text | null;
  readonly pending_due_ms: string | null;
}

const statement: Statement = {
  name: 'find_known_accounts',
  text: `
    SELECT a.id, a.version AS latest, p.version AS pending_version,
      ${epochMsOf('p.callback_due_at')} AS pending_due_ms
    FROM unnest($1::text[]) AS wanted (id)
    JOIN accounts a ON a.id = wanted.id
    LEFT JOIN account_updates p ON p.account_id = wanted.id AND p.callback_state = 'pending'`,
};

/** The latest version and the waiting callback of each of `ids` that is there; `ids` without repeats. */
export async function findKnownAccounts(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, KnownAccount>> {
  const { rows } = await db.query<Row>(statement, [textArray(ids)]);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        latest: row.latest,
        pending:
          row.pending_version === null || row.pending_due_ms === null
            ? null
            : { version: row.pending_version, dueAtMs: epochMsFromText(row.pending_due_ms) },
      },
    ]),
  );
}
