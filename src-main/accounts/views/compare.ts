import {
  COMPARED_LEADERS,
  type ComparedAccount,
  type ComparedCallback,
  type ComparedCallbacksQuery,
  type ComparedFate,
  type ComparedQuery,
  type ComparedSide,
  type ComparedState,
  type Comparison,
  instantOfSide,
} from '../../../src-shared/compare';
import { REPORT_LIMITS, type TypeLeaders } from '../../../src-shared/update';
import type { SettledHow } from '../../../src-shared/views';
import { joinCallback } from '../../callbacks/sql/callback-state';
import type { Queryable } from '../../database/database';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';
import { type ComparedStates, compareStates, type Differences } from '../as-of/compare-states';
import { leadersAt } from '../as-of/leaders-at';
import { compareIds, type StateAt } from '../as-of/state-columns';
import type { StateIndex } from '../as-of/state-index';
import { resolveInstant } from './resolve-instant';
import { countOf, type MomentOf, nullableTextOf, type RawRow, type RowSet, textOf } from './row-set';
import { joinUpdate, sql } from './sql-pieces';

/** Two instants side by side. The columns tell what differs; the rows of one page are read by their numbers. */
export interface Compare {
  summary(query: ComparedQuery): Promise<Comparison>;
  accounts(query: ComparedQuery): Promise<RowSet<ComparedAccount>>;
  callbacks(query: Omit<ComparedCallbacksQuery, 'window'>): Promise<RowSet<ComparedCallback>>;
}

interface CompareDeps {
  readonly database: Queryable;
  readonly index: StateIndex;
}

/** Pages of one comparison come one after the other. */
const KEPT = 2;

export function createCompare({ database, index }: CompareDeps): Compare {
  const kept = new Map<string, ComparedStates>();

  const resolve = async ({ from, to }: ComparedQuery) => {
    const resolved = [
      await resolveInstant(database, instantOfSide(from)),
      await resolveInstant(database, instantOfSide(to)),
    ] as const;
    const numbers = resolved.map(({ seq }) => BigInt(seq)) as [bigint, bigint];
    const columns = await index.upTo(numbers[0] > numbers[1] ? numbers[0] : numbers[1]);
    return { resolved, numbers, columns };
  };
  const compare = async (query: ComparedQuery): Promise<ComparedStates> => {
    const { numbers, columns } = await resolve(query);
    const key = numbers.map((number) => columns.contentUpTo(number)).join(' ');
    const states = kept.get(key) ?? compareStates(columns, ...numbers);
    kept.delete(key);
    kept.set(key, states);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return states;
  };

  return {
    async summary(query) {
      const states = await compare(query);
      const { resolved, numbers, columns } = await resolve(query);
      const [from, to] = numbers.map((number, side) => {
        const state = columns.at(number);
        const { accounts, indexed, stale } = state;
        const counts = { accounts, indexed, stale, ...state.countCallbacks() };
        const instant = resolved[side] ?? resolved[0];
        return { instant, counts, ...rankedAt(state) };
      }) as [RankedSide, RankedSide];
      return {
        from: { instant: from.instant, counts: from.counts },
        to: { instant: to.instant, counts: to.counts },
        accounts: states.accounts.count,
        callbacks: states.fates,
        leaders: changedLeaders(from.types, to.types),
        moreTypes: from.moreTypes || to.moreTypes,
      };
    },
    async accounts(query) {
      const { accounts } = await compare(query);
      return {
        ...pairedRows('compared_accounts', accounts),
        select: `${stateColumns('from_', 'u')}, ${stateColumns('to_', 'v')}`,
        bytes: `(${lengthOf('key_0')} + ${lengthOf('key_1')})`,
        toRow: (raw, moment) => ({
          id: nullableTextOf(raw, 'from_id') ?? textOf(raw, 'to_id'),
          from: toState(raw, 'from_', moment),
          to: toState(raw, 'to_', moment),
        }),
      };
    },
    async callbacks(query) {
      const states = await compare(query);
      const found = states.callbacks(query.fateFrom ?? [], query.fateTo ?? []);
      const rows = pairedRows<ComparedCallback>('compared_callbacks', found);
      const fate = (raw: RawRow, state: ComparedFate['state'] | 'none', moment: MomentOf) =>
        state === 'none' ? null : toFate(raw, state, moment);
      return {
        ...rows,
        joins: `
          ${joinUpdate(`coalesce(nullif(win.key_0, ''), win.key_1)::int8`, 'u')}
          ${joinCallback('u', null)}`,
        select: `u.account_id, u.account_type, u.tokens, ${versionTextOf('u')} AS version_text, u.run_id, u.due_ms, callback.*`,
        toRow: (raw, moment) => ({
          id: textOf(raw, 'account_id'),
          accountType: textOf(raw, 'account_type'),
          version: textOf(raw, 'version_text'),
          tokens: textOf(raw, 'tokens'),
          from: fate(raw, states.fateFrom(numberOf(raw, 'key_0')), moment),
          to: fate(raw, states.fateTo(numberOf(raw, 'key_1')), moment),
        }),
      };
    },
  };
}

type RankedSide = ComparedSide & ReturnType<typeof rankedAt>;
const rankedAt = (state: StateAt) => leadersAt(state, null, REPORT_LIMITS.types);

/** @param from ordered by type, as is `to`. */
function changedLeaders(from: readonly TypeLeaders[], to: readonly TypeLeaders[]): Comparison['leaders'] {
  const [before, after] = [from, to].map(
    (types) => new Map(types.map((type) => [type.accountType, type] as const)),
  );
  const names = [...new Set([...from, ...to].map(({ accountType }) => accountType))].sort(compareIds);
  return names.flatMap((accountType) => {
    const [a = null, b = null] = [before?.get(accountType), after?.get(accountType)];
    return isSame(a, b) ? [] : [{ accountType, from: first(a), to: first(b) }];
  });
}

/** A leader with a newer version and the same tokens is the same one. */
const isSame = (a: TypeLeaders | null, b: TypeLeaders | null) =>
  a?.tokens === b?.tokens &&
  a?.tied === b?.tied &&
  a?.leaders.every(({ id }, at) => id === b?.leaders[at]?.id) === true;
const first = (type: TypeLeaders | null) =>
  type && { ...type, leaders: type.leaders.slice(0, COMPARED_LEADERS) };

/** The rows found in memory, by the numbers of both sides; empty where there is none. */
function pairedRows<Row>(name: string, found: Differences): Omit<RowSet<Row>, 'toRow'> {
  return {
    name,
    asOf: null,
    order: name,
    parts: [
      {
        number: 0,
        alias: 'e',
        from: sql(''),
        range: [],
        filter: [],
        list: async (beside, limit) => found.beside(beside, limit),
      },
    ],
    keys: ['key_0', 'key_1'].map((key) => ({ expression: `e.${key}`, type: 'text', direction: 'asc' })),
    // Never read: the total and the places are known.
    all: { relation: 'account_updates', from: sql('account_updates AS u'), where: [] },
    total: async () => found.count,
    async land(fraction) {
      const keys = found.near(fraction);
      return keys && { part: 0, keys };
    },
    columns: 'true AS listed',
    joins: `
      ${joinUpdate(`nullif(win.key_0, '')::int8`, 'u')}
      ${joinUpdate(`nullif(win.key_1, '')::int8`, 'v')}`,
  };
}

const numberOf = (raw: RawRow, key: string) => textOf(raw, key) || null;

const stateColumns = (prefix: string, update: string) =>
  [
    `${update}.account_id AS ${prefix}id`,
    `${update}.account_type AS ${prefix}account_type`,
    `${update}.tokens AS ${prefix}tokens`,
    `${versionTextOf(update)} AS ${prefix}version`,
    `${update}.callback_time_ms AS ${prefix}callback_time_ms`,
    `${update}.data AS ${prefix}data`,
    `${update}.run_id AS ${prefix}run_id`,
    `${update}.at_ms AS ${prefix}at_ms`,
  ].join(', ');

const lengthOf = (key: string) =>
  `coalesce((SELECT octet_length(l.data::text) FROM ${updateByNumber(`nullif(${key}, '')::int8`)} AS l), 0)`;

function toState(raw: RawRow, prefix: 'from_' | 'to_', moment: MomentOf): ComparedState | null {
  if (raw[`${prefix}id`] === null) return null;
  return {
    accountType: textOf(raw, `${prefix}account_type`),
    tokens: textOf(raw, `${prefix}tokens`),
    version: textOf(raw, `${prefix}version`),
    callbackTimeMs: countOf(raw, `${prefix}callback_time_ms`),
    data: textOf(raw, `${prefix}data`),
    arrived: moment(raw, `${prefix}run_id`, `${prefix}at_ms`),
  };
}

/** What settled it counts only on a side where it was settled. */
function toFate(raw: RawRow, state: ComparedFate['state'], moment: MomentOf): ComparedFate {
  const isSettled = state !== 'pending' && raw.settled_at_ms !== null;
  return {
    state,
    due: moment(raw, 'run_id', 'due_ms'),
    settled: isSettled ? moment(raw, 'settled_run_id', 'settled_at_ms') : null,
    how: isSettled ? (nullableTextOf(raw, 'how') as SettledHow | null) : null,
    supersededBy: isSettled ? nullableTextOf(raw, 'superseded_by') : null,
  };
}
