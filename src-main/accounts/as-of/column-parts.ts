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
