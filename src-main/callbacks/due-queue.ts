const FIRST_ROOM = 1_024;
/** So many that were taken out early may lie among the others before they are cleared away. */
const LEAST_DEAD = 1_024;

/**
 * The waiting callbacks of one run, in order of due time, then number. Times are milliseconds of the run's clock; numbers
 * are those of their updates in the history.
 */
export interface DueQueue {
  /** How many wait. */
  size(): number;
  /** `dataLength`: characters that the database prints of its update's data. */
  add(seq: bigint, dueMs: number, dataLength: number): void;
  /** Takes one out before its time; it must be there. */
  remove(seq: bigint): void;
  /** When the first is due; null if none waits. */
  earliestMs(): number | null;
  /** Takes out the first, if it is due at `at` or before. */
  take(at: number): DueEntry | null;
  /** Looks for one by its number, through all of them. */
  find(seq: bigint): DueEntry | undefined;
  /** Calls `visit` for each, in no order. */
  each(visit: (seq: bigint, dueMs: number) => void): void;
}

export interface DueEntry {
  readonly seq: bigint;
  readonly dueMs: number;
  readonly dataLength: number;
}

/**
 * A binary heap over arrays of numbers: 20 bytes for each callback, and nothing for the garbage collector to look
 * at. One that is taken out early is marked, and goes when it comes to the top, or when half of all are marked.
 */
export function createDueQueue(): DueQueue {
  let dues = new Float64Array(FIRST_ROOM);
  let seqs = new BigInt64Array(FIRST_ROOM);
  let lengths = new Uint32Array(FIRST_ROOM);
  let length = 0;
  const dead = new Set<bigint>();

  const dueAt = (place: number) => dues[place] ?? Number.POSITIVE_INFINITY;
  const seqAt = (place: number) => seqs[place] ?? 0n;
  const isBefore = (a: number, b: number) =>
    dueAt(a) < dueAt(b) || (dueAt(a) === dueAt(b) && seqAt(a) < seqAt(b));
  const lengthAt = (place: number) => lengths[place] ?? 0;
  const put = (place: number, dueMs: number, seq: bigint, dataLength: number) => {
    dues[place] = dueMs;
    seqs[place] = seq;
    lengths[place] = dataLength;
  };
  const move = (from: number, to: number) => put(to, dueAt(from), seqAt(from), lengthAt(from));
  const swap = (a: number, b: number) => {
    const [due, seq, dataLength] = [dueAt(a), seqAt(a), lengthAt(a)];
    move(b, a);
    put(b, due, seq, dataLength);
  };

  const siftUp = (from: number) => {
    for (let place = from; place > 0; ) {
      const parent = (place - 1) >> 1;
      if (!isBefore(place, parent)) return;
      swap(place, parent);
      place = parent;
    }
  };
  const siftDown = (from: number) => {
    for (let place = from; ; ) {
      const left = 2 * place + 1;
      const right = left + 1;
      let first = place;
      if (left < length && isBefore(left, first)) first = left;
      if (right < length && isBefore(right, first)) first = right;
      if (first === place) return;
      swap(place, first);
      place = first;
    }
  };

  const resize = (room: number) => {
    const kept = [dues.subarray(0, length), seqs.subarray(0, length), lengths.subarray(0, length)] as const;
    dues = new Float64Array(room);
    seqs = new BigInt64Array(room);
    lengths = new Uint32Array(room);
    dues.set(kept[0]);
    seqs.set(kept[1]);
    lengths.set(kept[2]);
  };
  const removeTop = () => {
    length -= 1;
    move(length, 0);
    siftDown(0);
  };
  const dropDeadTop = () => {
    while (length > 0 && dead.delete(seqAt(0))) removeTop();
  };
  const dropAllDead = () => {
    let kept = 0;
    for (let place = 0; place < length; place += 1) {
      if (!dead.has(seqAt(place))) move(place, kept++);
    }
    length = kept;
    dead.clear();
    for (let place = (length >> 1) - 1; place >= 0; place -= 1) siftDown(place);
    if (dues.length > FIRST_ROOM && length < dues.length / 4) {
      resize(Math.max(FIRST_ROOM, 2 * length));
    }
  };

  return {
    size: () => length - dead.size,
    add(seq, dueMs, dataLength) {
      if (length === dues.length) resize(2 * length);
      put(length, dueMs, seq, dataLength);
      length += 1;
      siftUp(length - 1);
    },
    remove(seq) {
      dead.add(seq);
      if (dead.size > Math.max(LEAST_DEAD, length / 2)) dropAllDead();
    },
    earliestMs() {
      dropDeadTop();
      return length === 0 ? null : dueAt(0);
    },
    take(at) {
      dropDeadTop();
      if (length === 0 || dueAt(0) > at) return null;
      const first = { seq: seqAt(0), dueMs: dueAt(0), dataLength: lengthAt(0) };
      removeTop();
      return first;
    },
    find(seq) {
      const place = seqs.subarray(0, length).indexOf(seq);
      if (place === -1 || dead.has(seq)) return undefined;
      return { seq, dueMs: dueAt(place), dataLength: lengthAt(place) };
    },
    each(visit) {
      for (let place = 0; place < length; place += 1) {
        if (!dead.has(seqAt(place))) visit(seqAt(place), dueAt(place));
      }
    },
  };
}
