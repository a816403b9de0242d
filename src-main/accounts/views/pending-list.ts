import type { VersionText } from '../../../src-shared/update';
import type { PendingCallbacks } from '../../callbacks/known-run';
import type { Queryable } from '../../database/database';
import type { Clock } from '../../time/clock';
import type { SelectAccounts } from '../as-of/select-accounts';
import type { StateAt } from '../as-of/state-columns';
import type { Beside } from './row-set';

export interface PendingListDeps {
  readonly pending: PendingCallbacks;
  readonly clock: Clock;
  readonly generation: () => number;
}

/** `due`: by wall time, then those of stopped clocks by their own time. `arrival`: by number. */
export type PendingOrder = 'due' | 'arrival';

/**
 * Pending callbacks in an order, from the engine's memory, because no index has it. The keys of `due` are wall time, due time if
 * the clock is stopped (else 0) and number; that of `arrival` is the number.
 */
export interface PendingList {
  count(): Promise<number>;
  /** The keys of at most `limit` of them beside a place. */
  beside(order: PendingOrder, beside: Beside, limit: number): Promise<readonly (readonly string[])[]>;
  /** The keys of one near a fraction of them; null if none is pending. */
  at(order: PendingOrder, fraction: number): Promise<readonly string[] | null>;
}

/** What the rows of accounts and of the history are found by. */
export interface RowsDeps {
  /** Rows numbered up to it are there; null: all are. */
  readonly asOf: string | null;
  /** The highest version that counts; null: there is no limit. With one, `asOf` is not null. */
  readonly cut: VersionText | null;
  readonly database: Queryable;
  /** The accounts as of that number, which is not null, and that version. Each call of the answer brings the columns to it. */
  readonly states: () => Promise<() => StateAt>;
  readonly select: SelectAccounts;
  readonly pending: PendingList;
  /** Limit for one statement of a search, in rows of the order. */
  readonly scanRows: number;
}

/** While callbacks change, a copy is used for this many times the time it took: a million take some 50 ms. */
const REST_FACTOR = 19;
/** How many are sorted to find a fraction. */
const SAMPLE = 4_096;

interface Copy {
  readonly generation: number;
  readonly restsUntilMs: number;
  readonly size: number;
  // Unordered. The last place is for the keys to compare with.
  readonly walls: Float64Array;
  readonly dues: Float64Array;
  readonly seqs: BigInt64Array;
}

export function createPendingList({ pending, clock, generation }: PendingListDeps): PendingList {
  let kept: Copy | null = null;

  const copy = (): Copy => {
    const beganMs = clock.monotonicMs();
    if (kept && (kept.generation === generation() || beganMs < kept.restsUntilMs)) return kept;
    const size = pending.count();
    const walls = new Float64Array(size + 1);
    const dues = new Float64Array(size + 1);
    const seqs = new BigInt64Array(size + 1);
    let place = 0;
    pending.each((seq, wallMs, dueMs) => {
      walls[place] = wallMs;
      dues[place] = wallMs === Number.POSITIVE_INFINITY ? dueMs : 0;
      seqs[place] = seq;
      place += 1;
    });
    const endedMs = clock.monotonicMs();
    const restsUntilMs = endedMs + (endedMs - beganMs) * REST_FACTOR;
    kept = { generation: generation(), restsUntilMs, size, walls, dues, seqs };
    return kept;
  };

  return {
    count: async () => pending.count(),
    async beside(order, { place: from, inclusive, backward }, limit) {
      const list = copy();
      const { size } = list;
      if (from) {
        const [wall, due] = from.keys.map(Number);
        list.walls[size] = wall ?? 0;
        list.dues[size] = due ?? 0;
        list.seqs[size] = BigInt(from.keys.at(-1) ?? 0);
      }
      const compare = comparing(list, order, backward ? -1 : 1);
      let held: number[] = [];
      let last: number | undefined;
      // One pass that never holds more than twice as many.
      for (let place = 0; place < size; place += 1) {
        const apart = from ? compare(place, size) : 1;
        if (apart < 0 || (apart === 0 && !inclusive)) continue;
        if (last !== undefined && compare(place, last) > 0) continue;
        held.push(place);
        if (held.length < 2 * limit) continue;
        held = held.sort(compare).slice(0, limit);
        last = held.at(-1);
      }
      return held.sort(compare).slice(0, limit).map(keysOf(list, order));
    },
    async at(order, fraction) {
      const list = copy();
      const step = Math.max(1, Math.ceil(list.size / SAMPLE));
      const sample = Array.from({ length: Math.ceil(list.size / step) }, (_, at) => at * step);
      sample.sort(comparing(list, order));
      const place = sample[Math.min(sample.length - 1, Math.floor(fraction * sample.length))];
      return place === undefined ? null : keysOf(list, order)(place);
    },
  };
}

const bySeq = (a = 0n, b = 0n) => (a < b ? -1 : a > b ? 1 : 0);
/** Not by subtraction: the difference of two infinities is NaN. */
const byNumber = (a = 0, b = 0) => (a < b ? -1 : a > b ? 1 : 0);

function comparing({ walls, dues, seqs }: Copy, order: PendingOrder, sign = 1) {
  if (order === 'arrival') return (a: number, b: number) => sign * bySeq(seqs[a], seqs[b]);
  return (a: number, b: number) =>
    sign * (byNumber(walls[a], walls[b]) || byNumber(dues[a], dues[b]) || bySeq(seqs[a], seqs[b]));
}

const keysOf =
  ({ walls, dues, seqs }: Copy, order: PendingOrder) =>
  (place: number) =>
    (order === 'due' ? [walls, dues, seqs] : [seqs]).map((column) => String(column[place]));
