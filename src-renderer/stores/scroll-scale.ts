/**
 * Browsers fail on elements taller than some 33 million pixels, and a virtual list costs work by its length. So a list has at
 * most `MAX_LIST_ROWS` and slides over a longer table. Wheel and keys move it row by row; a dragged scroll bar moves its place in
 * the table in proportion.
 */
export const MAX_LIST_ROWS = 100_000;

export interface ScrollScale {
  /** Rows of the table. */
  readonly count: number;
  /** Table index of the list's first row. */
  readonly base: number;
}

export const listRows = (count: number): number => Math.min(count, MAX_LIST_ROWS);

/** Keeps the list inside the table after a change of length. */
export function resize(scale: ScrollScale, count: number): ScrollScale {
  return { count, base: clamp(scale.base, 0, count - listRows(count)) };
}

/** A jump of the scroll bar: `top` is the list row at the view's top, `page` the number of rows in view. */
export function jump(scale: ScrollScale, top: number, page: number): ScrollScale {
  const list = listRows(scale.count);
  if (list === scale.count) return { ...scale, base: 0 };
  const fraction = clamp(top / Math.max(1, list - page), 0, 1);
  const wanted = fraction * (scale.count - page);
  return { ...scale, base: clamp(Math.round(wanted - top), 0, scale.count - list) };
}

/** The list slides when the view is this close to its end. */
const EDGE_ROWS = 2_000;

/**
 * How many rows the list, and the view with it, slides on while scrolling row by row towards an end with more table beyond; 0 if
 * none.
 */
export function slide(scale: ScrollScale, top: number, page: number): number {
  const list = listRows(scale.count);
  const room = scale.count - list;
  if (room === 0) return 0;
  if (top < EDGE_ROWS && scale.base > 0) return -Math.min(scale.base, Math.floor(list / 2));
  if (top + page > list - EDGE_ROWS && scale.base < room) {
    return Math.min(room - scale.base, Math.floor(list / 2));
  }
  return 0;
}

/** The list position of the table's row `index`, and a scale that includes it. */
export function reach(scale: ScrollScale, index: number): { scale: ScrollScale; row: number } {
  const list = listRows(scale.count);
  const row = index - scale.base;
  if (row >= 0 && row < list) return { scale, row };
  const base = clamp(index - Math.floor(list / 2), 0, scale.count - list);
  return { scale: { ...scale, base }, row: index - base };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
