import type { Clock } from '../../time/clock';

/** An account whose latest state was in a dead slot. */
export interface ColumnsRetraction {
  readonly seq: bigint;
  readonly id: string;
  readonly runId: string;
  /** The update that is the latest again; null: none is left. */
  readonly backSeq: bigint | null;
}

/** A stored update as the columns hold it. */
export interface ColumnsUpdate {
  readonly seq: bigint;
  readonly id: string;
  readonly accountType: string;
  readonly tokens: bigint;
  readonly slot: bigint;
  readonly version: bigint;
  readonly runId: string;
  readonly dueMs: number;
}

/** Names by number, in the order in which they came. */
export class Names {
  private readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  get size(): number {
    return this.names.length;
  }

  of(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }

  known = (name: string): number | undefined => this.numbers.get(name);
  name = (number: number): string => this.names[number] ?? '';
}

export function widen(column: Int32Array, fill: number): Int32Array<ArrayBuffer> {
  const wide = new Int32Array(Math.max(1_024, column.length * 2)).fill(fill);
  wide.set(column);
  return wide;
}

/** How many of the first `length` ascending values are at most `most`. */
export function countUpTo(values: ArrayLike<number>, length: number, most: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What 16 bits can hold. */
export const DIGITS = 1 << 16;
/** Between two turns of the event loop: some milliseconds. */
const SLICE = 16_384;

export async function inSlices(
  length: number,
  { breathe }: Pick<Clock, 'breathe'>,
  work: (at: number) => void,
): Promise<void> {
  for (let at = 0; at < length; at += SLICE) {
    if (at > 0) await breathe();
    for (let one = at; one < Math.min(at + SLICE, length); one += 1) work(one);
  }
}

/** Ascending by digits of 16 bits, the least significant first. Equal ones keep their order. */
export async function sortByDigits(
  rows: Uint32Array<ArrayBuffer>,
  digits: readonly ((row: number) => number)[],
  clock: Pick<Clock, 'breathe'>,
): Promise<Uint32Array<ArrayBuffer>> {
  const count = rows.length;
  for (const digitOf of digits) {
    const places = new Uint32Array(DIGITS);
    await inSlices(count, clock, (at) => {
      const digit = digitOf(rows[at] as number);
      places[digit] = (places[digit] as number) + 1;
    });
    // All have the same digit, as in the upper half of most numbers.
    if (places[digitOf(rows[0] ?? 0)] === count) continue;
    let before = 0;
    for (const [digit, having] of places.entries()) {
      places[digit] = before;
      before += having;
    }
    const sorted = new Uint32Array(count);
    await inSlices(count, clock, (at) => {
      const row = rows[at] as number;
      const digit = digitOf(row);
      const place = places[digit] as number;
      sorted[place] = row;
      places[digit] = place + 1;
    });
    rows = sorted;
  }
  return rows;
}

/** By code point, as the database orders them; JavaScript compares UTF-16 units, which differ only with surrogates. */
export function compareIds(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    return isSurrogate(x) === isSurrogate(y)
      ? x - y
      : isSurrogate(x) && y >= 0xe000
        ? 1
        : isSurrogate(y) && x >= 0xe000
          ? -1
          : x - y;
  }
  return a.length - b.length;
}

export const compareBigints = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
