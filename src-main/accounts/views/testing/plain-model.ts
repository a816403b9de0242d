import fc from 'fast-check';
import type { CallbackState } from '../../../../src-shared/update';
import type {
  AccountRow,
  AccountsQuery,
  CallbacksQuery,
  HistoryQuery,
  HistoryRow,
  TiedLeader,
} from '../../../../src-shared/views';

/**
 * The views over plain arrays: what the keyset windows must come to. Everything is sorted, filtered and
 * sliced in memory, by the words of the contract.
 */

const MAX_U64 = 2n ** 64n - 1n;
export const IDS = ['', '1', '1a', '1b', '2', 'Z', 'a', 'é', 'ffi', '𝕏', 'zz'].map((text) => `x${text}`);
export const TYPES = ['account', 'Escrow', 'mint', 'é'];

const u64 = fc.oneof(fc.bigInt(0n, 4n), fc.bigInt(MAX_U64 - 4n, MAX_U64), fc.bigInt(0n, MAX_U64));

/** One thing that happened, before it is known what it did. */
const arrival = fc.record({
  id: fc.constantFrom(...IDS),
  accountType: fc.constantFrom(...TYPES),
  version: u64,
  tokens: u64,
  callbackTimeMs: fc.integer({ min: 0, max: 3 }),
  /** What becomes of its callback, if it has one. */
  fate: fc.constantFrom('pending', 'fired', 'cancelled'),
  newRun: fc.boolean(),
});
export const arrivals = fc.array(arrival, { maxLength: 80 });
export type Arrival = typeof arrival extends fc.Arbitrary<infer Value> ? Value : never;

export interface PlainData {
  readonly history: readonly HistoryRow[];
  readonly accounts: readonly AccountRow[];
}

const START_MS = 1_800_000_000_000;

export function plainData(list: readonly Arrival[]): PlainData {
  const history: Mutable<HistoryRow>[] = [];
  const latest = new Map<string, { row: Mutable<HistoryRow>; createdAtMs: number }>();
  const seen = new Set<string>();
  let run = 1;
  for (const [index, { id, version, fate, ...rest }] of list.entries()) {
    if (rest.newRun) run += 1;
    if (seen.has(`${id} ${version}`)) continue;
    seen.add(`${id} ${version}`);
    const before = latest.get(id);
    const stale = before !== undefined && version < BigInt(before.row.version);
    // Several arrive in the same millisecond, so that times tie.
    const ingestedAtMs = START_MS + Math.floor(index / 4);
    const dueAtMs = ingestedAtMs + rest.callbackTimeMs;
    const row: Mutable<HistoryRow> = {
      seq: String(history.length + 1),
      runId: String(run),
      record: index,
      id,
      accountType: rest.accountType,
      version: String(version),
      tokens: String(rest.tokens),
      tokensChange: null,
      outcome: stale ? 'stale' : 'indexed',
      ingestedAtMs,
      callbackTimeMs: rest.callbackTimeMs,
      callbackState: stale ? null : fate,
      callbackDueAtMs: stale ? null : dueAtMs,
      callbackSettledAtMs: stale || fate === 'pending' ? null : dueAtMs,
      supersededBy: null,
    };
    history.push(row);
    if (stale) continue;
    if (before && before.row.callbackState !== 'fired') {
      Object.assign(before.row, {
        callbackState: 'cancelled',
        callbackSettledAtMs: ingestedAtMs,
        supersededBy: row.version,
      });
    }
    latest.set(id, { row, createdAtMs: before?.createdAtMs ?? ingestedAtMs });
  }
  for (const row of history) row.tokensChange = changeOf(row, history);
  const accounts = [...latest.values()].map(
    ({ row, createdAtMs }): AccountRow => ({
      id: row.id,
      accountType: row.accountType,
      tokens: row.tokens,
      version: row.version,
      callbackState: row.callbackState ?? 'pending',
      callbackDueAtMs: row.callbackDueAtMs ?? 0,
      callbackSettledAtMs: row.callbackSettledAtMs,
      createdAtMs,
      updatedAtMs: row.ingestedAtMs,
    }),
  );
  return { history, accounts };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function changeOf(row: HistoryRow, history: readonly HistoryRow[]): string | null {
  if (row.outcome === 'stale') return null;
  const lower = history
    .filter(
      (other) =>
        other.id === row.id && other.outcome === 'indexed' && BigInt(other.version) < BigInt(row.version),
    )
    .sort((a, b) => (BigInt(a.version) < BigInt(b.version) ? 1 : -1))[0];
  return lower ? String(BigInt(row.tokens) - BigInt(lower.tokens)) : null;
}

const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byU64 = (a: string, b: string) => (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0);
const STATES: readonly (CallbackState | null)[] = ['pending', 'fired', 'cancelled'];

/** The accounts of a type that have the most tokens. */
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
    version: (a, b) => byU64(a.version, b.version),
    callback: (a, b) => STATES.indexOf(a.callbackState) - STATES.indexOf(b.callbackState),
    updatedAt: (a, b) => a.updatedAtMs - b.updatedAtMs,
  };
  const sign = sort.direction === 'asc' ? 1 : -1;
  return data.accounts
    .filter(
      (row) =>
        row.id.startsWith(filter.idPrefix ?? '') &&
        lets(filter.accountTypes, row.accountType) &&
        lets(filter.callbackStates, row.callbackState) &&
        within(row.tokens, filter.tokensFrom, filter.tokensTo) &&
        within(row.version, filter.versionFrom, filter.versionTo),
    )
    .sort((a, b) => sign * (inOrder[sort.by](a, b) || byText(a.id, b.id)));
}

export function plainHistory(
  data: PlainData,
  { direction, filter }: Pick<HistoryQuery, 'direction' | 'filter'>,
): readonly HistoryRow[] {
  const rows = data.history.filter(
    (row) =>
      row.id.startsWith(filter.idPrefix ?? '') &&
      lets(filter.accountTypes, row.accountType) &&
      lets(filter.outcomes, row.outcome) &&
      lets(filter.callbackStates, row.callbackState) &&
      (filter.runId === undefined || filter.runId === row.runId),
  );
  return direction === 'asc' ? rows : rows.toReversed();
}

export function plainCallbacks(
  data: PlainData,
  { state, idPrefix }: Pick<CallbacksQuery, 'state' | 'idPrefix'>,
): readonly HistoryRow[] {
  const sign = state === 'pending' ? 1 : -1;
  const when = (row: HistoryRow) =>
    (state === 'pending' ? row.callbackDueAtMs : row.callbackSettledAtMs) ?? Number.NaN;
  return data.history
    .filter((row) => row.callbackState === state && row.id.startsWith(idPrefix ?? ''))
    .sort((a, b) => sign * (when(a) - when(b) || Number(a.seq) - Number(b.seq)));
}

export function plainVersions(data: PlainData, id: string): readonly HistoryRow[] {
  return data.history.filter((row) => row.id === id).sort((a, b) => byU64(b.version, a.version));
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

export const accountsQueries = fc.record({
  sort: fc.record({
    by: fc.constantFrom('id', 'accountType', 'tokens', 'version', 'callback', 'updatedAt'),
    direction: fc.constantFrom('asc', 'desc'),
  }),
  filter: fc.record({
    idPrefix,
    accountTypes,
    callbackStates,
    tokensFrom: bound,
    tokensTo: bound,
    versionFrom: bound,
    versionTo: bound,
  }),
});

export const historyQueries = fc.record({
  direction: fc.constantFrom('asc', 'desc'),
  filter: fc.record({
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
});

export const callbacksQueries = fc.record({
  state: fc.constantFrom<CallbackState>('pending', 'fired', 'cancelled'),
  idPrefix,
});
