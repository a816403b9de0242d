import { slotOf, type VersionText, writeVersionOf } from '../../../src-shared/update';
import type { Clock } from '../../time/clock';

/** Rows looked through between two turns of the event loop: about a millisecond. */
const SLICE = 1 << 15;
/** Places on the chain whose rows are kept: four bytes an account each. */
const KEPT = 2;
const NONE = -1;

/** The columns of the updates that were known. What is added later is in other rows. */
interface KnownUpdates {
  readonly rows: number;
  readonly accountCount: number;
  readonly isUpdate: (row: number) => boolean;
  readonly accounts: Uint32Array;
  readonly slots: BigUint64Array;
  readonly versions: BigUint64Array;
}

/** Which updates make the states as of a place on the chain: rule 11 of "The law" in docs/architecture.md. */
export class ChainCuts {
  /** By slot, the number of its death. */
  private readonly deaths = new Map<bigint, bigint>();
  /** By what was asked for, latest last. */
  private readonly kept = new Map<string, Promise<Int32Array>>();

  die(slot: bigint, seq: bigint): void {
    this.deaths.set(slot, seq);
  }

  /** Of each account the row of its highest version up to `cut`, stale or not, past the slots that were dead by `asOf`; below 0: none. */
  async rowsAt(
    asOf: bigint,
    cut: VersionText,
    known: KnownUpdates,
    breathe: Clock['breathe'],
  ): Promise<Int32Array> {
    const key = `${asOf} ${cut}`;
    const rows = this.kept.get(key) ?? highestUpTo(cut, known, this.deadBy(asOf), breathe);
    this.kept.delete(key);
    this.kept.set(key, rows);
    rows.catch(() => this.kept.get(key) === rows && this.kept.delete(key));
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    return rows;
  }

  /** The rows that count up to `cut`, in no order. */
  async rowsUpTo(
    asOf: bigint,
    cut: VersionText,
    known: KnownUpdates,
    breathe: Clock['breathe'],
  ): Promise<Uint32Array<ArrayBuffer>> {
    const found = new Uint32Array(known.rows);
    let count = 0;
    const dead = this.deadBy(asOf);
    await eachUpTo(cut, known, breathe, (row) => {
      if (dead.has(known.slots[row] as bigint)) return;
      found[count] = row;
      count += 1;
    });
    return found.slice(0, count);
  }

  private deadBy(asOf: bigint): ReadonlySet<bigint> {
    return new Set([...this.deaths].filter(([, seq]) => seq <= asOf).map(([slot]) => slot));
  }
}

async function highestUpTo(
  cut: VersionText,
  known: KnownUpdates,
  dead: ReadonlySet<bigint>,
  breathe: Clock['breathe'],
): Promise<Int32Array> {
  const { accounts, slots, versions } = known;
  const highest = new Int32Array(known.accountCount).fill(NONE);
  const own = inHalves(slots, versions);
  await eachUpTo(cut, known, breathe, (row) => {
    const account = accounts[row] as number;
    const before = highest[account] as number;
    if (before !== NONE && compare(own, row, own, before) < 0) return;
    if (dead.size === 0 || !dead.has(slots[row] as bigint)) highest[account] = row;
  });
  return highest;
}

/** Also those of dead slots. */
async function eachUpTo(
  cut: VersionText,
  { rows, isUpdate, slots, versions }: KnownUpdates,
  breathe: Clock['breathe'],
  visit: (row: number) => void,
): Promise<void> {
  const own = inHalves(slots, versions);
  const limit = inHalves(
    BigUint64Array.of(BigInt(slotOf(cut))),
    BigUint64Array.of(BigInt(writeVersionOf(cut))),
  );
  for (let from = 0; from < rows; from += SLICE) {
    if (from > 0) await breathe();
    for (let row = from; row < Math.min(from + SLICE, rows); row += 1) {
      if (isUpdate(row) && compare(own, row, limit, 0) <= 0) visit(row);
    }
  }
}

/** Slots and versions in two halves each, which are compared faster than whole numbers: the lower half first, as all processors that Node runs on store them. */
interface Halves {
  readonly slots: Uint32Array;
  readonly versions: Uint32Array;
}

const inHalves = (slots: BigUint64Array, versions: BigUint64Array): Halves => ({
  slots: new Uint32Array(slots.buffer),
  versions: new Uint32Array(versions.buffer),
});

function compare(a: Halves, row: number, b: Halves, other: number): number {
  const [x, y] = [2 * row, 2 * other];
  return (
    (a.slots[x + 1] as number) - (b.slots[y + 1] as number) ||
    (a.slots[x] as number) - (b.slots[y] as number) ||
    (a.versions[x + 1] as number) - (b.versions[y + 1] as number) ||
    (a.versions[x] as number) - (b.versions[y] as number)
  );
}
