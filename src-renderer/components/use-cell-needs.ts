import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useSession } from '../bindings/session-context';
import type { ColumnNeeds } from '../stores/fit-columns';

/** What cells need, in CSS pixels with their padding. */
export type CellNeeds = Pick<ColumnNeeds, 'least' | 'numbers' | 'whole'>;

const NOTHING_YET: CellNeeds = { least: 0, numbers: 0, whole: 0 };
/** Rows may come at every paint, and measuring them lays the page out. */
const AT_MOST_EVERY_MS = 200;

/**
 * What the cells of each column have needed so far. It only grows while the table is open: columns that shrank and
 * grew with every row that scrolls by could not be read. Whatever may be cut says so by `data-cut` (see values.tsx).
 */
export function useCellNeeds(
  scroller: RefObject<HTMLDivElement | null>,
  columns: number,
  room: number,
  rows: unknown,
): readonly CellNeeds[] {
  const { clock } = useSession();
  const [needs, setNeeds] = useState<readonly CellNeeds[]>([]);
  const latest = useRef(needs);
  const waiting = useRef<(() => void) | null>(null);
  const measured = useRef({ columns: 0, room: 0 });

  const measure = useCallback(() => {
    if (!scroller.current) return;
    const merged = mergeNeeds(latest.current, scroller.current);
    // To set the same again may draw the table again, which measures it again: without rows there would be no end.
    if (merged === latest.current) return;
    latest.current = merged;
    setNeeds(merged);
  }, [scroller]);
  // The first rows are measured before they are painted, later ones soon after it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows have other needs.
  useLayoutEffect(() => {
    const last = measured.current;
    if (last.columns !== columns || last.room !== room) {
      const drawn = scroller.current?.querySelector('[role="gridcell"]') != null;
      if (drawn) measured.current = { columns, room };
      measure();
    } else {
      waiting.current ??= clock.after(AT_MOST_EVERY_MS, () => {
        waiting.current = null;
        measure();
      });
    }
  }, [columns, room, rows, measure, clock, scroller]);
  useEffect(() => {
    let gone = false;
    // Until its own letters are here the page is set in others.
    document.fonts.ready.then(() => !gone && measure());
    return () => {
      gone = true;
      waiting.current?.();
      waiting.current = null;
    };
  }, [measure]);
  return needs;
}

/** The same array if nothing needs more than before. */
function mergeNeeds(before: readonly CellNeeds[], table: Element): readonly CellNeeds[] {
  const now: CellNeeds[] = [...before];
  let grew = false;
  for (const row of table.querySelectorAll('[role="row"]')) {
    [...row.children].forEach((cell, at) => {
      const known = now[at] ?? NOTHING_YET;
      const cellNeeds = needsOf(cell);
      const next = {
        least: Math.max(known.least, cellNeeds.least),
        numbers: Math.max(known.numbers, cellNeeds.numbers),
        whole: Math.max(known.whole, cellNeeds.whole),
      };
      if (next.least + next.numbers + next.whole > known.least + known.numbers + known.whole) grew = true;
      now[at] = next;
    });
  }
  return grew ? now : before;
}

/** Zero where nothing is hidden: then it is only known that there is enough. */
function needsOf(cell: Element): CellNeeds {
  // A line across several columns says nothing about the one in which it begins.
  if (cell.querySelector('[data-spill]') !== null) return NOTHING_YET;
  const { width } = cell.getBoundingClientRect();
  const isHead = cell.getAttribute('role') === 'columnheader';
  let beyond = isHead ? 0 : cell.scrollWidth - cell.clientWidth;
  let numbers = 0;
  let others = 0;
  for (const part of cell.querySelectorAll('[data-cut]')) {
    const hidden = hiddenWidth(part);
    if (isHead) beyond += hidden;
    else if (part.getAttribute('data-cut') === 'number') numbers += hidden;
    else others += hidden;
  }
  const need = (hidden: number) => (hidden > 0 ? Math.ceil(width + hidden) : 0);
  return {
    least: need(beyond),
    numbers: need(beyond + numbers),
    whole: need(beyond + numbers + others),
  };
}

/** How much of a text that may be cut is cut away, in CSS pixels. Exact: `scrollWidth` is rounded, the ellipsis is not. */
export function hiddenWidth(part: Element): number {
  const range = document.createRange();
  range.selectNodeContents(part);
  const hidden = range.getBoundingClientRect().width - part.getBoundingClientRect().width;
  return hidden > 0.02 ? hidden : 0;
}
