import type { Leader, U64Text } from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';

interface Row {
  readonly account_type: string;
  readonly id: string;
  readonly tokens: U64Text;
  readonly version: U64Text;
}

/** Latest states only: ranking every update ever seen names accounts that have long given their tokens away. */
const statement: Statement = {
  name: 'rank_leaders',
  deadline: 'read',
  text: `
    SELECT leader.account_type, leader.id, leader.tokens, leader.version
    FROM (SELECT account_type, max(tokens) AS tokens FROM accounts GROUP BY account_type) AS highest
    JOIN accounts leader ON leader.account_type = highest.account_type AND leader.tokens = highest.tokens
    ORDER BY leader.account_type COLLATE "C", leader.id COLLATE "C"`,
};

/** The report: the highest-token account of each type, ties all, ordered by type, then id. */
export async function rankLeaders(db: Queryable): Promise<readonly Leader[]> {
  const { rows } = await db.query<Row>(statement);
  return rows.map(({ account_type: accountType, id, tokens, version }) => ({
    accountType,
    id,
    tokens,
    version,
  }));
}
