import {
  type CallbackFate,
  COMPARED_LEADERS,
  type ComparedAccount,
  type ComparedAccountsQuery,
  type ComparedCallback,
  type ComparedCallbacksQuery,
  type ComparedFate,
  type ComparedQuery,
  type ComparedState,
  type Comparison,
  parseSide,
} from '../../../src-shared/compare';
import { parseAsOf, type ResolvedInstant } from '../../../src-shared/instant';
import { REPORT_LIMITS, type TypeLeaders } from '../../../src-shared/update';
import type { SettledHow } from '../../../src-shared/views';
import { joinCallback } from '../../callbacks/sql/callback-state';
import type { Database, Queryable } from '../../database/database';
import { readRetention, sumRemoved } from '../../storage/retention';
import { checkSpace, findSpace, readIn, schemaOf } from '../../storage/spaces';
import { updateByNumber } from '../../storage/update-by-number';
import { versionTextOf } from '../../storage/version-sql';
import type { Clock } from '../../time/clock';
import { compareIds } from '../as-of/column-parts';
import {
  type ComparedInstant,
  type ComparedStates,
  compareStates,
  type Differences,
} from '../as-of/compare-states';
import { leadersAt } from '../as-of/leaders-at';
import { createStateIndex, type StateIndex } from '../as-of/state-index';
import { aboveFloor } from './history-floor';
import { jsonLength } from './history-rows';
import { momentIn, readClocks } from './read-window';
import { createPresent, type Present, resolveInstant } from './resolve-instant';
import { countOf, type MomentOf, nullableTextOf, type RawRow, type RowSet, textOf } from './row-set';
import { joinUpdate, sql } from './sql-pieces';

/** Two instants side by side. The columns tell what differs; the rows of one page are read by their numbers. */
export interface Compare {
  summary(query: ComparedQuery): Promise<Comparison>;
  accounts(query: Omit<ComparedAccountsQuery, 'window'>): Promise<RowSet<ComparedAccount>>;
  callbacks(query: Omit<ComparedCallbacksQuery, 'window'>): Promise<RowSet<ComparedCallback>>;
}

interface CompareDeps {
  readonly database: Database;
  /** Of the space that is open. */
  readonly index: StateIndex;
  readonly clock: Pick<Clock, 'now' | 'breathe'>;
}

/** A space to read from. */
interface Reader {
  /** Stands for its content: another text, another space, or what came after a reset. */
  readonly key: string;
  readonly db: Queryable;
  readonly index: StateIndex;
  /** Before the names of its tables. */
  readonly schema: string;
}

interface Side extends Reader, ComparedInstant {
  readonly instant: ResolvedInstant;
}

/** Pages of one comparison come one after the other. */
const KEPT = 2;

export function createCompare({ database, index, clock }: CompareDeps): Compare {
  const kept = new Map<string, ComparedStates>();
  const others = new Map<string, Reader>();
  const own: Reader = { key: '', db: database, index, schema: '' };

  const readerOf = async (space: string | null | undefined): Promise<Reader> => {
    if (space === undefined || space === (await findSpace(database))) return own;
    const key = `${space} ${await checkSpace(database, space)}`;
    const known = others.get(key);
    if (known) return known;
    const db = readIn(database, space);
    const reader = { key, db, index: createStateIndex(db), schema: `${schemaOf(space)}.` };
    keep(others, key, reader);
    return reader;
  };
  const sideOf = async (reader: Reader, instant: ResolvedInstant): Promise<Side> => {
    const asOf = BigInt(instant.seq);
    const columns = await reader.index.upTo(asOf);
    const stateAt = await columns.atCut(asOf, parseAsOf(instant.asOf).cut, clock);
    // What the columns lack was removed before.
    const { floor } = await readRetention(reader.db);
    return { ...reader, instant, columns, stateAt, floor: floor && BigInt(floor.seq) };
  };
  const resolveIn = async ({ db }: Reader, present: Present, text: string) =>
    aboveFloor(db, await resolveInstant(present, text));
  const bothSides = async ({ from, to, found }: Omit<ComparedAccountsQuery, 'window'>) => {
    const [was, is] = [parseSide(from), parseSide(to)];
    const [a, b] = [await readerOf(was.space), await readerOf(is.space)];
    if (found) {
      const [before, after] = [given(found.from), given(found.to)];
      return [
        await sideOf(a, await aboveFloor(a.db, before)),
        await sideOf(b, await aboveFloor(b.db, after)),
      ] as const;
    }
    const nowMs = clock.now();
    const present = createPresent(a.db, nowMs);
    // Of two spaces only the one that is open changes.
    const other = a.key === b.key ? present : createPresent(b.db, nowMs);
    const before = await resolveIn(a, present, was.instant);
    const after = await resolveIn(b, other, is.instant);
    return [await sideOf(a, before), await sideOf(b, after)] as const;
  };
  const compare = async (query: Omit<ComparedAccountsQuery, 'window'>) => {
    const [from, to] = await bothSides(query);
    const key = [from, to]
      .map(
        ({ key: of, columns, floor, instant: { seq, asOf } }) =>
          `${of} ${columns.contentUpTo(BigInt(seq))} ${floor} ${parseAsOf(asOf).cut}`,
      )
      .join(' ');
    const states = kept.get(key) ?? compareStates(from, to);
    keep(kept, key, states);
    return { from, to, states };
  };

  return {
    async summary(query) {
      const { from, to, states } = await compare(query);
      const [was, is] = [summarize(from), summarize(to)];
      const isOne = from.columns === to.columns;
      const removedFrom = async ({ db }: Side) => (isOne ? 0 : (await sumRemoved(db)).indexed);
      return {
        from: { ...was.side, removed: await removedFrom(from) },
        to: { ...is.side, removed: await removedFrom(to) },
        accounts: states.accounts.count,
        callbacks: states.fates,
        leaders: changedLeaders(was.types, is.types),
        moreTypes: was.moreTypes || is.moreTypes,
      };
    },
    async accounts(query) {
      const { from, to, states } = await compare(query);
      const momentFrom = momentIn(await readClocks(from.db));
      const momentTo = momentIn(await readClocks(to.db));
      return {
        ...pairedRows('compared_accounts', states.accounts, from, to),
        select: `${stateColumns('from_', 'u')}, ${stateColumns('to_', 'v')}`,
        bytes: `(${lengthOf('key_0', from.schema)} + ${lengthOf('key_1', to.schema)})`,
        toRow: (raw) => ({
          id: nullableTextOf(raw, 'from_id') ?? textOf(raw, 'to_id'),
          from: toState(raw, 'from_', momentFrom),
          to: toState(raw, 'to_', momentTo),
        }),
      };
    },
    async callbacks(query) {
      const { from, to, states } = await compare(query);
      const found = states.callbacks(query.fateFrom ?? [], query.fateTo ?? []);
      const rows = pairedRows<ComparedCallback>('compared_callbacks', found, from, to);
      const momentFrom = momentIn(await readClocks(from.db));
      const momentTo = momentIn(await readClocks(to.db));
      const either = (column: string) => `coalesce(u.${column}, v.${column})`;
      return {
        ...rows,
        joins: `${rows.joins} ${joinFate('u', 'f', from.schema)} ${joinFate('v', 't', to.schema)}`,
        select: `${either('account_id')} AS account_id, ${either('account_type')} AS account_type,
          ${either('tokens')} AS tokens, coalesce(${versionTextOf('u')}, ${versionTextOf('v')}) AS version_text,
          ${fateColumns('from_', 'u', 'f')}, ${fateColumns('to_', 'v', 't')}`,
        toRow: (raw) => ({
          id: textOf(raw, 'account_id'),
          accountType: textOf(raw, 'account_type'),
          version: textOf(raw, 'version_text'),
          tokens: textOf(raw, 'tokens'),
          from: toFate(raw, 'from_', states.fateFrom(numberOf(raw, 'key_0')), momentFrom),
          to: toFate(raw, 'to_', states.fateTo(numberOf(raw, 'key_1')), momentTo),
        }),
      };
    },
  };
}

/** As a summary told it, without its words. */
const given = (asOf: string): ResolvedInstant => ({
  seq: parseAsOf(asOf).seq,
  asOf,
  cut: null,
  runId: null,
  at: null,
  wallMs: null,
});

/** As the latest one. */
function keep<Value>(all: Map<string, Value>, key: string, value: Value): void {
  all.delete(key);
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > KEPT && oldest !== undefined) all.delete(oldest);
}

function summarize({ stateAt, instant }: Side) {
  const state = stateAt();
  const { indexed, stale } = state;
  const side = {
    instant,
    counts: { accounts: state.countAccounts(), indexed, stale, ...state.countCallbacks() },
  };
  return { side, ...leadersAt(state, null, REPORT_LIMITS.types) };
}

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
function pairedRows<Row>(
  name: string,
  found: Differences,
  from: Reader,
  to: Reader,
): Omit<RowSet<Row>, 'toRow' | 'joins'> & { readonly joins: string } {
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
      ${joinUpdate(`nullif(win.key_0, '')::int8`, 'u', from.schema)}
      ${joinUpdate(`nullif(win.key_1, '')::int8`, 'v', to.schema)}`,
  };
}

/** What became of the callback of `update` in the end, as the row `alias`. */
const joinFate = (update: string, alias: string, schema: string) => `
  LEFT JOIN LATERAL (SELECT callback.* FROM (SELECT) AS one ${joinCallback(update, null, schema)}) AS ${alias} ON true`;
const fateColumns = (prefix: string, update: string, fate: string) =>
  [
    `${update}.run_id AS ${prefix}run`,
    `${update}.due_ms AS ${prefix}due_ms`,
    `${fate}.how AS ${prefix}how`,
    `${fate}.settled_run_id AS ${prefix}settled_run`,
    `${fate}.settled_at_ms AS ${prefix}settled_at_ms`,
    `${fate}.superseded_by AS ${prefix}superseded_by`,
  ].join(', ');

const numberOf = (raw: RawRow, key: string) => textOf(raw, key) || null;

const stateColumns = (prefix: string, update: string) =>
  [
    `${update}.account_id AS ${prefix}id`,
    `${update}.account_type AS ${prefix}account_type`,
    `${update}.tokens AS ${prefix}tokens`,
    `${versionTextOf(update)} AS ${prefix}version`,
    `${update}.callback_time_ms AS ${prefix}callback_time_ms`,
    `${update}.data AS ${prefix}data`,
    `${update}.decoded AS ${prefix}decoded`,
    `${update}.run_id AS ${prefix}run`,
    `${update}.at_ms AS ${prefix}at_ms`,
  ].join(', ');

const lengthOf = (key: string, schema: string) =>
  `coalesce((SELECT ${jsonLength('l')} FROM ${updateByNumber(`nullif(${key}, '')::int8`, schema)} AS l), 0)`;

function toState(raw: RawRow, prefix: 'from_' | 'to_', moment: MomentOf): ComparedState | null {
  if (raw[`${prefix}id`] === null) return null;
  return {
    accountType: textOf(raw, `${prefix}account_type`),
    tokens: textOf(raw, `${prefix}tokens`),
    version: textOf(raw, `${prefix}version`),
    callbackTimeMs: countOf(raw, `${prefix}callback_time_ms`),
    data: textOf(raw, `${prefix}data`),
    decoded: nullableTextOf(raw, `${prefix}decoded`),
    arrived: moment(raw, `${prefix}run`, `${prefix}at_ms`),
  };
}

/** What settled it counts only on a side where it was settled. */
function toFate(
  raw: RawRow,
  prefix: 'from_' | 'to_',
  state: CallbackFate,
  moment: MomentOf,
): ComparedFate | null {
  if (state === 'none') return null;
  const isSettled = state !== 'pending' && raw[`${prefix}settled_at_ms`] !== null;
  return {
    state,
    due: moment(raw, `${prefix}run`, `${prefix}due_ms`),
    settled: isSettled ? moment(raw, `${prefix}settled_run`, `${prefix}settled_at_ms`) : null,
    how: isSettled ? (nullableTextOf(raw, `${prefix}how`) as SettledHow | null) : null,
    supersededBy: isSettled ? nullableTextOf(raw, `${prefix}superseded_by`) : null,
  };
}
