import { isOrderedByType } from '../../database/account-orders';
import type { Queryable, Statement } from '../../database/database';

/** Walks from type to type on the index of the report: one look-up each, however many accounts there are. */
const statement: Statement = {
  name: 'list_account_types',
  deadline: 'read',
  text: `
    WITH RECURSIVE type AS (
      (SELECT account_type FROM accounts ORDER BY account_type LIMIT 1)
      UNION ALL
      SELECT (
        SELECT a.account_type FROM accounts AS a
        WHERE a.account_type > type.account_type
        ORDER BY a.account_type
        LIMIT 1
      )
      FROM type
      WHERE type.account_type IS NOT NULL
    )
    SELECT account_type FROM type WHERE account_type IS NOT NULL LIMIT $1::int4`,
};

/** Of few accounts no order by type is kept, and each look-up would read them all. */
const ofFew: Statement = {
  name: 'list_account_types_of_few',
  deadline: 'read',
  text: 'SELECT DISTINCT account_type FROM accounts ORDER BY account_type LIMIT $1::int4',
};

/** The account types among the latest states, in order; at most `limit`. */
export async function listAccountTypes(db: Queryable, limit: number): Promise<readonly string[]> {
  const { rows } = await db.query<{ account_type: string }>((await isOrderedByType(db)) ? statement : ofFew, [
    limit,
  ]);
  return rows.map(({ account_type: accountType }) => accountType);
}
