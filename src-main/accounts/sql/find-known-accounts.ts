import type { U64Text } from '../../../src-shared/update';
import { textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import type { KnownAccount } from '../classify';
import { waits } from './waits';

interface Row {
  readonly id: string;
  readonly latest: U64Text;
  readonly seq: string;
  readonly due_ms: string | null;
}

/**
 * The lateral look-up with a limit keeps the planner on the index. Without statistics, as in a database that
 * is just being filled, it hashed all accounts for each batch instead.
 */
const statement: Statement = {
  name: 'find_known_accounts',
  deadline: 'read',
  text: `
    SELECT a.id, a.version AS latest, a.update_seq AS seq,
      CASE WHEN ${waits('a')} THEN ${epochMsOf('a.callback_due_at')} END AS due_ms
    FROM unnest($1::text[]) AS wanted (id)
    CROSS JOIN LATERAL (
      SELECT id, version, update_seq, callback_due_at FROM accounts WHERE id = wanted.id LIMIT 1
    ) AS a`,
};

/** The latest version and the waiting callback of each of `ids` that is there; `ids` without repeats. */
export async function findKnownAccounts(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, KnownAccount>> {
  const { rows } = await db.query<Row>(statement, [textArray(ids)]);
  return new Map(
    rows.map(({ id, latest, seq, due_ms }) => [
      id,
      {
        latest,
        pending: due_ms === null ? null : { version: latest, seq, dueAtMs: epochMsFromText(due_ms) },
      },
    ]),
  );
}
