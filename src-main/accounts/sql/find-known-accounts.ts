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

/**
 * The lateral look-ups with a limit keep the planner on the two indexes. Without statistics, as in a database
 * that is just being filled, it hashed all accounts and all waiting callbacks for each batch instead.
 */
const statement: Statement = {
  name: 'find_known_accounts',
  text: `
    SELECT a.id, a.version AS latest, p.version AS pending_version,
      ${epochMsOf('p.callback_due_at')} AS pending_due_ms
    FROM unnest($1::text[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT id, version FROM accounts WHERE id = wanted.id LIMIT 1) AS a
    LEFT JOIN LATERAL (
      SELECT version, callback_due_at
      FROM account_updates
      WHERE account_id = wanted.id AND callback_state = 'pending'
      LIMIT 1
    ) AS p ON true`,
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
