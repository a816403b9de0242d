import type { U64Text } from '../../src-shared/update';
import type { KeptRange } from './sql/slot-coverage';

/** What is known of the slots of one connection. Pure: the runner stores what it says. */
export interface Coverage {
  /** From here on nothing is missed. What lies between here and what is accounted for becomes a gap. */
  covers(fromSlot: U64Text, at: number): void;
  /** Everything up to and with this slot has come. */
  through(slot: bigint, at: number): void;
  gap(fromSlot: U64Text | null, toSlot: U64Text | null, reason: string, at: number): void;
  /** Nothing is covered until `covers` is said again. */
  lost(reason: string, at: number): void;
  /** Ranges that are new or have grown since this was asked last. */
  takeChanged(): readonly KeptRange[];
  /** The first slot that is not accounted for; null: unknown. */
  next(): U64Text | null;
  gaps(): number;
}

/** What an earlier attempt of the run left. */
export interface EarlierCoverage {
  readonly last: KeptRange | null;
  readonly gaps: number;
  readonly next: U64Text | null;
  /** Why the connection ended, for a gap that follows. */
  readonly reason: string;
}

export function trackCoverage({
  last,
  gaps: gapsBefore,
  next: nextBefore,
  reason,
}: EarlierCoverage): Coverage {
  let next = nextBefore === null ? null : BigInt(nextBefore);
  let number = last === null ? 0 : last.number + 1;
  let gaps = gapsBefore;
  /** The last range, while it can still grow. */
  let open: KeptRange | null = last?.kind === 'covered' ? last : null;
  /** Whether slots that come are covered. */
  let isCovering = false;
  let loss = { reason, at: last?.toMs ?? 0 };
  const changed = new Map<number, KeptRange>();

  const put = (range: KeptRange) => {
    changed.set(range.number, range);
    return range;
  };
  const addGap = (
    fromSlot: U64Text | null,
    toSlot: U64Text | null,
    why: string,
    fromMs: number,
    toMs: number,
  ) => {
    put({ number, kind: 'gap', fromSlot, toSlot, reason: why, fromMs, toMs: Math.max(fromMs, toMs) });
    number += 1;
    gaps += 1;
    open = null;
  };
  const grow = (slot: bigint, at: number) => {
    if (!isCovering || next === null || slot < next) return;
    const toSlot = String(slot);
    if (open) open = put({ ...open, toSlot, toMs: Math.max(open.toMs, at) });
    else {
      open = put({
        number,
        kind: 'covered',
        fromSlot: String(next),
        toSlot,
        reason: null,
        fromMs: at,
        toMs: at,
      });
      number += 1;
    }
    next = slot + 1n;
  };

  return {
    covers(fromSlot, at) {
      const from = BigInt(fromSlot);
      if (next !== null && from > next) {
        addGap(String(next), String(from - 1n), loss.reason, loss.at, at);
      }
      if (next === null) open = null;
      if (next === null || from > next) next = from;
      isCovering = true;
    },
    through: grow,
    gap(fromSlot, toSlot, why, at) {
      if (fromSlot !== null) grow(BigInt(fromSlot) - 1n, at);
      addGap(fromSlot, toSlot, why, at, at);
      if (toSlot === null) {
        next = null;
        isCovering = false;
      } else if (next === null || BigInt(toSlot) >= next) next = BigInt(toSlot) + 1n;
    },
    lost(why, at) {
      if (!isCovering) return;
      isCovering = false;
      loss = { reason: why, at };
    },
    takeChanged() {
      const ranges = [...changed.values()].sort((a, b) => a.number - b.number);
      changed.clear();
      return ranges;
    },
    next: () => (next === null ? null : String(next)),
    gaps: () => gaps,
  };
}
