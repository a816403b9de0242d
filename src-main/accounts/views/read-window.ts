import { z } from 'zod';
import { IngotError } from '../../../src-shared/errors';
import { type ClockRecord, momentAt } from '../../../src-shared/run-clock';
import type { RowWindow, WindowRequest } from '../../../src-shared/views';
import { numberArray } from '../../database/array-literal';
import type { Queryable, Statement } from '../../database/database';
import { epochMsFromText } from '../../database/epoch-ms';
import { clockFrom } from '../../storage/run-on-record';
import type { Estimates } from './estimates';
import { createPacking, type Packing } from './packed-rows';
import { type Beside, countOf, type MomentOf, type Place, type RawRow, type RowSet, textOf } from './row-set';
import { rangesBeside, walkStatement } from './window-sql';

/** Limit for the rows that one statement reads: a batch may have to wait for it. */
export const SCAN_ROWS = 2_000;
/** Of a page of a walk. */
const WEIGHED_ROWS = 64;
/** After this many statements a search stops, and the window shows what was found. */
const SEARCHES = 6;

export interface WindowDeps {
  readonly database: Queryable;
  readonly estimates: Estimates;
  /** `SCAN_ROWS`. */
  readonly scanRows: number;
}

/**
 * One keyset window of a row set.
 * @throws IngotError `invalid_input` for a cursor of another order.
 */
export async function readWindow<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
  { from, limit }: WindowRequest,
): Promise<RowWindow<Row>> {
  let start = await startOf(deps, rows, from);
  let step = await search(deps, rows, start, limit);
  // The place is so close to the end that the window is not full: show the last rows.
  if (start.inclusive && !step.more) {
    start = edge('end');
    step = await search(deps, rows, start, limit);
  }
  const { backward, index } = start;
  const { found, more, next } = step;
  const atStart = backward ? !more : start.place === null;
  const atEnd = backward ? start.place === null : !more;

  const { total, totalIs } =
    atStart && atEnd
      ? { total: found.length, totalIs: 'exact' as const }
      : await deps.estimates.totalOf(rows);
  const beforeEnd = total - found.length;
  let startIndex = 0;
  if (!atStart) {
    if (atEnd) startIndex = Math.max(beforeEnd, 0);
    else if (index !== undefined) startIndex = Math.max(backward ? index - found.length : index + 1, 1);
    else if ('near' in from) startIndex = Math.max(Math.min(Math.round(from.near * total), beforeEnd - 1), 0);
  }
  // An estimate, or an older count, may be below what the window shows.
  const least = startIndex + found.length + (atEnd ? 0 : 1);

  const moment = await momentsOf(deps.database, found);
  const nextIndex = backward ? startIndex : Math.max(startIndex + found.length - 1, 0);
  return {
    rows: found.map(({ raw, place }, offset) => ({
      ...rows.toRow(raw, moment),
      cursor: encodeCursor(rows.order, place, startIndex + offset),
    })),
    atStart,
    atEnd,
    next: next && encodeCursor(rows.order, next, nextIndex),
    total: Math.max(total, least),
    totalIs: total < least ? 'estimate' : totalIs,
    startIndex,
  };
}

/** The first row of a set, read without a window; undefined if there is none. */
export async function readRow<Row extends object>(
  deps: WindowDeps,
  rows: RowSet<Row>,
): Promise<Row | undefined> {
  const { found } = await search(deps, rows, edge('start'), 1);
  const moment = await momentsOf(deps.database, found);
  return found.map(({ raw }) => rows.toRow(raw, moment))[0];
}

/**
 * All rows of a set in its order, page by page, without counting them. What changes meanwhile may be missed; no row comes twice if
 * the order is by a fixed value.
 * @param pageRows asked before each page: at most `SCAN_ROWS - 1`.
 */
export async function* walkRows<Row extends object>(
  deps: Pick<WindowDeps, 'database' | 'scanRows'>,
  rows: RowSet<Row>,
  pageRows: () => number,
): AsyncGenerator<readonly Row[]> {
  let place: Place | null = null;
  let packing: Packing | undefined;
  for (;;) {
    const beside = { place, inclusive: false, backward: false };
    // The first row says what a packed one is made of.
    const most = packing ? pageRows() : 1;
    const step: Search = await search(deps, rows, beside, most, { block: WEIGHED_ROWS, packing });
    const [first] = step.found;
    if (first) {
      packing ??= createPacking(first.raw);
      const moment = await momentsOf(deps.database, step.found);
      yield step.found.map(({ raw }) => rows.toRow(raw, moment));
    }
    place = step.next ?? step.found.at(-1)?.place ?? null;
    if (!step.more || place === null) return;
  }
}

/** Where a search starts; `index` is that of the row there, if the request has it. */
interface Start extends Beside {
  readonly index?: number;
}

const edge = (which: 'start' | 'end'): Start => ({
  place: null,
  inclusive: false,
  backward: which === 'end',
});

async function startOf<Row>(
  { estimates }: WindowDeps,
  rows: RowSet<Row>,
  from: WindowRequest['from'],
): Promise<Start> {
  if ('edge' in from) return edge(from.edge);
  if ('near' in from) {
    if (from.near === 0 || from.near === 1) return edge(from.near === 0 ? 'start' : 'end');
    const place = await (rows.land?.(from.near) ?? estimates.placeNear(rows, from.near));
    return place ? { place, inclusive: true, backward: false } : edge('end');
  }
  const backward = 'before' in from;
  const cursor = decodeCursor(rows.order, backward ? from.before : from.after, rows.keys.length);
  return { place: cursor, inclusive: false, backward, index: cursor.index };
}

interface Found {
  readonly raw: RawRow;
  readonly place: Place;
}

interface Search {
  readonly found: readonly Found[];
  /** There is, or may be, more in that direction. */
  readonly more: boolean;
  /** Where it stopped without finding enough. */
  readonly next: Place | null;
}

/** The next `limit` rows beside a place, range by range, reading at most `SEARCHES` times `SCAN_ROWS` rows. */
async function search<Row>(
  { database, scanRows }: Pick<WindowDeps, 'database' | 'scanRows'>,
  rows: RowSet<Row>,
  beside: Beside,
  limit: number,
  { block = 1, packing }: { readonly block?: number; readonly packing?: Packing | undefined } = {},
): Promise<Search> {
  let found: readonly Found[] = [];
  const end = (more: boolean, next: Place | null = null): Search => {
    const kept = found.slice(0, limit);
    return {
      found: beside.backward ? kept.toReversed() : kept,
      more,
      next: kept.length < limit ? next : null,
    };
  };
  let ranges = rangesBeside(rows, beside);
  for (let searches = 1; ranges[0]; searches += 1) {
    const [range] = ranges;
    const scan = Math.min(scanRows, rows.scanRows ?? scanRows);
    const walk = await walkStatement(rows, range, limit + 1 - found.length, scan, block);
    const raws = packing
      ? (await database.query<{ line: string }>(packing.statement(walk.statement), walk.values)).rows.map(
          ({ line }) => packing.unpack(line),
        )
      : (await database.query<RawRow>(walk.statement, walk.values)).rows;
    const walked = raws.map((raw) => {
      const keys = rows.keys.map((_, index) => keyOf(raw, index));
      return { raw, place: { part: range.part.number, keys } };
    });
    found = found.concat(walked.filter(({ raw }) => raw.matches === true));
    const last = walked.at(-1);
    // A window of large rows is cut by size; it then reports how many there were.
    const isCut = rows.bytes !== undefined && last && countOf(last.raw, 'found') > walked.length;
    if (found.length > limit || isCut) return end(true, found.at(-1)?.place);
    if (!last || countOf(last.raw, 'place') !== walk.lastPlace) ranges = ranges.slice(1);
    else if (searches >= SEARCHES) return end(true, last.place);
    else ranges = rangesBeside(rows, { ...beside, place: last.place, inclusive: false });
  }
  return end(false);
}

/** The driver gives an `int4` as a number and an `int8` as text. */
function keyOf(raw: RawRow, index: number): string {
  const key = raw[`key_${index}`];
  return typeof key === 'number' ? String(key) : textOf(raw, `key_${index}`);
}

const clocks: Statement = {
  name: 'read_clocks',
  deadline: 'read',
  text: 'SELECT id, clock FROM runs WHERE $1::int8[] IS NULL OR id = ANY ($1::int8[])',
};

/** The clocks of these runs, or of all. */
export async function readClocks(
  db: Queryable,
  runIds: readonly string[] | null = null,
): Promise<ReadonlyMap<string, ClockRecord>> {
  const { rows } = await db.query<{ id: string; clock: string }>(clocks, [runIds && numberArray(runIds)]);
  return new Map(rows.map(({ id, clock }) => [id, clockFrom(clock)]));
}

/** The wall times of the rows' moments, by the clocks of the runs in columns called `…run_id`. */
export async function momentsOf(
  db: Queryable,
  found: readonly { readonly raw: RawRow }[],
): Promise<MomentOf> {
  const columns = Object.keys(found[0]?.raw ?? {}).filter((column) => column.endsWith('run_id'));
  const named = found.flatMap(({ raw }) => columns.map((column) => raw[column]));
  const runIds = new Set(named.filter((runId) => typeof runId === 'string'));
  const known = runIds.size === 0 ? new Map<string, ClockRecord>() : await readClocks(db, [...runIds]);
  return momentIn(known);
}

export const momentIn =
  (clocksByRun: ReadonlyMap<string, ClockRecord>): MomentOf =>
  (raw, run, at) => {
    const runId = textOf(raw, run);
    const ms = epochMsFromText(textOf(raw, at));
    const clock = clocksByRun.get(runId);
    return clock ? momentAt(runId, clock, ms) : { runId, at: ms, wallMs: null };
  };

const cursorSchema = z.tuple([
  z.string(),
  z.int().min(0),
  z.int().min(0).max(16),
  z.array(z.string().max(512)).max(4),
]);

/** Opaque to the client. It carries the index, so that positions stay steady from page to page without a count. */
function encodeCursor(order: string, { part, keys }: Place, index: number): string {
  return Buffer.from(JSON.stringify([order, index, part, keys])).toString('base64url');
}

/** @throws IngotError `invalid_input` for a cursor that is not ours, or of another sort order. */
function decodeCursor(order: string, cursor: string, keyCount: number): Place & { readonly index: number } {
  let parsed: z.infer<typeof cursorSchema>;
  try {
    parsed = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (error) {
    throw new IngotError(
      'invalid_input',
      'The position in the list is not one that was given out.',
      {},
      error,
    );
  }
  const [of, index, part, keys] = parsed;
  if (of !== order || keys.length !== keyCount) {
    throw new IngotError('invalid_input', 'The position in the list belongs to another sort order.');
  }
  return { index, part, keys };
}
