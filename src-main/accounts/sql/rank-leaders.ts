import {
  type Leader,
  REPORT_LIMITS,
  type TypeLeaders,
  type U64Text,
  type VersionText,
} from '../../../src-shared/update';
import type { Queryable, Statement } from '../../database/database';
import { isOrderedByType } from '../../storage/account-orders';
import { versionTextOf } from '../../storage/version-sql';

/** The leaders of a type as one text: PGlite decodes each field of each row separately. */
const NAMED = `json_agg(json_build_array(named.id, ${versionTextOf('named')}) ORDER BY named.id)`;
const isLeader = (accountType: string, tokens: string) =>
  `a.account_type = ${accountType} AND a.tokens = ${tokens}`;

/** Types in order, each with its leaders. Ends with the type that crosses the limit of bytes, and returns how many were found. */
const withinBytes = (name: string, ranked: string): Statement => ({
  name,
  deadline: 'read',
  text: `
    SELECT account_type, tokens, tied, leaders, found
    FROM (
      SELECT *, count(*) OVER ()::int4 AS found, coalesce(sum(octet_length(leaders)) OVER (
        ORDER BY account_type ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
      FROM (${ranked}) AS ranked
    ) AS weighed
    WHERE bytes_before < ${REPORT_LIMITS.bytes}
    ORDER BY account_type`,
});

/**
 * Latest states only: older updates name accounts that no longer have the tokens. Walks the index `accounts_by_type_and_tokens`
 * with one look-up per type, and reads only the first leaders. All are counted, from the index.
 */
const walk = withinBytes(
  'rank_leaders',
  `
    WITH RECURSIVE highest AS (
      (
        SELECT account_type, tokens FROM accounts
        WHERE $1::text IS NULL OR account_type > $1::text
        ORDER BY account_type, tokens DESC, id
        LIMIT 1
      )
      UNION ALL
      SELECT next.account_type, next.tokens
      FROM highest
      CROSS JOIN LATERAL (
        SELECT a.account_type, a.tokens FROM accounts AS a
        WHERE a.account_type > highest.account_type
        ORDER BY a.account_type, a.tokens DESC, a.id
        LIMIT 1
      ) AS next
    )
    SELECT account_type, tokens,
      (SELECT count(*)::int4 FROM accounts AS a WHERE ${isLeader('h.account_type', 'h.tokens')}) AS tied,
      (
        SELECT ${NAMED}::text
        FROM (
          SELECT a.id, a.slot, a.version FROM accounts AS a
          WHERE ${isLeader('h.account_type', 'h.tokens')}
          ORDER BY a.id
          LIMIT ${REPORT_LIMITS.leaders}
        ) AS named
      ) AS leaders
    FROM (SELECT * FROM highest LIMIT $2::int4) AS h`,
);

/** Few accounts have no index by type, and each look-up would read all of them: sort them once. */
const sort = withinBytes(
  'rank_leaders_of_few',
  `
    SELECT account_type, tokens, count(*)::int4 AS tied,
      (${NAMED} FILTER (WHERE place <= ${REPORT_LIMITS.leaders}))::text AS leaders
    FROM (
      SELECT account_type, tokens, id, slot, version,
        rank() OVER (PARTITION BY account_type ORDER BY tokens DESC) AS rank,
        row_number() OVER (PARTITION BY account_type ORDER BY tokens DESC, id) AS place
      FROM accounts
      WHERE $1::text IS NULL OR account_type > $1::text
    ) AS named
    WHERE rank = 1
    GROUP BY account_type, tokens
    ORDER BY account_type
    LIMIT $2::int4`,
);

interface Ranked {
  readonly account_type: string;
  readonly tokens: U64Text;
  readonly tied: number;
  readonly leaders: string;
  readonly found: number;
}

export interface RankedTypes {
  readonly types: readonly TypeLeaders[];
  readonly moreTypes: boolean;
}

/**
 * The leaders of each account type, ordered by type, within `REPORT_LIMITS`.
 * @param afterType Only types after this one; null: from the first.
 */
export async function rankLeaders(
  db: Queryable,
  afterType: string | null = null,
  most: number = REPORT_LIMITS.types,
): Promise<RankedTypes> {
  const statement = (await isOrderedByType(db)) ? walk : sort;
  const { rows } = await db.query<Ranked>(statement, [afterType, most + 1]);
  const types = rows.slice(0, most).map(toTypeLeaders);
  return { types, moreTypes: (rows[0]?.found ?? 0) > types.length };
}

const ofType: Statement = {
  name: 'rank_leaders_of_type',
  deadline: 'read',
  text: `
    SELECT $1::text AS account_type, highest.tokens,
      (SELECT count(*)::int4 FROM accounts AS a WHERE ${isLeader('$1::text', 'highest.tokens')}) AS tied,
      coalesce((
        SELECT ${NAMED}::text
        FROM (
          SELECT a.id, a.slot, a.version FROM accounts AS a
          WHERE ${isLeader('$1::text', 'highest.tokens')} AND ($2::text IS NULL OR a.id > $2::text)
          ORDER BY a.id
          LIMIT $3::int4
        ) AS named
      ), '[]') AS leaders
    FROM (SELECT max(tokens) AS tokens FROM accounts WHERE account_type = $1::text) AS highest
    WHERE highest.tokens IS NOT NULL`,
};

/**
 * The leaders of one type, at most `most`, by id; undefined if the type has no account.
 * @param afterId Only ids after this one; null: from the first.
 */
export async function rankLeadersOfType(
  db: Queryable,
  accountType: string,
  afterId: string | null,
  most: number,
): Promise<TypeLeaders | undefined> {
  const { rows } = await db.query<Ranked>(ofType, [accountType, afterId, most]);
  return rows.map(toTypeLeaders)[0];
}

function toTypeLeaders({ account_type: accountType, tokens, tied, leaders }: Ranked): TypeLeaders {
  const named: readonly (readonly [string, VersionText])[] = JSON.parse(leaders);
  return { accountType, tokens, tied, leaders: named.map(([id, version]): Leader => ({ id, version })) };
}
