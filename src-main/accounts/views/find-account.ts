import type { AccountDetail } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { ACCOUNT_COLUMNS, LATEST_CALLBACK, toAccountRow } from './accounts-rows';
import { countOf, type RawRow, textOf } from './row-set';

const statement: Statement = {
  name: 'find_account',
  deadline: 'read',
  text: `
    SELECT ${ACCOUNT_COLUMNS}, latest.data,
      (SELECT count(*) FROM account_updates AS v WHERE v.account_id = win.id) AS versions
    FROM accounts AS win
    ${LATEST_CALLBACK}
    WHERE win.id = $1::text`,
};

/** One account as it is now; undefined if there is none of that id. */
export async function findAccount(db: Queryable, id: string): Promise<AccountDetail | undefined> {
  const { rows } = await db.query<RawRow>(statement, [id]);
  return rows.map((raw) => ({
    ...toAccountRow(raw),
    data: textOf(raw, 'data'),
    versions: countOf(raw, 'versions'),
  }))[0];
}
