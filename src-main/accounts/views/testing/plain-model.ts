import fc from 'fast-check';
import { type ClockRecord, type Moment, momentAt, startClock } from '../../../../src-shared/run-clock';
import { parseDuring } from '../../../../src-shared/table-filters';
import { type CallbackState, compareVersions, versionText } from '../../../../src-shared/update';
import type {
  AccountRow,
  AccountsQuery,
  CallbacksQuery,
  HistoryQuery,
  HistoryRow,
  TiedLeader,
} from '../../../../src-shared/views';
import type { PendingCallbacks } from '../../../callbacks/known-run';

/** The views over plain arrays, the expected result of the keyset windows. Everything is sorted, filtered and sliced in memory. */

const MAX_U64 = 2n ** 64n - 1n;
export const IDS = ['', '1', '1a', '1b', '2', 'Z', 'a', 'é', 'ffi', '𝕏', 'zz'].map((text) => `x${text}`);
export const TYPES = ['account', 'Escrow', 'mint', 'é'];

const u64 = fc.oneof(fc.bigInt(0n, 4n), fc.bigInt(MAX_U64 - 4n, MAX_U64), fc.bigInt(0n, MAX_U64));

/** An event before its outcome is known. */
const arrival = fc.record({
  id: fc.constantFrom(...IDS),
  accountType: fc.constantFrom(...TYPES),
  slot: fc.constantFrom('0', '0', '7', String(MAX_U64)),
  version: u64,
  tokens: u64,
  callbackTimeMs: fc.integer({ min: 0, max: 3 }),
  /** What settles its callback if no newer version comes first; null: nothing yet. */
  fate: fc.option(fc.constantFrom('due', 'fired by hand', 'cancelled by hand', 'skipped')),
  /** After how many more arrivals. */
  settlesAfter: fc.integer({ min: 0, max: 9 }),
  /** The run of this and the following records; undefined: the previous one. */
  run: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
});
export const arrivals = fc.array(arrival, { maxLength: 50 });
export type Arrival = typeof arrival extends fc.Arbitrary<infer Value> ? Value : never;

export interface PlainData {
  readonly history: readonly HistoryRow[];
  readonly accounts: readonly AccountRow[];
  /** When callbacks were settled or cancelled, in the one order, by the number of their update. */
  readonly settledSeqs: ReadonlyMap<string, number>;
  readonly runs: readonly PlainRun[];
}

export interface PlainRun {
  readonly runId: string;
  readonly clock: ClockRecord;
  readonly attempts: readonly (readonly [string, string])[];
}

const START_MS = 1_800_000_000_000;
/** Every second one is virtual. */
const clockOf = (runId: string): ClockRecord =>
  Number(runId) % 2 === 0
    ? { kind: 'virtual', atMs: 1_000 }
    : startClock(START_MS + Number(runId) * 3, Number(runId));

const moment = (runId: string, at: number): Moment => momentAt(runId, clockOf(runId), at);

export function plainData(list: readonly Arrival[]): PlainData {
  const history: Mutable<HistoryRow>[] = [];
  const latest = new Map<string, { row: Mutable<HistoryRow>; created: Moment }>();
  const seen = new Set<string>();
  const settledSeqs = new Map<string, number>();
  const attempts: { runId: string; from: number; to: number }[] = [];
  let runId = '1';
  let seq = 0;
  const settle = (now: number) => {
    for (const [index, { id, fate, settlesAfter, ...rest }] of list.entries()) {
      const row = latest.get(id)?.row;
      const isLatest = row?.record === index && row.version === versionText(rest.slot, String(rest.version));
      if (!isLatest || row.callbackState !== 'pending' || fate === null || index + settlesAfter > now)
        continue;
      seq += 1;
      settledSeqs.set(row.seq, seq);
      Object.assign(row, {
        callbackState: fate === 'due' || fate === 'fired by hand' ? 'fired' : 'cancelled',
        settledHow: fate,
        callbackSettled: moment(row.runId, Math.floor(now / 4)),
      });
    }
  };
  for (const [index, { id, slot, run, ...rest }] of list.entries()) {
    settle(index - 1);
    runId = String(run ?? runId);
    const version = versionText(slot, String(rest.version));
    if (seen.has(`${id} ${version}`)) continue;
    seen.add(`${id} ${version}`);
    const before = latest.get(id);
    const stale = before !== undefined && compareVersions(version, before.row.version) < 0;
    // Several arrive in the same millisecond, so that times tie.
    const at = Math.floor(index / 4);
    const arrived = moment(runId, at);
    seq += 1;
    const attempt = attempts.at(-1);
    if (attempt?.runId === runId) attempt.to = seq;
    else attempts.push({ runId, from: seq, to: seq });
    const row: Mutable<HistoryRow> = {
      seq: String(seq),
      runId,
      record: index,
      position: history.length,
      id,
      accountType: rest.accountType,
      version,
      tokens: String(rest.tokens),
      tokensChange: null,
      outcome: stale ? 'stale' : 'indexed',
      retracted: null,
      arrived,
      callbackTimeMs: rest.callbackTimeMs,
      callbackState: stale ? null : 'pending',
      callbackDue: stale ? null : moment(runId, at + rest.callbackTimeMs),
      callbackSettled: null,
      settledHow: null,
      supersededBy: null,
    };
    history.push(row);
    if (stale) continue;
    if (before && before.row.callbackState === 'pending') {
      settledSeqs.set(before.row.seq, seq);
      Object.assign(before.row, {
        callbackState: 'cancelled',
        settledHow: 'newer version',
        callbackSettled: arrived,
        supersededBy: version,
      });
    }
    latest.set(id, { row, created: before?.created ?? arrived });
  }
  settle(list.length);
  for (const row of history) row.tokensChange = changeOf(row, history);
  const accounts = [...latest.values()].map(
    ({ row, created }): AccountRow => ({
      id: row.id,
      accountType: row.accountType,
      tokens: row.tokens,
      version: row.version,
      callbackState: row.callbackState ?? 'pending',
      callbackDue: row.callbackDue ?? row.arrived,
      callbackSettled: row.callbackSettled,
      created,
      updated: row.arrived,
    }),
  );
  const runs = [...new Set(attempts.map((attempt) => attempt.runId))].map(
    (id): PlainRun => ({
      runId: id,
      clock: clockOf(id),
      attempts: attempts
        .filter((attempt) => attempt.runId === id)
        .map(({ from, to }) => [String(from), String(to)] as const),
    }),
  );
  return { history, accounts, settledSeqs, runs };
}

/** The same as it was after what has this number. */
export function plainAsOf(data: PlainData, asOf: number): PlainData {
  const history = data.history
    .filter(({ seq }) => Number(seq) <= asOf)
    .map((row): HistoryRow => {
      if (row.outcome === 'stale' || (data.settledSeqs.get(row.seq) ?? 0) <= asOf) return row;
      return {
        ...row,
        callbackState: 'pending',
        callbackSettled: null,
        settledHow: null,
        supersededBy: null,
      };
    });
  const accounts = new Map<string, AccountRow>();
  for (const row of history) {
    if (row.outcome === 'stale') continue;
    accounts.set(row.id, {
      id: row.id,
      accountType: row.accountType,
      tokens: row.tokens,
      version: row.version,
      callbackState: row.callbackState ?? 'pending',
      callbackDue: row.callbackDue ?? row.arrived,
      callbackSettled: row.callbackSettled,
      created: accounts.get(row.id)?.created ?? row.arrived,
      updated: row.arrived,
    });
  }
  return { ...data, history, accounts: [...accounts.values()] };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function changeOf(row: HistoryRow, history: readonly HistoryRow[]): string | null {
  if (row.outcome === 'stale') return null;
  const lower = history
    .filter(
      (other) =>
        other.id === row.id && other.outcome === 'indexed' && compareVersions(other.version, row.version) < 0,
    )
    .sort((a, b) => compareVersions(b.version, a.version))[0];
  return lower ? String(BigInt(row.tokens) - BigInt(lower.tokens)) : null;
}

const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byU64 = (a: string, b: string) => (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0);
const STATES: readonly (CallbackState | null)[] = ['pending', 'fired', 'cancelled'];

export function plainLeaders(data: PlainData, accountType: string): readonly TiedLeader[] {
  const ofType = data.accounts.filter((row) => row.accountType === accountType);
  return ofType
    .filter(({ tokens }) => ofType.every((other) => BigInt(other.tokens) <= BigInt(tokens)))
    .map(({ id, tokens, version }) => ({ id, tokens, version }))
    .sort((a, b) => byText(a.id, b.id));
}

export function plainAccounts(
  data: PlainData,
  { sort, filter }: Pick<AccountsQuery, 'sort' | 'filter'>,
): readonly AccountRow[] {
  const inOrder: Record<typeof sort.by, (a: AccountRow, b: AccountRow) => number> = {
    id: () => 0,
    accountType: (a, b) => byText(a.accountType, b.accountType) || byU64(b.tokens, a.tokens),
    tokens: (a, b) => byU64(a.tokens, b.tokens),
    version: (a, b) => compareVersions(a.version, b.version),
    callback: (a, b) => STATES.indexOf(a.callbackState) - STATES.indexOf(b.callbackState),
    updatedAt: (a, b) => seqOf(a) - seqOf(b),
  };
  const updateOf = ({ id, version }: AccountRow) =>
    data.history.find((row) => row.id === id && row.version === version);
  const seqOf = (row: AccountRow) => Number(updateOf(row)?.seq);
  const sign = sort.direction === 'asc' ? 1 : -1;
  return data.accounts
    .filter(
      (row) =>
        letsUpdate(row, filter, row.updated) &&
        lets(filter.callbackStates, row.callbackState) &&
        (filter.runId === undefined || filter.runId === row.updated.runId) &&
        meets(updateOf(row), filter.data),
    )
    .sort((a, b) => sign * (inOrder[sort.by](a, b) || byText(a.id, b.id)));
}

export function plainHistory(
  data: PlainData,
  { direction, filter }: Pick<HistoryQuery, 'direction' | 'filter'>,
): readonly HistoryRow[] {
  const rows = data.history.filter(
    (row) =>
      letsUpdate(row, filter, row.arrived) &&
      letsVersion(row, filter) &&
      lets(filter.outcomes, row.outcome) &&
      lets(filter.callbackStates, row.callbackState),
  );
  return direction === 'asc' ? rows : rows.toReversed();
}

export function plainCallbacks(
  data: PlainData,
  { state, direction, filter = {} }: Omit<CallbacksQuery, 'window'>,
): readonly HistoryRow[] {
  const rows = data.history.filter(
    (row) =>
      row.callbackState === state &&
      letsUpdate(row, filter, row.callbackSettled ?? row.callbackDue) &&
      letsVersion(row, filter),
  );
  if (state !== 'pending') {
    const when = ({ seq }: HistoryRow) => data.settledSeqs.get(seq) ?? 0;
    return rows.sort((a, b) => (direction === 'asc' ? when(a) - when(b) : when(b) - when(a)));
  }
  const due = ({ callbackDue }: HistoryRow) => callbackDue?.at ?? 0;
  const wall = ({ callbackDue }: HistoryRow) => callbackDue?.wallMs ?? null;
  const isFrozen = (row: HistoryRow) => Number(wall(row) === null);
  rows.sort(
    (a, b) =>
      isFrozen(a) - isFrozen(b) ||
      (isFrozen(a) ? due(a) - due(b) : (wall(a) ?? 0) - (wall(b) ?? 0)) ||
      Number(a.seq) - Number(b.seq),
  );
  return direction === 'desc' ? rows.toReversed() : rows;
}

/** What a row of any table can be filtered by. */
function letsUpdate(
  row: Pick<HistoryRow, 'id' | 'accountType' | 'tokens' | 'version'>,
  filter: AccountsQuery['filter'],
  at: Moment | null,
): boolean {
  const { versionFrom, versionTo, exceptIds, exceptTypes } = filter;
  const during = filter.during === undefined ? null : parseDuring(filter.during);
  return (
    row.id.startsWith(filter.idPrefix ?? '') &&
    !exceptIds?.includes(row.id) &&
    lets(filter.accountTypes, row.accountType) &&
    !exceptTypes?.includes(row.accountType) &&
    within(row.tokens, filter.tokensFrom, filter.tokensTo) &&
    (versionFrom === undefined || compareVersions(row.version, versionFrom) >= 0) &&
    (versionTo === undefined || compareVersions(row.version, versionTo) <= 0) &&
    (during === null ||
      (at !== null && at.runId === during.runId && at.at >= during.fromMs && at.at <= during.toMs))
  );
}

/** What only an update and its callback can be filtered by. */
function letsVersion(row: HistoryRow, filter: HistoryQuery['filter']): boolean {
  const { runId, changeFrom, changeTo, lateFrom, data } = filter;
  const change = row.tokensChange;
  const late =
    row.settledHow === 'due' && row.callbackSettled && row.callbackDue
      ? row.callbackSettled.at - row.callbackDue.at
      : Number.NEGATIVE_INFINITY;
  return (
    (runId === undefined || runId === row.runId) &&
    ((changeFrom === undefined && changeTo === undefined) ||
      (change !== null && within(change, changeFrom, changeTo))) &&
    (lateFrom === undefined || late >= Number(lateFrom)) &&
    meets(row, data)
  );
}

/** The JSON of an update, as the database prints it. */
export const jsonOf = ({ record, accountType }: Pick<HistoryRow, 'record' | 'accountType'>): string =>
  `{"n": ${record}, "kind": "${accountType}", "list": [${record % 3}]}`;

/** Of every other update. */
export const decodedOf = ({ record }: Pick<HistoryRow, 'record'>): string | null =>
  record % 2 === 0 ? `{"type": "mint", "fields": {"n": ${record}}}` : null;

/** What the tests filter JSON by. */
const DATA_TESTS: Readonly<Record<string, (row: Pick<HistoryRow, 'record' | 'accountType'>) => boolean>> = {
  'n>=7': ({ record }) => record >= 7,
  'n<3': ({ record }) => record < 3,
  'n=4': ({ record }) => record === 4,
  'kind="mint"': ({ accountType }) => accountType === 'mint',
  'kind!="mint"': ({ accountType }) => accountType !== 'mint',
  'kind^="E"': ({ accountType }) => accountType.startsWith('E'),
  'list=1': ({ record }) => record % 3 === 1,
  'list[0]>0': ({ record }) => record % 3 > 0,
  kind: () => true,
  'kind.none': () => false,
  'n="4"': () => false,
  decoded: ({ record }) => record % 2 === 0,
  'decoded.fields.n>=7': ({ record }) => record % 2 === 0 && record >= 7,
};

const meets = (row: HistoryRow | undefined, tests: readonly string[] = []) =>
  row !== undefined && tests.every((test) => DATA_TESTS[test]?.(row));

/** What the engine would know. */
export function plainPending(data: PlainData): PendingCallbacks {
  const waiting = data.history.filter(({ callbackState }) => callbackState === 'pending');
  return {
    count: () => waiting.length,
    earliestMs: () => null,
    each: (visit) => {
      for (const { seq, runId, callbackDue } of waiting) {
        visit(BigInt(seq), callbackDue?.wallMs ?? Number.POSITIVE_INFINITY, callbackDue?.at ?? 0, runId);
      }
    },
  };
}

export function plainVersions(data: PlainData, id: string): readonly HistoryRow[] {
  return data.history.filter((row) => row.id === id).sort((a, b) => compareVersions(b.version, a.version));
}

function lets<T>(wanted: readonly T[] | undefined, value: T | null): boolean {
  return !wanted || wanted.length === 0 || wanted.some((one) => one === value);
}

function within(value: string, from: string | undefined, to: string | undefined): boolean {
  return (
    (from === undefined || BigInt(value) >= BigInt(from)) && (to === undefined || BigInt(value) <= BigInt(to))
  );
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const idPrefix = maybe(fc.constantFrom('', 'x', 'x1', 'xz', 'y', 'x\u{10ffff}', 'xé'));
const accountTypes = maybe(fc.uniqueArray(fc.constantFrom(...TYPES, 'no such type'), { maxLength: 3 }));
const callbackStates = maybe(
  fc.uniqueArray(fc.constantFrom<CallbackState>('pending', 'fired', 'cancelled'), { maxLength: 3 }),
);
const bound = maybe(u64.map(String));
const versionBound = maybe(
  fc.tuple(fc.constantFrom('0', '7'), u64).map(([slot, version]) => versionText(slot, String(version))),
);

const milliseconds = fc.integer({ min: 0, max: 14 });
const commonFilters = {
  exceptIds: fc.uniqueArray(fc.constantFrom(...IDS), { maxLength: 4 }),
  exceptTypes: fc.uniqueArray(fc.constantFrom(...TYPES), { maxLength: 2 }),
  runId: fc.constantFrom('1', '2', '9'),
  during: fc
    .tuple(fc.constantFrom('1', '2'), milliseconds, milliseconds)
    .map(([runId, one, other]) => `${runId}@${Math.min(one, other)}ms-${Math.max(one, other)}ms`),
  data: fc.uniqueArray(fc.constantFrom(...Object.keys(DATA_TESTS)), { minLength: 1, maxLength: 2 }),
  tokensFrom: u64.map(String),
  tokensTo: u64.map(String),
};
const updateFilters = {
  ...commonFilters,
  changeFrom: fc.constantFrom('-3', '0', '1', String(-MAX_U64)),
  changeTo: fc.constantFrom('-1', '0', '5'),
  lateFrom: fc.constantFrom('0', '1', '3'),
};
/** One of these filters more, or none: all at once, and hardly a row would match. */
function withOneOf<Filter extends object, More extends object>(
  filter: fc.Arbitrary<Filter>,
  more: { readonly [Name in keyof More]: fc.Arbitrary<More[Name]> },
): fc.Arbitrary<Filter & Partial<More>> {
  const each = Object.entries(more).map(([name, value]) =>
    (value as fc.Arbitrary<unknown>).map((given) => ({ [name]: given }) as Partial<More>),
  );
  const one = fc.oneof(fc.constant<Partial<More>>({}), ...each);
  return fc.tuple(filter, one).map(([base, added]) => ({ ...base, ...added }));
}

export const accountsQueries = fc.record({
  sort: fc.record({
    by: fc.constantFrom('id', 'accountType', 'tokens', 'version', 'callback', 'updatedAt'),
    direction: fc.constantFrom('asc', 'desc'),
  }),
  filter: withOneOf(
    fc.record({
      idPrefix,
      accountTypes,
      callbackStates,
      tokensFrom: bound,
      tokensTo: bound,
      versionFrom: versionBound,
      versionTo: versionBound,
    }),
    commonFilters,
  ),
});

export const historyQueries = fc.record({
  direction: fc.constantFrom('asc', 'desc'),
  filter: withOneOf(
    fc.record({
      idPrefix,
      accountTypes,
      callbackStates,
      outcomes: maybe(
        fc.uniqueArray(fc.constantFrom('indexed', 'stale', 'duplicate', 'conflict', 'rejected'), {
          maxLength: 3,
        }),
      ),
      runId: maybe(fc.constantFrom('1', '2', '9')),
    }),
    updateFilters,
  ),
});

export const callbacksQueries = fc.record({
  state: fc.constantFrom<CallbackState>('pending', 'fired', 'cancelled'),
  direction: maybe(fc.constantFrom('asc', 'desc')),
  filter: withOneOf(fc.record({ idPrefix, accountTypes }), updateFilters),
});
