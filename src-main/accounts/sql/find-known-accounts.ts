import type { VersionText } from '../../../src-shared/update';
import { textArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { versionTextOf } from '../../storage/version-sql';
import type { KnownAccount } from '../classify';

interface Row {
  readonly id: string;
  readonly latest: VersionText;
  readonly seq: string;
  readonly run_id: string | null;
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
    SELECT a.id, ${versionTextOf('a')} AS latest, a.update_seq AS seq, a.callback_run_id AS run_id, a.due_ms
    FROM unnest($1::text[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = wanted.id LIMIT 1) AS a`,
};

/** The latest version and the waiting callback of each of `ids` that is there; `ids` without repeats. */
export async function findKnownAccounts(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, KnownAccount>> {
  const { rows } = await db.query<Row>(statement, [textArray(ids)]);
  return new Map(
    rows.map(({ id, latest, seq, run_id, due_ms }) => [
      id,
      {
        latest,
        seq: BigInt(seq),
        waits: run_id === null || due_ms === null ? null : { runId: run_id, dueMs: epochMsFromText(due_ms) },
      },
    ]),
  );
}
