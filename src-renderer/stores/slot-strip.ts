import type { CoverageRange } from '../../src-shared/connections';

export interface StripPart<Range> {
  readonly range: Range;
  /** Shares of the whole width, from 0 to 1. */
  readonly from: number;
  readonly wide: number;
}

export interface SlotStrip<Range> {
  readonly first: string;
  readonly last: string;
  /** Covered ones first, so that a gap is drawn over them. */
  readonly parts: readonly StripPart<Range>[];
}

const STEPS = 1_000_000n;

/** Where the ranges lie among all their slots; null if no slot is known. A range without an end goes on to the last known slot. */
export function stripOf<Range extends CoverageRange>(ranges: readonly Range[]): SlotStrip<Range> | null {
  const slots = ranges.flatMap(({ fromSlot, toSlot }) =>
    [fromSlot, toSlot].flatMap((slot) => (slot === null ? [] : [BigInt(slot)])),
  );
  const [some] = slots;
  if (some === undefined) return null;
  const first = slots.reduce((least, slot) => (slot < least ? slot : least), some);
  const last = slots.reduce((most, slot) => (slot > most ? slot : most), some);
  const span = last - first + 1n;
  const share = (slots: bigint) => Number((slots * STEPS) / span) / Number(STEPS);
  const parts = ranges.flatMap((range) => {
    // A gap at unknown slots has no place here: the table has it.
    if (range.fromSlot === null && range.toSlot === null) return [];
    const from = range.fromSlot === null ? first : BigInt(range.fromSlot);
    const to = range.toSlot === null ? last : BigInt(range.toSlot);
    return [{ range, from: share(from - first), wide: share(to - from + 1n) }];
  });
  const isGap = ({ range }: StripPart<Range>) => range.kind === 'gap';
  return {
    first: String(first),
    last: String(last),
    parts: [...parts.filter((part) => !isGap(part)), ...parts.filter(isGap)],
  };
}

/** How many slots a range has; null: unknown. */
export function slotsIn({ fromSlot, toSlot }: CoverageRange): string | null {
  return fromSlot === null || toSlot === null ? null : String(BigInt(toSlot) - BigInt(fromSlot) + 1n);
}
