import type { RowWindow, WindowRequest } from '../../../src-shared/views';
import type { Queryable } from '../../database/database';
import type { Anchors } from './anchors';
import { decodeCursor, encodeCursor, type Place } from './cursor';
import { countOf, type RawRow, type RowSet, textOf } from './row-set';
import type { Total, Totals } from './totals';
import { type Stretch, windowStatement } from './window-sql';

export interface WindowDeps {
  readonly database: Queryable;
  readonly totals: Totals;
  readonly anchors: Anchors;
}

interface Found<Row> {
  readonly row: Row;
  readonly place: Omit<Place, 'index'>;
}

interface Cut<Row> {
  readonly found: readonly Found<Row>[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Where the first row stands, as far as the request itself says; null: not at all. */
  readonly index: number | null;
}

/**
 * One keyset window of a row set, whichever way it was asked for.
 * @throws IngotError `invalid_input` for a cursor of another order.
 */
export async function readWindow<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  request: WindowRequest,
): Promise<RowWindow<Row>> {
  const cut = await cutWindow(deps, rows, request);
  const { found, atStart, atEnd } = cut;
  const counted: Total =
    atStart && atEnd ? { total: found.length, totalIs: 'exact' } : await deps.totals.totalOf(rows);
  const startIndex = indexOfFirst(cut, counted.total, request);
  // An estimate, or a count a moment old, may be below what is in hand.
  const least = startIndex + found.length + (atEnd ? 0 : 1);
  return {
    rows: found.map(({ row, place }, offset) => ({
      ...row,
      cursor: encodeCursor(rows.order, { ...place, index: startIndex + offset }),
    })),
    atStart,
    atEnd,
    total: Math.max(counted.total, least),
    totalIs: counted.total < least ? 'estimate' : counted.totalIs,
    startIndex,
  };
}

function indexOfFirst<Row>(
  { found, atStart, atEnd, index }: Cut<Row>,
  total: number,
  request: WindowRequest,
): number {
  if (atStart) return 0;
  if (atEnd) return Math.max(total - found.length, 0);
  if (index !== null) return Math.max(index, 1);
  const near = 'near' in request.from ? Math.round(request.from.near * total) : 0;
  return Math.max(Math.min(near, total - found.length - 1), 0);
}

async function cutWindow<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  { from, limit }: WindowRequest,
): Promise<Cut<Row>> {
  if ('edge' in from) return cutAtEdge(deps, rows, from.edge, limit);
  if ('near' in from) return cutNear(deps, rows, from.near, limit);
  const backward = 'before' in from;
  const place = decodeCursor(rows.order, backward ? from.before : from.after, rows.keys.length);
  const { found, more } = await read(deps, rows, { beside: place, inclusive: false, backward, limit });
  return backward
    ? { found, atStart: !more, atEnd: false, index: place.index - found.length }
    : { found, atStart: false, atEnd: !more, index: place.index + 1 };
}

async function cutAtEdge<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  edge: 'start' | 'end',
  limit: number,
): Promise<Cut<Row>> {
  const backward = edge === 'end';
  const { found, more } = await read(deps, rows, { beside: null, inclusive: false, backward, limit });
  return { found, atStart: !backward || !more, atEnd: backward || !more, index: null };
}

async function cutNear<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  fraction: number,
  limit: number,
): Promise<Cut<Row>> {
  if (fraction === 0) return cutAtEdge(deps, rows, 'start', limit);
  const land = rows.land ?? ((_, wanted) => deps.anchors.near(rows, wanted));
  const anchor = fraction === 1 ? null : await land(deps.database, fraction);
  if (!anchor) return cutAtEdge(deps, rows, 'end', limit);
  const { found, more } = await read(deps, rows, { beside: anchor, inclusive: true, backward: false, limit });
  // Too near to the end to fill the window: its last rows then, as a scroll bar at its end shows them.
  if (!more) return cutAtEdge(deps, rows, 'end', limit);
  return { found, atStart: false, atEnd: false, index: null };
}

async function read<Row extends object>(
  { database }: WindowDeps,
  rows: RowSet<Row>,
  stretch: Stretch,
): Promise<{ found: readonly Found<Row>[]; more: boolean }> {
  const { statement, values } = windowStatement(rows, { ...stretch, limit: stretch.limit + 1 });
  const result = await database.query<RawRow>(statement, values);
  const kept = result.rows.slice(0, stretch.limit);
  const first = result.rows[0];
  // A window of large rows is cut by their size: then it says how many there were.
  const count = first && rows.bytes !== undefined ? countOf(first, 'found') : result.rows.length;
  const more = count > kept.length;
  const found = kept.map((raw) => ({
    row: rows.toRow(raw),
    place: {
      part: countOf(raw, 'part'),
      keys: rows.keys.map((_, index) => textOf(raw, `key_${index}`)),
    },
  }));
  return { found: stretch.backward ? found.reverse() : found, more };
}
