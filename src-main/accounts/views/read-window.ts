import { type ClockRecord, wallOf } from '../../../src-shared/run-clock';
import type { RowWindow, WindowRequest } from '../../../src-shared/views';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { clockFrom } from '../../engine/run-on-record';
import type { Anchors } from './anchors';
import { decodeCursor, encodeCursor, type Place } from './cursor';
import { countOf, type MomentOf, nullableTextOf, type RawRow, type RowSet, textOf } from './row-set';
import type { Total, Totals } from './totals';
import { type Beside, type Range, rangesBeside, walkStatement } from './window-sql';

/** What one statement of a search reads at most, in rows of the order: a batch may wait for one, under the dearest filter. */
export const SCAN_ROWS = 2_000;
/** Statements that follow each other before a window is given as far as it was found. */
const SEARCHES = 6;

export interface WindowDeps {
  readonly database: Queryable;
  readonly totals: Totals;
  readonly anchors: Anchors;
  /** `SCAN_ROWS`. */
  readonly scanRows: number;
}

interface Found {
  readonly raw: RawRow;
  readonly place: Omit<Place, 'index'>;
}

interface Cut {
  readonly found: readonly Found[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** Where the search stopped before the window was full. */
  readonly next: Omit<Place, 'index'> | null;
  readonly backward: boolean;
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
  const { found, atStart, atEnd, next, backward } = cut;
  const counted: Total =
    atStart && atEnd ? { total: found.length, totalIs: 'exact' } : await deps.totals.totalOf(rows);
  const startIndex = indexOfFirst(cut, counted.total, request);
  // An estimate, or a count a moment old, may be below what is in hand.
  const least = startIndex + found.length + (atEnd ? 0 : 1);
  const moment = await momentsOf(deps.database, rows, found);
  const beside = backward ? startIndex : Math.max(startIndex + found.length - 1, 0);
  return {
    rows: found.map(({ raw, place }, offset) => ({
      ...rows.toRow(raw, moment),
      cursor: encodeCursor(rows.order, { ...place, index: startIndex + offset }),
    })),
    atStart,
    atEnd,
    next: next && encodeCursor(rows.order, { ...next, index: beside }),
    total: Math.max(counted.total, least),
    totalIs: counted.total < least ? 'estimate' : counted.totalIs,
    startIndex,
  };
}

function indexOfFirst({ found, atStart, atEnd, index }: Cut, total: number, request: WindowRequest): number {
  if (atStart) return 0;
  if (atEnd) return Math.max(total - found.length, 0);
  if (index !== null) return Math.max(index, 1);
  const near = 'near' in request.from ? Math.round(request.from.near * total) : total;
  return Math.max(Math.min(near, total - found.length - 1), 0);
}

async function cutWindow<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  { from, limit }: WindowRequest,
): Promise<Cut> {
  if ('edge' in from) return cutAtEdge(deps, rows, from.edge, limit);
  if ('near' in from) return cutNear(deps, rows, from.near, limit);
  const backward = 'before' in from;
  const place = decodeCursor(rows.order, backward ? from.before : from.after, rows.keys.length);
  const { found, more, next } = await search(
    deps,
    rows,
    { beside: place, inclusive: false, backward },
    limit,
  );
  return backward
    ? { found, atStart: !more, atEnd: false, next, backward, index: place.index - found.length }
    : { found, atStart: false, atEnd: !more, next, backward, index: place.index + 1 };
}

async function cutAtEdge<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  edge: 'start' | 'end',
  limit: number,
): Promise<Cut> {
  const backward = edge === 'end';
  const { found, more, next } = await search(deps, rows, { beside: null, inclusive: false, backward }, limit);
  return { found, atStart: !backward || !more, atEnd: backward || !more, next, backward, index: null };
}

async function cutNear<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  fraction: number,
  limit: number,
): Promise<Cut> {
  if (fraction === 0) return cutAtEdge(deps, rows, 'start', limit);
  const land = rows.land ?? ((_, wanted) => deps.anchors.near(rows, wanted));
  const anchor = fraction === 1 ? null : await land(deps.database, fraction);
  if (!anchor) return cutAtEdge(deps, rows, 'end', limit);
  const { found, more, next } = await search(
    deps,
    rows,
    { beside: anchor, inclusive: true, backward: false },
    limit,
  );
  // Too near to the end to fill the window: its last rows then, as a scroll bar at its end shows them.
  if (!more) return cutAtEdge(deps, rows, 'end', limit);
  return { found, atStart: false, atEnd: false, next, backward: false, index: null };
}

interface Search {
  readonly found: readonly Found[];
  /** There is, or may be, more in that direction. */
  readonly more: boolean;
  /** Where it stopped before it had found enough. */
  readonly next: Omit<Place, 'index'> | null;
}

/** The next `limit` rows beside a place: range after range, and no more than `SEARCHES` times `SCAN_ROWS` rows of them. */
async function search<Row extends object>(
  { database, scanRows }: WindowDeps,
  rows: RowSet<Row>,
  beside: Beside,
  limit: number,
): Promise<Search> {
  const { backward } = beside;
  let found: readonly Found[] = [];
  const end = (more: boolean, next: Search['next'] = null): Search => {
    const kept = found.slice(0, limit);
    return { found: backward ? kept.toReversed() : kept, more, next: kept.length < limit ? next : null };
  };
  let ranges = rangesBeside(rows, beside);
  for (let searches = 1; ; searches += 1) {
    const [range, ...rest] = ranges;
    if (!range) return end(false);
    const step = await walk(database, rows, range, limit + 1 - found.length, scanRows);
    found = found.concat(step.found);
    if (found.length > limit || step.isCut) return end(true, found.at(-1)?.place);
    if (step.last === null) ranges = rest;
    else if (searches >= SEARCHES) return end(true, step.last);
    else ranges = rangesBeside(rows, { beside: step.last, inclusive: false, backward });
  }
}

async function walk<Row>(
  db: Queryable,
  rows: RowSet<Row>,
  range: Range,
  limit: number,
  scanRows: number,
): Promise<{ found: readonly Found[]; last: Omit<Place, 'index'> | null; isCut: boolean }> {
  const { statement, values, lastPlace } = walkStatement(rows, range, limit, scanRows);
  const result = await db.query<RawRow>(statement, values);
  const walked = result.rows.map((raw) => ({
    raw,
    place: {
      part: range.part.number,
      keys: rows.keys.map((_, index) => textOf(raw, `key_${index}`)),
    },
  }));
  const last = walked.at(-1);
  return {
    found: walked.filter(({ raw }) => raw.matches === true),
    last: last && countOf(last.raw, 'place') === lastPlace ? last.place : null,
    // A window of large rows is cut by their size: then it says how many there were.
    isCut: last !== undefined && rows.bytes !== undefined && countOf(last.raw, 'found') > walked.length,
  };
}

const clocks: Statement = {
  name: 'read_clocks',
  deadline: 'read',
  text: 'SELECT id, clock FROM runs WHERE id = ANY ($1::int8[])',
};

/** The wall times of what the rows show: by the clocks of their runs, which are read once. */
async function momentsOf<Row>(
  db: Queryable,
  { runIds }: RowSet<Row>,
  found: readonly Pick<Found, 'raw'>[],
): Promise<MomentOf> {
  const wanted = new Set(found.flatMap(({ raw }) => runIds.map((column) => nullableTextOf(raw, column))));
  wanted.delete(null);
  const { rows } =
    wanted.size === 0
      ? { rows: [] }
      : await db.query<{ id: string; clock: string }>(clocks, [numberArray([...wanted])]);
  const known = new Map<string, ClockRecord>(rows.map(({ id, clock }) => [id, clockFrom(clock)]));
  return (runId, at) => {
    const clock = known.get(runId);
    return { runId, at, wallMs: clock ? wallOf(clock, at) : null };
  };
}

/** The first row of a set, made without a window; undefined if there is none. */
export async function readRow<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
): Promise<Row | undefined> {
  const { found } = await search(deps, rows, { beside: null, inclusive: false, backward: false }, 1);
  const moment = await momentsOf(deps.database, rows, found);
  return found.map(({ raw }) => rows.toRow(raw, moment))[0];
}
