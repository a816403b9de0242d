import type { RowWindow, WindowRequest } from '../../src-shared/views';

/**
 * A bounded stretch of a table's rows around the view. Rows are addressed by cursor, so an index is a guess between the edges and
 * becomes exact at an edge; `shift` then says by how many rows the view must move so that nothing moves on screen.
 */
export interface RowCache<Row> {
  /** One unbroken stretch, in the query's order. */
  readonly rows: readonly (Row & { readonly cursor: string })[];
  /** Index of the first row held. */
  readonly first: number;
  /** Number of indexes: the length of the scroll bar. */
  readonly count: number;
  /** Number of matching rows in the host's latest answer. */
  readonly total: number;
  readonly totalIs: 'exact' | 'estimate';
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Where to continue at the ends: beside the first and last row, or further out where a search stopped. */
  readonly before: string | null;
  readonly after: string | null;
  /** False until the first answer. */
  readonly loaded: boolean;
}

export interface IndexRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface Fetch {
  readonly window: WindowRequest;
  readonly purpose: 'first' | 'jump' | 'before' | 'after' | 'refresh';
  /** Index for the first row of a jump or refresh. */
  readonly index: number;
}

export const PAGE_ROWS = 100;
/** A dozen pages, whatever the table's size. */
export const MAX_CACHED_ROWS = 1_200;

export function emptyCache<Row>(): RowCache<Row> {
  return {
    rows: [],
    first: 0,
    count: 0,
    total: 0,
    totalIs: 'exact',
    atStart: false,
    atEnd: false,
    before: null,
    after: null,
    loaded: false,
  };
}

export function rowAt<Row>(cache: RowCache<Row>, index: number): (Row & { cursor: string }) | undefined {
  return cache.rows[index - cache.first];
}

/** The next request so that `view` and some spare rows are held; null if they are. */
export function planFetch<Row>(cache: RowCache<Row>, view: IndexRange, page = PAGE_ROWS): Fetch | null {
  if (!cache.loaded) {
    return { window: { from: { edge: 'start' }, limit: page }, purpose: 'first', index: 0 };
  }
  if (cache.count === 0) return null;
  const from = Math.max(0, Math.min(view.from, cache.count - 1));
  const to = Math.max(from + 1, Math.min(view.to, cache.count));
  const end = cache.first + cache.rows.length;
  const spare = Math.floor(page / 2);
  const apart = from > end + page || to < cache.first - page;
  const { before, after } = cache;
  if ((before === null && after === null) || apart) return planJump(cache, from, to, page);
  const wantsBefore = !cache.atStart && before !== null && from - spare < cache.first;
  const wantsAfter = !cache.atEnd && after !== null && to + spare > end;
  // Rows in view first, spare rows second.
  if (wantsAfter && (to > end || !wantsBefore)) {
    return { window: { from: { after }, limit: page }, purpose: 'after', index: end };
  }
  if (wantsBefore) return { window: { from: { before }, limit: page }, purpose: 'before', index: 0 };
  return null;
}

function planJump<Row>(cache: RowCache<Row>, from: number, to: number, page: number): Fetch {
  const limit = Math.max(page, to - from + Math.floor(page / 2));
  if (from === 0) return { window: { from: { edge: 'start' }, limit }, purpose: 'jump', index: 0 };
  if (to >= cache.count) {
    return {
      window: { from: { edge: 'end' }, limit },
      purpose: 'jump',
      index: Math.max(0, cache.count - limit),
    };
  }
  const index = Math.max(0, from - Math.floor((limit - (to - from)) / 2));
  return { window: { from: { near: index / Math.max(1, cache.count) }, limit }, purpose: 'jump', index };
}

/** Asks again for the rows in view, which may have changed. The first row stays first. */
export function planRefresh<Row>(cache: RowCache<Row>, view: IndexRange, page = PAGE_ROWS): Fetch | null {
  if (!cache.loaded) return null;
  const limit = Math.max(page, Math.min(500, view.to - view.from + Math.floor(page / 2)));
  const anchor = rowAt(cache, view.from - 1);
  if (view.from <= 0 || cache.rows.length === 0 || (cache.atStart && view.from <= cache.first)) {
    return { window: { from: { edge: 'start' }, limit }, purpose: 'refresh', index: 0 };
  }
  if (!anchor) return null;
  return { window: { from: { after: anchor.cursor }, limit }, purpose: 'refresh', index: view.from };
}

export interface Accepted<Row> {
  readonly cache: RowCache<Row>;
  /** Rows by which the view moves so that it shows the same rows. */
  readonly shift: number;
}

export function acceptRows<Row>(
  cache: RowCache<Row>,
  fetch: Fetch,
  answer: RowWindow<Row>,
  view: IndexRange,
): Accepted<Row> {
  const placed = placeRows(cache, fetch, answer);
  const { rows, atStart, atEnd } = placed;
  const fixed = settleIndexes(placed.first, rows.length, atStart, atEnd, answer);
  const next: RowCache<Row> = {
    ...placed,
    first: fixed.first,
    count: fixed.count,
    total: answer.total,
    totalIs: answer.totalIs,
    loaded: true,
  };
  const shift = fixed.first - placed.first;
  return { cache: trim(next, { from: view.from + shift, to: view.to + shift }), shift };
}

type Placed<Row> = Pick<RowCache<Row>, 'rows' | 'first' | 'atStart' | 'atEnd' | 'before' | 'after'>;

function placeRows<Row>(
  cache: RowCache<Row>,
  { purpose, window, index }: Fetch,
  answer: RowWindow<Row>,
): Placed<Row> {
  const { rows, atStart, atEnd, next } = answer;
  const isBackward = 'before' in window.from || ('edge' in window.from && window.from.edge === 'end');
  const before = (isBackward ? next : null) ?? rows[0]?.cursor ?? null;
  const after = (isBackward ? null : next) ?? rows.at(-1)?.cursor ?? null;
  if (purpose === 'before') {
    return {
      rows: [...rows, ...cache.rows],
      first: cache.first - rows.length,
      atStart,
      atEnd: cache.atEnd,
      before,
      after: cache.after ?? rows.at(-1)?.cursor ?? null,
    };
  }
  if (purpose === 'after') {
    return {
      rows: [...cache.rows, ...rows],
      first: cache.first,
      atStart: cache.atStart,
      atEnd,
      before: cache.before ?? rows[0]?.cursor ?? null,
      after,
    };
  }
  // The row before a refreshed view was not fetched again, but still ends the stretch above.
  const isBelow = purpose === 'refresh' && index > 0;
  return { rows, first: index, atStart: atStart && !isBelow, atEnd, before, after };
}

/** At an edge the index is known; elsewhere there must be space for the rows beyond. */
function settleIndexes<Row>(
  first: number,
  length: number,
  atStart: boolean,
  atEnd: boolean,
  answer: RowWindow<Row>,
): { first: number; count: number } {
  const total = Math.max(answer.total, length);
  let settled = first;
  if (atStart) settled = 0;
  else if (settled < 1) settled = Math.max(1, Math.min(answer.startIndex, total - length));
  const end = settled + length;
  return { first: settled, count: atEnd ? end : Math.max(total, end + 1) };
}

/** Drops the rows furthest from the view. */
function trim<Row>(cache: RowCache<Row>, view: IndexRange): RowCache<Row> {
  const over = cache.rows.length - MAX_CACHED_ROWS;
  if (over <= 0) return cache;
  const middle = (view.from + view.to) / 2 - cache.first;
  const fromFront = middle > cache.rows.length / 2;
  return fromFront
    ? {
        ...cache,
        rows: cache.rows.slice(over),
        first: cache.first + over,
        atStart: false,
        before: cache.rows[over]?.cursor ?? null,
      }
    : {
        ...cache,
        rows: cache.rows.slice(0, -over),
        atEnd: false,
        after: cache.rows.at(-over - 1)?.cursor ?? null,
      };
}
