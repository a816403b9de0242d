import type { CallbackState } from '../../../src-shared/update';
import { slotOf, writeVersionOf } from '../../../src-shared/update';
import type { AccountDetail, AccountRow, AccountsQuery, TiedLeader } from '../../../src-shared/views';
import { joinCallback, latestCallbackStateOf } from '../../callbacks/sql/callback-state';
import { numberArray } from '../../database/array-literal';
import type { Queryable } from '../../database/database';
import { versionTextOf } from '../../database/version-sql';
import { areFew, idStartsWith, isOneOf } from './filters';
import type { PendingList } from './pending-list';
import {
  type Binder,
  type Conditions,
  countOf,
  joinUpdate,
  type MomentOf,
  type Part,
  type RawRow,
  type RowSet,
  type SortKey,
  textOf,
} from './row-set';
import { whereOf } from './window-sql';

type Sort = AccountsQuery['sort'];
type Filter = AccountsQuery['filter'];

const STATES: readonly CallbackState[] = ['pending', 'fired', 'cancelled'];
const NONE: Conditions = () => [];
const ACCOUNTS = 'accounts AS a';
/** The number of the part of an account in the order by callback. */
const PART = `array_position(ARRAY['pending', 'fired', 'cancelled'], ${latestCallbackStateOf('a')}) - 1`;

export interface AccountsDeps {
  readonly database: Queryable;
  readonly pending: PendingList;
  readonly scanRows: number;
}

/**
 * Latest states in the asked order. Ties go by id; those of `accountType` by tokens, most first, as the
 * index of the report has them. `callback` is by state (pending, fired, cancelled), then id.
 */
export async function accountsRows(
  deps: AccountsDeps,
  sort: Sort,
  filter: Filter,
): Promise<RowSet<AccountRow>> {
  const { callbackStates = [] } = filter;
  const states =
    callbackStates.length === 0 ? STATES : STATES.filter((state) => callbackStates.includes(state));
  const few = await fewAsked(deps, sort.by, filter);
  const all: Part['from'] = few
    ? (bind) => `(SELECT * FROM accounts ${whereOf(few(bind))} OFFSET 0) AS a`
    : () => ACCOUNTS;
  const { range, rest } = conditionsOf(sort.by, filter);

  const part = async (of: readonly CallbackState[], number: number): Promise<Part> => ({
    number,
    alias: 'a',
    from: (of.length === 1 && of[0] ? await fewInState(deps, of[0]) : null) ?? all,
    range,
    filter: (bind) => [...rest(bind), ...isInState(of)],
  });
  const parts =
    sort.by === 'callback'
      ? await Promise.all(states.map((state) => part([state], STATES.indexOf(state))))
      : [await part(states, 0)];
  const where: Conditions = (bind) => [...range(bind), ...rest(bind), ...isInState(states)];
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined && value.length > 0);
  return {
    ...BASE,
    name: 'accounts_page',
    order: `accounts ${sort.by} ${sort.direction}`,
    parts: sort.by === 'callback' && sort.direction === 'desc' ? parts.toReversed() : parts,
    keys: sortKeys(sort),
    all: {
      relation: 'accounts',
      from: (bind, sample) => all(bind) + (few ? '' : sample),
      where,
      few: few !== null,
      dear: states.length < STATES.length,
      ...(sort.by === 'callback' && { part: PART }),
    },
    // What waits is known, if nothing else is asked.
    ...(states.length === 1 &&
      states[0] === 'pending' &&
      asked.length === 1 && {
        total: async () => ({ total: deps.pending.count(), totalIs: 'exact' as const }),
      }),
  };
}

/** One account as it is now. */
export function accountRow(id: string): RowSet<AccountDetail> {
  const ofId: Conditions = (bind) => [`a.id = ${bind(id)}::text`];
  return {
    ...BASE,
    name: 'find_account',
    order: 'account',
    parts: [{ number: 0, alias: 'a', from: () => ACCOUNTS, range: ofId, filter: NONE }],
    keys: [{ expression: 'a.id', type: 'text', direction: 'asc' }],
    all: { relation: 'accounts', from: () => ACCOUNTS, where: ofId },
    select: `${BASE.select}, latest.data,
      (SELECT count(*) FROM account_updates AS v WHERE v.account_id = win.id) AS versions`,
    toRow: (raw, moment) => ({
      ...toAccountRow(raw, moment),
      data: textOf(raw, 'data'),
      versions: countOf(raw, 'versions'),
    }),
  };
}

/** All leaders of one type, however many tie, by id: the whole of what the report names the first of. */
export function leaderRows(accountType: string): RowSet<TiedLeader> {
  const leads: Conditions = (bind) => {
    const type = `${bind(accountType)}::text`;
    return [
      `a.account_type = ${type}`,
      `a.tokens = (SELECT max(b.tokens) FROM accounts AS b WHERE b.account_type = ${type})`,
    ];
  };
  return {
    name: 'leaders_page',
    order: 'leaders',
    parts: [{ number: 0, alias: 'a', from: () => ACCOUNTS, range: leads, filter: NONE }],
    keys: [{ expression: 'a.id', type: 'text', direction: 'asc' }],
    all: { relation: 'accounts', from: (_, sample) => ACCOUNTS + sample, where: leads },
    columns: 'a.id, a.tokens, a.slot, a.version',
    select: `win.id, win.tokens, ${versionTextOf('win')} AS version`,
    toRow: (raw) => ({
      id: textOf(raw, 'id'),
      tokens: textOf(raw, 'tokens'),
      version: textOf(raw, 'version'),
    }),
  };
}

/** The history says when its first and its latest update came, and what became of the callback. */
const BASE = {
  columns: 'a.id, a.account_type, a.tokens, a.slot, a.version, a.update_seq, a.created_seq',
  select: `
    win.id, win.account_type, win.tokens, ${versionTextOf('win')} AS version,
    coalesce(first.run_id, latest.run_id) AS created_run_id, coalesce(first.at_ms, latest.at_ms) AS created_ms,
    latest.run_id, latest.at_ms, latest.due_ms, callback.*`,
  joins: `
    ${joinUpdate('win.update_seq', 'latest')}
    ${joinUpdate('win.created_seq', 'first')}
    ${joinCallback('latest')}`,
  toRow: toAccountRow,
} as const;

function toAccountRow(raw: RawRow, moment: MomentOf): AccountRow {
  return {
    id: textOf(raw, 'id'),
    accountType: textOf(raw, 'account_type'),
    tokens: textOf(raw, 'tokens'),
    version: textOf(raw, 'version'),
    callbackState: textOf(raw, 'state') as CallbackState,
    callbackDue: moment(raw, 'run_id', 'due_ms'),
    callbackSettled: raw.settled_at_ms === null ? null : moment(raw, 'settled_run_id', 'settled_at_ms'),
    created: moment(raw, 'created_run_id', 'created_ms'),
    updated: moment(raw, 'run_id', 'at_ms'),
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
      return [
        { expression: 'a.slot', type: 'numeric', direction },
        { expression: 'a.version', type: 'numeric', direction },
        id,
      ];
    case 'updatedAt':
      return [{ expression: 'a.update_seq', type: 'int8', direction }];
  }
}

/** What the index of the order serves, and the rest. */
function conditionsOf(
  by: Sort['by'],
  filter: Filter,
): { readonly range: Conditions; readonly rest: Conditions } {
  const { idPrefix, accountTypes = [], tokensFrom, tokensTo, versionFrom, versionTo } = filter;
  const isVersion = (bind: Binder['bind'], operator: string, version: string | undefined) =>
    version === undefined
      ? []
      : [
          `(a.slot, a.version) ${operator} (${bind(slotOf(version))}::numeric, ${bind(writeVersionOf(version))}::numeric)`,
        ];
  const all: readonly (readonly [served: boolean, Conditions])[] = [
    [by === 'id' || by === 'callback', (bind) => idStartsWith(bind, 'a.id', idPrefix)],
    [
      by === 'accountType' && accountTypes.length === 1,
      (bind) => isOneOf(bind, 'a.account_type', accountTypes),
    ],
    [
      by === 'tokens',
      (bind) => [
        ...(tokensFrom === undefined ? [] : [`a.tokens >= ${bind(tokensFrom)}::numeric`]),
        ...(tokensTo === undefined ? [] : [`a.tokens <= ${bind(tokensTo)}::numeric`]),
      ],
    ],
    [
      by === 'version',
      (bind) => [...isVersion(bind, '>=', versionFrom), ...isVersion(bind, '<=', versionTo)],
    ],
  ];
  const those =
    (wanted: boolean): Conditions =>
    (bind) =>
      all.flatMap(([served, conditions]) => (served === wanted ? conditions(bind) : []));
  return { range: those(true), rest: those(false) };
}

/** What is asked of accounts and lets few through, where another index than that of the order has them. */
async function fewAsked(
  deps: AccountsDeps,
  by: Sort['by'],
  { idPrefix, accountTypes = [] }: Filter,
): Promise<Conditions | null> {
  const ofPrefix: Conditions = (bind) => idStartsWith(bind, 'id', idPrefix);
  const ofType: Conditions = (bind) => [`account_type = ${bind(accountTypes[0] ?? '')}::text`];
  const byId = by === 'id' || by === 'callback';
  if (idPrefix && !byId && (await areFew(deps, 'accounts', 'id', ofPrefix))) return ofPrefix;
  const isOneType = accountTypes.length === 1 && by !== 'accountType';
  return isOneType && (await areFew(deps, 'accounts', 'account_type', ofType)) ? ofType : null;
}

/**
 * Accounts among few that may be in a state, looked up by what says it: a walk along an order would pass all the others. Null:
 * there are not few.
 */
async function fewInState(deps: AccountsDeps, state: CallbackState): Promise<Part['from'] | null> {
  const lookUp = (from: string) => `(
    SELECT b.* FROM ${from}
    CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = u.account_id AND update_seq = u.seq LIMIT 1) AS b
    OFFSET 0) AS a`;
  if (state === 'pending') {
    if (deps.pending.count() > deps.scanRows) return null;
    return (bind) => {
      const seqs = `unnest(${bind(numberArray(deps.pending.seqs()))}::int8[]) AS p (seq)`;
      return lookUp(`${seqs} ${joinUpdate('p.seq', 'u')}`);
    };
  }
  // Few have fired only where few were settled at all; those that did not fire have an index.
  const range: Conditions = () => (state === 'fired' ? [] : [`how IN ('cancelled by hand', 'skipped')`]);
  if (!(await areFew(deps, 'settled_callbacks', 'seq', range))) return null;
  return () =>
    lookUp(`(
      SELECT update_seq AS seq, account_id FROM settled_callbacks ${whereOf(range(() => ''))} OFFSET 0) AS u`);
}

function isInState(states: readonly CallbackState[]): readonly string[] {
  if (states.length === STATES.length) return [];
  // No look-up in another table for what waits.
  if (states.length === 1 && states[0] === 'pending') return ['a.due_ms IS NOT NULL'];
  return [`${latestCallbackStateOf('a')} IN (${states.map((state) => `'${state}'`).join(', ')})`];
}
