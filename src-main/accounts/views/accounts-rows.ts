import type { CallbackState } from '../../../src-shared/update';
import type { AccountRow, AccountsQuery, TiedLeader } from '../../../src-shared/views';
import { epochMsFromText } from '../../database/epoch-ms';
import { epochMsOf } from '../../database/time-sql';
import { waits } from '../sql/waits';
import { idStartsWith, isOneOf } from './filters';
import { type Conditions, nullableTextOf, type RawRow, type RowSet, type SortKey, textOf } from './row-set';

type Sort = AccountsQuery['sort'];
type Filter = AccountsQuery['filter'];

/**
 * Latest states. What became of their callback is told without reading the history: it waits (see
 * `waits`), was cancelled if that was by hand, and has fired otherwise.
 *
 * Few are cancelled by hand, but the planner takes them for a thirtieth of all (not fired, and superseded by
 * nothing, each by itself): asked for a join it looked 100,000 accounts up in turn, in 1 to 2 s. A list has it begin
 * with those that there are.
 */
const WAITS = waits('a');
const BY_HAND = 'NOT c.fired AND c.superseded_by IS NULL';
const CANCELLED_BY_HAND = [
  `a.id = ANY (ARRAY(
    SELECT (SELECT u.account_id FROM account_updates AS u WHERE u.seq = c.seq LIMIT 1)
    FROM settled_callbacks AS c WHERE ${BY_HAND}))`,
  `a.update_seq = ANY (ARRAY(SELECT c.seq FROM settled_callbacks AS c WHERE ${BY_HAND}))`,
];
const NOT_CANCELLED_BY_HAND = `NOT EXISTS (
  SELECT 1 FROM settled_callbacks AS c WHERE ${BY_HAND} AND c.seq = a.update_seq)`;
const IN_STATE: Record<CallbackState, readonly string[]> = {
  pending: [WAITS],
  fired: [`NOT ${WAITS}`, NOT_CANCELLED_BY_HAND],
  cancelled: CANCELLED_BY_HAND,
};
const STATE_ORDER: readonly CallbackState[] = ['pending', 'fired', 'cancelled'];
const PART_OF_STATE = `CASE WHEN ${WAITS} THEN 0 WHEN ${NOT_CANCELLED_BY_HAND} THEN 1 ELSE 2 END`;

/**
 * Latest states in the asked order. Ties go by id; those of `accountType` by tokens, most first, as the
 * index of the report has them. `callback` is by state (pending, fired, cancelled), then id.
 */
export function accountsRows(sort: Sort, filter: Filter): RowSet<AccountRow> {
  const parts = sort.by === 'callback' ? partsByState(sort.direction, filter.callbackStates) : undefined;
  return {
    name: 'accounts_page',
    order: `accounts ${sort.by} ${sort.direction}`,
    relation: 'accounts',
    from: (sample) => `accounts AS a${sample}`,
    where: accountConditions(filter),
    keys: sortKeys(sort),
    ...(parts && { parts }),
    columns: 'a.id, a.account_type, a.tokens, a.version, a.created_at, a.updated_at',
    select: ACCOUNT_COLUMNS,
    joins: LATEST_CALLBACK,
    toRow: toAccountRow,
  };
}

/** All leaders of one type, however many tie, by id: the whole of what the report names the first of. */
export function leaderRows(accountType: string): RowSet<TiedLeader> {
  return {
    name: 'leaders_page',
    order: 'leaders',
    relation: 'accounts',
    from: (sample) => `accounts AS a${sample}`,
    where: (bind) => {
      const type = `${bind(accountType)}::text`;
      return [
        `a.account_type = ${type}`,
        `a.tokens = (SELECT max(b.tokens) FROM accounts AS b WHERE b.account_type = ${type})`,
      ];
    },
    keys: [{ expression: 'a.id', type: 'text', direction: 'asc' }],
    columns: 'a.id, a.tokens, a.version',
    select: 'win.id, win.tokens, win.version',
    toRow: (raw) => ({
      id: textOf(raw, 'id'),
      tokens: textOf(raw, 'tokens'),
      version: textOf(raw, 'version'),
    }),
  };
}

export const ACCOUNT_COLUMNS = `
  win.id, win.account_type, win.tokens, win.version,
  ${epochMsOf('win.created_at')} AS created_ms, ${epochMsOf('win.updated_at')} AS updated_ms,
  CASE WHEN latest.fired THEN 'fired' WHEN latest.fired IS NULL THEN 'pending' ELSE 'cancelled' END AS callback_state,
  ${epochMsOf('latest.callback_due_at')} AS due_ms, ${epochMsOf('latest.settled_at')} AS settled_ms`;

/** LIMIT keeps it a look-up by primary key for each row of the window, whatever the statistics say. */
export const LATEST_CALLBACK = `
  CROSS JOIN LATERAL (
    SELECT u.callback_due_at, u.data, s.fired, s.settled_at
    FROM account_updates AS u
    LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
    WHERE u.account_id = win.id AND u.version = win.version
    LIMIT 1
  ) AS latest`;

export function toAccountRow(raw: RawRow): AccountRow {
  const settled = nullableTextOf(raw, 'settled_ms');
  return {
    id: textOf(raw, 'id'),
    accountType: textOf(raw, 'account_type'),
    tokens: textOf(raw, 'tokens'),
    version: textOf(raw, 'version'),
    callbackState: textOf(raw, 'callback_state') as CallbackState,
    callbackDueAtMs: epochMsFromText(textOf(raw, 'due_ms')),
    callbackSettledAtMs: settled === null ? null : epochMsFromText(settled),
    createdAtMs: epochMsFromText(textOf(raw, 'created_ms')),
    updatedAtMs: epochMsFromText(textOf(raw, 'updated_ms')),
  };
}

function sortKeys({ by, direction }: Sort): readonly SortKey[] {
  const id: SortKey = { expression: 'a.id', type: 'text', direction };
  switch (by) {
    case 'id':
    case 'callback':
      return [id];
    case 'accountType':
      return [
        { expression: 'a.account_type', type: 'text', direction },
        { expression: 'a.tokens', type: 'numeric', direction: direction === 'asc' ? 'desc' : 'asc' },
        id,
      ];
    case 'tokens':
      return [{ expression: 'a.tokens', type: 'numeric', direction }, id];
    case 'version':
      return [{ expression: 'a.version', type: 'numeric', direction }, id];
    case 'updatedAt':
      return [{ expression: 'a.updated_at', type: 'timestamptz', direction }, id];
  }
}

/** A state that the filter leaves out is an empty part: the database would look for its rows among all accounts. */
function partsByState(
  direction: Sort['direction'],
  wanted: Filter['callbackStates'],
): NonNullable<RowSet<AccountRow>['parts']> {
  const conditions = STATE_ORDER.map(
    (state): Conditions =>
      () =>
        !wanted || wanted.length === 0 || wanted.includes(state) ? IN_STATE[state] : ['false'],
  );
  return direction === 'asc'
    ? { conditions, expression: PART_OF_STATE }
    : { conditions: conditions.reverse(), expression: `2 - ${PART_OF_STATE}` };
}

function accountConditions(filter: Filter): Conditions {
  return (bind) => [
    ...idStartsWith(bind, 'a.id', filter.idPrefix),
    ...isOneOf(bind, 'a.account_type', filter.accountTypes),
    ...inStates(filter.callbackStates),
    ...(filter.tokensFrom === undefined ? [] : [`a.tokens >= ${bind(filter.tokensFrom)}::numeric`]),
    ...(filter.tokensTo === undefined ? [] : [`a.tokens <= ${bind(filter.tokensTo)}::numeric`]),
    ...(filter.versionFrom === undefined ? [] : [`a.version >= ${bind(filter.versionFrom)}::numeric`]),
    ...(filter.versionTo === undefined ? [] : [`a.version <= ${bind(filter.versionTo)}::numeric`]),
  ];
}

function inStates(states: Filter['callbackStates']): readonly string[] {
  const wanted = new Set(states);
  if (wanted.size === 0 || wanted.size === STATE_ORDER.length) return [];
  const [only] = wanted;
  if (wanted.size === 1 && only) return IN_STATE[only];
  if (!wanted.has('cancelled')) return [NOT_CANCELLED_BY_HAND];
  const left = STATE_ORDER.find((state) => !wanted.has(state));
  return left ? [`NOT (${IN_STATE[left].join(' AND ')})`] : [];
}
