import type { PendingCallbacks } from '../../callbacks/pending';
import type { Clock } from '../../engine/clock';
import type { Beside } from './window-sql';

export interface PendingListDeps {
  readonly pending: PendingCallbacks;
  readonly clock: Clock;
  readonly generation: () => number;
}

/** `due`: by wall time, those of clocks that stand still last, by their own time. `arrival`: by number. */
export type PendingOrder = 'due' | 'arrival';

/**
 * The callbacks that wait, in an order, out of the engine's memory: no index has it. The keys of `due` are wall time, due
 * time of one that stands still (else 0) and number; that of `arrival` is the number.
 */
export interface PendingList {
  count(): number;
  beside(order: PendingOrder, beside: Beside, limit: number): readonly (readonly string[])[];
  /** About the place at a fraction of them; null if none waits. */
  at(order: PendingOrder, fraction: number): readonly string[] | null;
  /** All numbers. */
  seqs(): readonly bigint[];
}

/** While callbacks change, a copy serves for this many times what it took to make: a million take some 50 ms. */
const REST_FACTOR = 19;
/** Entries of which the place at a fraction is told. */
const SAMPLE = 4_096;

interface Copy {
  readonly generation: number;
  readonly until: number;
  readonly size: number;
  readonly walls: Float64Array;
  readonly dues: Float64Array;
  readonly seqs: BigInt64Array;
}

export function createPendingList({ pending, clock, generation }: PendingListDeps): PendingList {
  let kept: Copy | null = null;

  const copy = (): Copy => {
    if (kept && (kept.generation === generation() || clock.monotonicMs() < kept.until)) return kept;
    const before = clock.monotonicMs();
    const room = pending.count();
    const walls = new Float64Array(room);
    const dues = new Float64Array(room);
    const seqs = new BigInt64Array(room);
    let size = 0;
    pending.each((seq, wallMs, dueMs) => {
      walls[size] = wallMs;
      dues[size] = wallMs === Number.POSITIVE_INFINITY ? dueMs : 0;
      seqs[size] = seq;
      size += 1;
    });
    const after = clock.monotonicMs();
    kept = {
      generation: generation(),
      until: after + (after - before) * REST_FACTOR,
      size: Math.min(size, room),
      walls,
      dues,
      seqs,
    };
    return kept;
  };

  return {
    count: () => pending.count(),
    seqs: () => {
      const { seqs, size } = copy();
      return [...seqs.subarray(0, size)];
    },
    beside(order, { beside, inclusive, backward }, limit) {
      const from = copy();
      const compare = comparing(from, order);
      const sign = backward ? -1 : 1;
      const isBeside = besideKeys(from, order, beside?.keys ?? null, inclusive, sign);
      return nearest(from.size, limit, isBeside, (a, b) => sign * compare(a, b)).map(keysOf(from, order));
    },
    at(order, fraction) {
      const from = copy();
      const step = Math.max(1, Math.ceil(from.size / SAMPLE));
      const sample: number[] = [];
      for (let place = 0; place < from.size; place += step) sample.push(place);
      sample.sort(comparing(from, order));
      const place = sample[Math.min(sample.length - 1, Math.floor(fraction * sample.length))];
      return place === undefined ? null : keysOf(from, order)(place);
    },
  };
}

const seqAt = ({ seqs }: Copy, place: number) => seqs[place] ?? 0n;
const bySeq = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
/** Not by difference: two infinities have none. */
const byNumber = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);

function comparing(copy: Copy, order: PendingOrder): (a: number, b: number) => number {
  const { walls, dues } = copy;
  if (order === 'arrival') return (a, b) => bySeq(seqAt(copy, a), seqAt(copy, b));
  return (a, b) =>
    byNumber(walls[a] ?? 0, walls[b] ?? 0) ||
    byNumber(dues[a] ?? 0, dues[b] ?? 0) ||
    bySeq(seqAt(copy, a), seqAt(copy, b));
}

function besideKeys(
  copy: Copy,
  order: PendingOrder,
  keys: readonly string[] | null,
  inclusive: boolean,
  sign: number,
): (place: number) => boolean {
  if (keys === null) return () => true;
  const [wall, due] = keys.map(Number);
  const seq = BigInt(keys.at(-1) ?? 0);
  return (place) => {
    const apart =
      (order === 'due' &&
        (byNumber(copy.walls[place] ?? 0, wall ?? 0) || byNumber(copy.dues[place] ?? 0, due ?? 0))) ||
      bySeq(seqAt(copy, place), seq);
    return sign * apart > 0 || (inclusive && apart === 0);
  };
}

const keysOf = (copy: Copy, order: PendingOrder) => (place: number) => {
  const seq = String(seqAt(copy, place));
  return order === 'arrival' ? [seq] : [String(copy.walls[place]), String(copy.dues[place]), seq];
};

/** The first `limit` of those that pass, in order: one pass, in which never more than twice as many are held. */
function nearest(
  size: number,
  limit: number,
  passes: (place: number) => boolean,
  compare: (a: number, b: number) => number,
): readonly number[] {
  let held: number[] = [];
  let last: number | undefined;
  for (let place = 0; place < size; place += 1) {
    if (!passes(place) || (last !== undefined && compare(place, last) > 0)) continue;
    held.push(place);
    if (held.length < 2 * limit) continue;
    held = held.sort(compare).slice(0, limit);
    last = held.at(-1);
  }
  return held.sort(compare).slice(0, limit);
}
