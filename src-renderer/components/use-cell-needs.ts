import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useModel } from '../bindings/window-context';
import type { ColumnNeeds } from '../stores/fit-columns';

/** In CSS pixels, padding included. */
export type CellNeeds = Pick<ColumnNeeds, 'least' | 'usual' | 'numbers' | 'whole'>;

export const NOTHING_YET: CellNeeds = { least: 0, usual: 0, numbers: 0, whole: 0 };
/** A number that fewer of the drawn rows have is not a usual one. */
const USUAL_PART = 0.1;
/** Rows may arrive at every paint, and measuring forces a layout. */
const AT_MOST_EVERY_MS = 200;

/**
 * By column, the widths that its cells have needed so far. They only grow while the table is open: columns that kept changing
 * could not be read. Elements that may be cut have `data-cut` (see values.tsx).
 */
export function useCellNeeds(
  scroller: RefObject<HTMLDivElement | null>,
  columns: string,
  room: number,
  rows: unknown,
): ReadonlyMap<string, CellNeeds> {
  const { clock } = useModel();
  const [needs, setNeeds] = useState<ReadonlyMap<string, CellNeeds>>(new Map());
  const latest = useRef(needs);
  const waiting = useRef<(() => void) | null>(null);
  const measured = useRef({ columns: '', room: 0 });

  const measure = useCallback(() => {
    if (!scroller.current) return;
    const merged = mergeNeeds(latest.current, scroller.current);
    // Setting an equal value could redraw the table, which measures again: an endless loop for an empty table.
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
    // Until the fonts are loaded, the page uses others.
    document.fonts.ready.then(() => !gone && measure());
    return () => {
      gone = true;
      waiting.current?.();
      waiting.current = null;
    };
  }, [measure]);
  return needs;
}

/** The same map if nothing needs more. */
function mergeNeeds(before: ReadonlyMap<string, CellNeeds>, table: Element): ReadonlyMap<string, CellNeeds> {
  const needsByColumn = new Map<string, Omit<CellNeeds, 'usual'>[]>();
  for (const cell of table.querySelectorAll<HTMLElement>('[data-column]')) {
    const id = cell.dataset.column ?? '';
    const needs = needsByColumn.get(id) ?? [];
    needsByColumn.set(id, needs);
    needs.push(needsOf(cell));
  }
  const now = new Map(before);
  let grew = false;
  for (const [id, needs] of needsByColumn) {
    const known = now.get(id) ?? NOTHING_YET;
    const sorted = (need: keyof (typeof needs)[number]) =>
      needs.map((one) => one[need]).sort((a, b) => b - a);
    const numbers = sorted('numbers');
    const next = {
      least: Math.max(known.least, sorted('least')[0] ?? 0),
      usual: Math.max(known.usual, numbers[Math.floor(numbers.length * USUAL_PART)] ?? 0),
      numbers: Math.max(known.numbers, numbers[0] ?? 0),
      whole: Math.max(known.whole, sorted('whole')[0] ?? 0),
    };
    if (sumOf(next) > sumOf(known)) grew = true;
    now.set(id, next);
  }
  return grew ? now : before;
}

const sumOf = ({ least, usual, numbers, whole }: CellNeeds) => least + usual + numbers + whole;

/** Zero where nothing is hidden: then there is enough width. */
function needsOf(cell: Element): Omit<CellNeeds, 'usual'> {
  // A line that spans columns says nothing about its first column.
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

/** How many CSS pixels of the text are cut. Exact: `scrollWidth` is rounded, the ellipsis is not. */
export function hiddenWidth(part: Element): number {
  const range = document.createRange();
  range.selectNodeContents(part);
  const hidden = range.getBoundingClientRect().width - part.getBoundingClientRect().width;
  return hidden > 0.02 ? hidden : 0;
}
