import { CALLBACK_STATES, slotOf, type VersionText, writeVersionOf } from '../../../src-shared/update';
import type { AccountsQuery } from '../../../src-shared/views';
import type { Clock } from '../../time/clock';
import type { Beside } from '../views/row-set';
import { compareBigints, compareIds, DIGITS, inSlices, sortByDigits } from './column-parts';
import type { Row, StateAt } from './state-columns';
import type { StateIndex } from './state-index';

type Compare = (a: Row, b: Row) => number;

/** The accounts of one instant under a filter, in an order. */
export interface SelectedAccounts {
  count(): Promise<number>;
  /** The numbers of at most `limit` latest updates beside a place, whose key is such a number. */
  beside(beside: Beside, limit: number): Promise<readonly (readonly string[])[]>;
  /** The key of the one at a fraction of them; null if there is none. */
  near(fraction: number): Promise<readonly string[] | null>;
}

/** The accounts of an instant, sorted once for all pages: those asked for last are kept. */
/** Updates of a run by their numbers: above `after`, at most `upTo`. */
export interface UpdateSpan {
  readonly runId: string;
  readonly after: string;
  readonly upTo: string;
}
/** What the columns know of an account. */
export type SelectFilter = Omit<AccountsQuery['filter'], 'during' | 'data'> & { readonly span?: UpdateSpan };

export type SelectAccounts = (
  asOf: bigint,
  sort: AccountsQuery['sort'],
  filter: SelectFilter,
  /** Accounts as of a place on the chain; null, or left out: their latest states. */
  cut?: VersionText | null,
) => Promise<SelectedAccounts>;

export interface SelectAccountsDeps {
  readonly index: StateIndex;
  readonly clock: Pick<Clock, 'breathe'>;
}

/** Four bytes an account. At least one is kept, however large. */
const KEPT_BYTES = 32 * 1024 * 1024;
const MOST_KEPT = 32;

interface Sorted {
  readonly state: StateAt;
  /** Ascending. */
  readonly rows: Uint32Array;
}

export function createSelectAccounts({ index, clock }: SelectAccountsDeps): SelectAccounts {
  /** By what was asked for, latest last. */
  const kept = new Map<string, { readonly sorted: Promise<Sorted>; bytes: number }>();
  const trim = () => {
    let bytes = [...kept.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of kept) {
      if (kept.size === 1 || (bytes <= KEPT_BYTES && kept.size <= MOST_KEPT)) return;
      kept.delete(key);
      bytes -= entry.bytes;
    }
  };

  return async (asOf, { by, direction }, filter, cut = null) => {
    const columns = await index.upTo(asOf);
    const key = JSON.stringify([columns.contentUpTo(asOf), cut, by, filter]);
    let entry = kept.get(key);
    if (entry) kept.delete(key);
    else {
      const stateAt = columns.atCut(asOf, cut, clock);
      const sorted = stateAt.then((state) => sortAccounts(state().keep(), by, filter, clock));
      const made = { sorted, bytes: 0 };
      made.sorted.then(
        ({ rows }) => {
          made.bytes = rows.byteLength;
          trim();
        },
        () => kept.get(key) === made && kept.delete(key),
      );
      entry = made;
    }
    kept.set(key, entry);
    const { sorted } = entry;
    return slicesOf(() => sorted, by, direction);
  };
}

/** The account of this id alone, if it existed. */
export async function selectAccount(state: StateAt, id: string): Promise<SelectedAccounts> {
  const row = state.find(id);
  const rows = Uint32Array.from(row === undefined ? [] : [row]);
  return slicesOf(async () => ({ state, rows }), 'id', 'asc');
}

function slicesOf(
  sorted: () => Promise<Sorted>,
  by: AccountsQuery['sort']['by'],
  direction: AccountsQuery['sort']['direction'],
): SelectedAccounts {
  return {
    count: async () => (await sorted()).rows.length,
    async beside({ place, inclusive, backward }, limit) {
      const { rows, state } = await sorted();
      const { columns } = state;
      const isUpward = (direction === 'asc') !== backward;
      let at = isUpward ? 0 : rows.length;
      if (place) {
        const from = columns.rowOf(BigInt(place.keys[0] ?? 0));
        at = countBelow(rows, from, comparing(state, by), isUpward !== inclusive);
      }
      const found = isUpward
        ? rows.subarray(at, at + limit)
        : rows.slice(Math.max(0, at - limit), at).reverse();
      return Array.from(found, (row) => [String(columns.seqOf(row))]);
    },
    async near(fraction) {
      const { rows, state } = await sorted();
      const at = Math.min(rows.length - 1, Math.floor(fraction * rows.length));
      const row = rows[direction === 'asc' ? at : rows.length - 1 - at];
      return row === undefined ? null : [String(state.columns.seqOf(row))];
    },
  };
}

/** How many of ascending `rows` come before `row`; with `orEqual`, it too. */
function countBelow(rows: Uint32Array, row: Row, compare: Compare, orEqual: boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const apart = compare(rows[middle] as number, row);
    if (apart < 0 || (orEqual && apart === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The accounts are at hand by id, so that what is sorted by numbers, without moving equal ones, needs no comparison of texts. */
async function sortAccounts(
  state: StateAt,
  by: AccountsQuery['sort']['by'],
  filter: SelectFilter,
  clock: Pick<Clock, 'breathe'>,
): Promise<Sorted> {
  const matches = matching(state, filter);
  const byId = state.columns.accountsById();
  const found = new Uint32Array(state.accounts);
  let count = 0;
  await inSlices(byId.length, clock, (at) => {
    const account = byId[at] as number;
    if (account >= state.accounts) return;
    const row = state.rowOf(account);
    if (row < 0 || !matches(row)) return;
    found[count] = row;
    count += 1;
  });
  const rows = await sortByDigits(found.slice(0, count), digitsOf(state, by), clock);
  return { state, rows };
}

/** What an order compares before the id, in digits of 16 bits, the least significant first. */
function digitsOf(state: StateAt, by: AccountsQuery['sort']['by']): readonly ((row: Row) => number)[] {
  const { columns } = state;
  const halvesOf = (numberOf: (row: Row) => number) => [
    (row: Row) => numberOf(row) & 0xffff,
    (row: Row) => numberOf(row) >>> 16,
  ];
  switch (by) {
    case 'id':
      return [];
    case 'callback':
      return [(row) => CALLBACK_STATES.indexOf(state.callbackStateOf(row))];
    case 'accountType': {
      const places = columns.placesOfTypes();
      return [
        ...columns.digitsOf('tokens').map((digitOf) => (row: Row) => DIGITS - 1 - digitOf(row)),
        ...halvesOf((row) => places[columns.typeNumberOf(row)] ?? 0),
      ];
    }
    case 'tokens':
      return columns.digitsOf('tokens');
    case 'version':
      return [...columns.digitsOf('versions'), ...columns.digitsOf('slots')];
    case 'updatedAt':
      return halvesOf((row) => row);
  }
}

function matching(state: StateAt, filter: SelectFilter): (row: Row) => boolean {
  const { columns } = state;
  const {
    idPrefix,
    exceptIds = [],
    accountTypes = [],
    exceptTypes = [],
    callbackStates = [],
    runId,
    span,
  } = filter;
  const { tokensFrom, tokensTo, versionFrom, versionTo } = filter;
  const tests: ((row: Row) => boolean)[] = [];
  if (accountTypes.length > 0) {
    const wanted = new Set(accountTypes.map((name) => columns.typeNumber(name)));
    tests.push((row) => wanted.has(columns.typeNumberOf(row)));
  }
  if (exceptTypes.length > 0) {
    const unwanted = new Set(exceptTypes.map((name) => columns.typeNumber(name)));
    tests.push((row) => !unwanted.has(columns.typeNumberOf(row)));
  }
  if (runId !== undefined) tests.push((row) => columns.runOf(row) === runId);
  if (span !== undefined) {
    const [after, most] = [BigInt(span.after), BigInt(span.upTo)];
    tests.push((row) => {
      const seq = columns.seqOf(row);
      return seq > after && seq <= most && columns.runOf(row) === span.runId;
    });
  }
  if (tokensFrom !== undefined) {
    const least = BigInt(tokensFrom);
    tests.push((row) => columns.tokensOf(row) >= least);
  }
  if (tokensTo !== undefined) {
    const most = BigInt(tokensTo);
    tests.push((row) => columns.tokensOf(row) <= most);
  }
  const compareTo = (version: string) => {
    const slot = BigInt(slotOf(version));
    const write = BigInt(writeVersionOf(version));
    return (row: Row) =>
      compareBigints(columns.slotOf(row), slot) || compareBigints(columns.versionOf(row), write);
  };
  if (versionFrom !== undefined) {
    const compare = compareTo(versionFrom);
    tests.push((row) => compare(row) >= 0);
  }
  if (versionTo !== undefined) {
    const compare = compareTo(versionTo);
    tests.push((row) => compare(row) <= 0);
  }
  if (exceptIds.length > 0) tests.push((row) => !exceptIds.includes(columns.idOf(row)));
  if (idPrefix) tests.push((row) => columns.idOf(row).startsWith(idPrefix));
  if (callbackStates.length > 0) tests.push((row) => callbackStates.includes(state.callbackStateOf(row)));
  return (row) => tests.every((test) => test(row));
}

function comparing(state: StateAt, by: AccountsQuery['sort']['by']): Compare {
  const { columns } = state;
  const byId: Compare = (a, b) => compareIds(columns.idOf(a), columns.idOf(b));
  const byTokens: Compare = (a, b) => compareBigints(columns.tokensOf(a), columns.tokensOf(b));
  switch (by) {
    case 'id':
      return byId;
    case 'callback': {
      const place = (row: Row) => CALLBACK_STATES.indexOf(state.callbackStateOf(row));
      return (a, b) => place(a) - place(b) || byId(a, b);
    }
    case 'accountType':
      return (a, b) => compareIds(columns.typeOf(a), columns.typeOf(b)) || byTokens(b, a) || byId(a, b);
    case 'tokens':
      return (a, b) => byTokens(a, b) || byId(a, b);
    case 'version':
      return (a, b) =>
        compareBigints(columns.slotOf(a), columns.slotOf(b)) ||
        compareBigints(columns.versionOf(a), columns.versionOf(b)) ||
        byId(a, b);
    case 'updatedAt':
      return (a, b) => a - b;
  }
}
