import { CALLBACK_FATES, type CallbackFate } from '../../../src-shared/compare';
import type { Beside } from '../views/row-set';
import type { Row, StateAt, StateColumns } from './state-columns';

const NONE = -1;

/** Of one thing its row on each side; null: it is not there. */
export type Pair = readonly [from: Row | null, to: Row | null];

/** What differs, in the order of arrival: first what is on the side `from`, then what is only on the other. */
export interface Differences {
  readonly count: number;
  /** The keys of at most `limit` of them beside a place: the numbers of both rows, empty where there is none. */
  beside(beside: Beside, limit: number): readonly (readonly string[])[];
  /** The keys of one near a fraction of them; null if there is none. */
  near(fraction: number): readonly string[] | null;
}

export interface ComparedStates {
  readonly accounts: Differences;
  /** @param from The fates on each side; empty: all. */
  callbacks(from: readonly CallbackFate[], to: readonly CallbackFate[]): Differences;
  readonly fates: readonly {
    readonly from: CallbackFate;
    readonly to: CallbackFate;
    readonly count: number;
  }[];
  /** Of the update with this number; null: none. */
  fateFrom(seq: string | null): CallbackFate;
  fateTo(seq: string | null): CallbackFate;
}

/** Two instants of one order, in one pass over its updates. */
export function compareStates(columns: StateColumns, from: bigint, to: bigint): ComparedStates {
  const before = columns.at(from).keep();
  const after = columns.at(to).keep();
  const accounts: number[] = [];
  for (let account = 0; account < most(before.accounts, after.accounts); account += 1) {
    const [a, b] = [rowIn(before, account), rowIn(after, account)];
    if (a === b) continue;
    accounts.push(a);
    accounts.push(b);
  }
  const callbacks: number[] = [];
  const counts = new Map<string, number>();
  for (let row = 0; row < most(before.indexed, after.indexed); row += 1) {
    const [a, b] = [before.fateOf(row), after.fateOf(row)];
    if (a === b) continue;
    callbacks.push(a === 'none' ? NONE : row);
    callbacks.push(b === 'none' ? NONE : row);
    counts.set(`${a} ${b}`, (counts.get(`${a} ${b}`) ?? 0) + 1);
  }
  const placeOfAccount = ([a, b]: Pair) =>
    a === null ? before.accounts + columns.accountOf(b ?? 0) : columns.accountOf(a);
  const placeOfCallback = ([a, b]: Pair) => a ?? before.indexed + (b ?? 0);
  const listed = (pairs: readonly number[], order: (pair: Pair) => number) =>
    differences({ from: columns, to: columns, pairs: Int32Array.from(pairs), order });
  const numbered = (seq: string | null) => (seq === null ? NONE : columns.rowOf(BigInt(seq)));
  return {
    accounts: listed(accounts, placeOfAccount),
    callbacks(wantedFrom, wantedTo) {
      if (wantedFrom.length + wantedTo.length === 0) return listed(callbacks, placeOfCallback);
      const isWanted = (wanted: readonly CallbackFate[], fate: CallbackFate) =>
        wanted.length === 0 || wanted.includes(fate);
      const kept: number[] = [];
      for (let at = 0; at < callbacks.length; at += 2) {
        const [a = NONE, b = NONE] = [callbacks[at], callbacks[at + 1]];
        if (!isWanted(wantedFrom, before.fateOf(a)) || !isWanted(wantedTo, after.fateOf(b))) continue;
        kept.push(a);
        kept.push(b);
      }
      return listed(kept, placeOfCallback);
    },
    fates: CALLBACK_FATES.flatMap((a) =>
      CALLBACK_FATES.map((b) => ({ from: a, to: b, count: counts.get(`${a} ${b}`) ?? 0 })),
    ).filter(({ count }) => count > 0),
    fateFrom: (seq) => before.fateOf(numbered(seq)),
    fateTo: (seq) => after.fateOf(numbered(seq)),
  };
}

const most = (a: number, b: number) => (a > b ? a : b);
const rowIn = (state: StateAt, account: number) => (account < state.accounts ? state.rowOf(account) : NONE);

interface Listed {
  readonly from: StateColumns;
  readonly to: StateColumns;
  /** The rows of both sides in turn. */
  readonly pairs: Int32Array;
  /** Grows along the list. */
  readonly order: (pair: Pair) => number;
}

function differences({ from, to, pairs, order }: Listed): Differences {
  const count = pairs.length / 2;
  const rowAt = (index: number): Row | null => {
    const row = pairs[index] ?? NONE;
    return row < 0 ? null : row;
  };
  const pairAt = (index: number): Pair => [rowAt(2 * index), rowAt(2 * index + 1)];
  const keysAt = (index: number): readonly string[] => {
    const [a, b] = pairAt(index);
    return [a === null ? '' : String(from.seqOf(a)), b === null ? '' : String(to.seqOf(b))];
  };
  /** How many come before a place. */
  const countBefore = (place: number): number => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order(pairAt(middle)) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const rowOf = (columns: StateColumns, seq = '') => (seq === '' ? null : columns.rowOf(BigInt(seq)));
  return {
    count,
    beside({ place, inclusive, backward }, limit) {
      let start = backward ? count - 1 : 0;
      if (place) {
        const pair: Pair = [rowOf(from, place.keys[0]), rowOf(to, place.keys[1])];
        const at = countBefore(order(pair));
        const isThere = at < count && order(pairAt(at)) === order(pair);
        if (backward) start = isThere && inclusive ? at : at - 1;
        else start = isThere && !inclusive ? at + 1 : at;
      }
      const length = Math.max(0, Math.min(limit, backward ? start + 1 : count - start));
      return Array.from({ length }, (_, at) => keysAt(backward ? start - at : start + at));
    },
    near: (fraction) => (count === 0 ? null : keysAt(Math.min(count - 1, Math.floor(fraction * count)))),
  };
}
