import { CALLBACK_FATES, type CallbackFate } from '../../../src-shared/compare';
import type { Beside } from '../views/row-set';
import { compareBigints } from './column-parts';
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

/** An instant of one order of events. */
export interface ComparedInstant {
  readonly columns: StateColumns;
  /** Holds until the next call. */
  readonly stateAt: () => StateAt;
  /** Retention removed what was replaced by then; null: nothing. */
  readonly floor: bigint | null;
}

/**
 * Two instants, in one pass over the updates of both. Updates of two spaces are the same if id and version are. The callback of a version
 * that one of the spaces has removed, or would have, is not compared.
 */
export function compareStates(from: ComparedInstant, to: ComparedInstant): ComparedStates {
  const before = from.stateAt().keep();
  const after = to.stateAt().keep();
  const isOne = from.columns === to.columns;
  const pairing = isOne ? pairOwn(before, after) : pairById(before, after);
  const removals = isOne ? [] : [from, to].map(findRemoved);
  const accounts: number[] = [];
  const callbacks: number[] = [];
  const counts = new Map<string, number>();
  const compareAccount = (a: Row, b: Row) => {
    // One whose slots are all dead has no state.
    if (a < 0 || b < 0 ? a === b : pairing.isSame(a, b)) return;
    accounts.push(a);
    accounts.push(b);
  };
  const compareCallback = (a: Row, b: Row) => {
    const [was, is] = [before.fateOf(a), after.fateOf(b)];
    if (was === is) return;
    const [columns, row] = a === NONE ? [to.columns, b] : [from.columns, a];
    if (removals.some((isRemoved) => isRemoved(columns, row))) return;
    callbacks.push(a);
    callbacks.push(b);
    counts.set(`${was} ${is}`, (counts.get(`${was} ${is}`) ?? 0) + 1);
  };
  for (let account = 0; account < before.accounts; account += 1) {
    if (before.rowOf(account) < 0) continue;
    const other = pairing.accountOf(account);
    compareAccount(before.rowOf(account), other === NONE ? NONE : after.rowOf(other));
  }
  for (let account = 0; account < after.accounts; account += 1) {
    if (pairing.isNewAccount(account)) compareAccount(NONE, after.rowOf(account));
  }
  for (let row = 0; row < before.rows; row += 1) compareCallback(row, pairing.rowOf(row));
  for (let row = 0; row < after.rows; row += 1) if (pairing.isNew(row)) compareCallback(NONE, row);

  const placeOfAccount = ([a, b]: Pair) =>
    a === null ? before.accounts + to.columns.accountOf(b ?? 0) : from.columns.accountOf(a);
  const placeOfCallback = ([a, b]: Pair) => a ?? before.rows + (b ?? 0);
  const listed = (pairs: readonly number[], order: (pair: Pair) => number) =>
    differences({ from: from.columns, to: to.columns, pairs: Int32Array.from(pairs), order });
  const numbered = (columns: StateColumns, seq: string | null) =>
    seq === null ? NONE : columns.rowOf(BigInt(seq));
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
    fateFrom: (seq) => before.fateOf(numbered(from.columns, seq)),
    fateTo: (seq) => after.fateOf(numbered(to.columns, seq)),
  };
}

/** Whether a space keeps no such version: its floor lies above the one that replaced it. */
function findRemoved({ columns: own, floor }: ComparedInstant) {
  const kept = floor === null ? null : own.at(floor).keep();
  return (columns: StateColumns, row: Row): boolean => {
    const latest = kept?.find(columns.idOf(row));
    if (latest === undefined) return false;
    return (
      (compareBigints(columns.slotOf(row), own.slotOf(latest)) ||
        compareBigints(columns.versionOf(row), own.versionOf(latest))) < 0
    );
  };
}

/** Which of the one side is which of the other; `NONE`: it is not there. */
interface Pairing {
  readonly accountOf: (account: number) => number;
  readonly rowOf: (row: Row) => Row;
  /** Of the side `to`: not on the other. */
  readonly isNewAccount: (account: number) => boolean;
  readonly isNew: (row: Row) => boolean;
  readonly isSame: (from: Row, to: Row) => boolean;
}

const pairOwn = (before: StateAt, after: StateAt): Pairing => ({
  accountOf: (account) => (account < after.accounts ? account : NONE),
  rowOf: (row) => (row < after.rows ? row : NONE),
  isNewAccount: (account) => account >= before.accounts || before.rowOf(account) < 0,
  isNew: (row) => row >= before.rows,
  isSame: (from, to) => from === to,
});

function pairById(before: StateAt, after: StateAt): Pairing {
  const [from, to] = [before.columns, after.columns];
  const accounts = new Int32Array(before.accounts).fill(NONE);
  const rows = new Int32Array(before.rows).fill(NONE);
  const known = new Uint8Array(after.accounts);
  const taken = new Uint8Array(after.rows);
  const apart = (a: Row, b: Row) =>
    compareBigints(from.slotOf(a), to.slotOf(b)) || compareBigints(from.versionOf(a), to.versionOf(b));
  for (let account = 0; account < before.accounts; account += 1) {
    const made = before.madeBy(account);
    if (made < 0) continue;
    const other = to.accountNumber(from.idOf(made));
    if (other === undefined || other >= after.accounts) continue;
    accounts[account] = other;
    if (before.rowOf(account) >= 0) known[other] = 1;
    const [ours, theirs] = [from.versionsUntil(made), to.versionsUntil(after.madeBy(other))];
    for (let [x, y] = [0, 0]; ; ) {
      const [a, b] = [ours[x], theirs[y]];
      if (a === undefined || b === undefined) break;
      const order = apart(a, b);
      if (order === 0) {
        rows[a] = b;
        taken[b] = 1;
      }
      if (order >= 0) x += 1;
      if (order <= 0) y += 1;
    }
  }
  return {
    accountOf: (account) => accounts[account] ?? NONE,
    rowOf: (row) => rows[row] ?? NONE,
    isNewAccount: (account) => known[account] === 0,
    isNew: (row) => taken[row] === 0,
    isSame: (a, b) =>
      apart(a, b) === 0 && from.tokensOf(a) === to.tokensOf(b) && from.typeOf(a) === to.typeOf(b),
  };
}

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
