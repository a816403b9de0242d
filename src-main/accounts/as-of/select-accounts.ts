import { CALLBACK_STATES, slotOf, writeVersionOf } from '../../../src-shared/update';
import type { AccountsQuery } from '../../../src-shared/views';
import type { Beside } from '../views/row-set';
import type { Row, StateAt } from './state-columns';

type Compare = (a: Row, b: Row) => number;

/** The accounts of one instant under a filter, in an order. Each answer goes once through all accounts. */
export interface SelectedAccounts {
  count(): number;
  /** The numbers of at most `limit` latest updates beside a place, whose key is such a number. */
  beside(beside: Beside, limit: number): readonly (readonly string[])[];
  /** The key of one near a fraction of them; null if there is none. */
  near(fraction: number): readonly string[] | null;
}

/** How many are sorted to find a fraction. */
const SAMPLE = 4_096;

/**
 * @param stateAt Called for each answer: the columns hold one instant at a time.
 * @param only The account of this id, if it existed; omitted: all.
 */
export function selectAccounts(
  stateAt: () => StateAt,
  { by, direction }: AccountsQuery['sort'],
  filter: AccountsQuery['filter'],
  only?: string,
): SelectedAccounts {
  const passes = (state: StateAt, visit: (row: Row) => void) => {
    if (only !== undefined) {
      const row = state.find(only);
      if (row !== undefined) visit(row);
      return;
    }
    const matches = matching(state, filter);
    for (let account = 0; account < state.accounts; account += 1) {
      const row = state.rowOf(account);
      if (matches(row)) visit(row);
    }
  };
  const keyOf = (state: StateAt) => (row: Row) => [String(state.columns.seqOf(row))];
  const ordered = (state: StateAt, backward = false): Compare => {
    const compare = comparing(state, by);
    return (direction === 'desc') === backward ? compare : (a, b) => compare(b, a);
  };

  return {
    count() {
      let count = 0;
      passes(stateAt(), () => {
        count += 1;
      });
      return count;
    },
    beside({ place, inclusive, backward }, limit) {
      const state = stateAt();
      const compare = ordered(state, backward);
      const from = place ? state.columns.rowOf(BigInt(place.keys[0] ?? 0)) : null;
      let held: Row[] = [];
      let last: Row | undefined;
      // One pass that never holds more than twice as many.
      passes(state, (row) => {
        if (from !== null) {
          const apart = compare(row, from);
          if (apart < 0 || (apart === 0 && !inclusive)) return;
        }
        if (last !== undefined && compare(row, last) > 0) return;
        held.push(row);
        if (held.length < 2 * limit) return;
        held = held.sort(compare).slice(0, limit);
        last = held.at(-1);
      });
      return held.sort(compare).slice(0, limit).map(keyOf(state));
    },
    near(fraction) {
      const state = stateAt();
      let seen = 0;
      let step = 1;
      let sample: Row[] = [];
      passes(state, (row) => {
        if (seen % step === 0) sample.push(row);
        seen += 1;
        if (sample.length < 2 * SAMPLE) return;
        sample = sample.filter((_, at) => at % 2 === 0);
        step *= 2;
      });
      sample.sort(ordered(state));
      const row = sample[Math.min(sample.length - 1, Math.floor(fraction * sample.length))];
      return row === undefined ? null : keyOf(state)(row);
    },
  };
}

function matching(state: StateAt, filter: AccountsQuery['filter']): (row: Row) => boolean {
  const { columns } = state;
  const { idPrefix, accountTypes = [], callbackStates = [] } = filter;
  const { tokensFrom, tokensTo, versionFrom, versionTo } = filter;
  const tests: ((row: Row) => boolean)[] = [];
  if (accountTypes.length > 0) {
    const wanted = new Set(accountTypes.map((name) => columns.typeNumber(name)));
    tests.push((row) => wanted.has(columns.typeNumberOf(row)));
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
    return (row: Row) => byBigint(columns.slotOf(row), slot) || byBigint(columns.versionOf(row), write);
  };
  if (versionFrom !== undefined) {
    const compare = compareTo(versionFrom);
    tests.push((row) => compare(row) >= 0);
  }
  if (versionTo !== undefined) {
    const compare = compareTo(versionTo);
    tests.push((row) => compare(row) <= 0);
  }
  if (idPrefix) tests.push((row) => columns.idOf(row).startsWith(idPrefix));
  if (callbackStates.length > 0) tests.push((row) => callbackStates.includes(state.callbackStateOf(row)));
  return (row) => tests.every((test) => test(row));
}

function comparing(state: StateAt, by: AccountsQuery['sort']['by']): Compare {
  const { columns } = state;
  const byId: Compare = (a, b) => compareIds(columns.idOf(a), columns.idOf(b));
  const byTokens: Compare = (a, b) => byBigint(columns.tokensOf(a), columns.tokensOf(b));
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
        byBigint(columns.slotOf(a), columns.slotOf(b)) ||
        byBigint(columns.versionOf(a), columns.versionOf(b)) ||
        byId(a, b);
    case 'updatedAt':
      return (a, b) => a - b;
  }
}

export const byBigint = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

const HAS_SURROGATE = /[\ud800-\udfff]/;

/** By code point, as the database orders them; JavaScript compares UTF-16 units, which differ only with surrogates. */
export function compareIds(a: string, b: string): number {
  if (a === b) return 0;
  if (!HAS_SURROGATE.test(a) && !HAS_SURROGATE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
