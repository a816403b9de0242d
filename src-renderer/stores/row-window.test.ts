import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RowWindow, WindowRequest } from '../../src-shared/views';
import {
  acceptRows,
  emptyCache,
  type Fetch,
  type IndexRange,
  MAX_CACHED_ROWS,
  planFetch,
  planRefresh,
  type RowCache,
  rowAt,
} from './row-window';

interface Row {
  readonly key: number;
}

/** A host's table: sorted keys that serve as cursors, and totals off by `totalOff`. */
function createTable(keys: number[], totalOff = 0) {
  return {
    keys,
    answer(request: WindowRequest): RowWindow<Row> {
      const { from, limit } = request;
      let start: number;
      if ('edge' in from) start = from.edge === 'start' ? 0 : Math.max(0, keys.length - limit);
      else if ('near' in from)
        start = Math.min(Math.floor(from.near * keys.length), Math.max(0, keys.length - limit));
      else if ('after' in from) start = keys.findIndex((key) => key > Number(from.after));
      else start = -1;
      let end: number;
      if ('before' in from) {
        end = keys.findIndex((key) => key >= Number(from.before));
        start = Math.max(0, end - limit);
      } else {
        if (start < 0) start = keys.length;
        end = Math.min(keys.length, start + limit);
      }
      const rows = keys.slice(start, end).map((key) => ({ key, cursor: String(key) }));
      const total = Math.max(0, keys.length + totalOff);
      return {
        rows,
        atStart: start === 0,
        atEnd: end === keys.length,
        next: null,
        total,
        totalIs: totalOff === 0 ? 'exact' : 'estimate',
        startIndex: start,
      };
    },
  };
}

const range = (length: number) => Array.from({ length }, (_, key) => key);

/** Fetches until the view needs nothing more; returns the state after each step. */
function settle(cache: RowCache<Row>, view: IndexRange, table: ReturnType<typeof createTable>) {
  let held = cache;
  let at = view;
  for (let step = 0; step < 100; step += 1) {
    const fetch = planFetch(held, at);
    if (fetch === null) return { cache: held, view: at };
    const accepted = acceptRows(held, fetch, table.answer(fetch.window), at);
    held = accepted.cache;
    at = { from: at.from + accepted.shift, to: at.to + accepted.shift };
  }
  throw new Error('it never settled');
}

function refresh(cache: RowCache<Row>, view: IndexRange, table: ReturnType<typeof createTable>) {
  const fetch: Fetch | null = planRefresh(cache, view);
  if (fetch === null) throw new Error('nothing to refresh');
  const accepted = acceptRows(cache, fetch, table.answer(fetch.window), view);
  return {
    cache: accepted.cache,
    view: { from: view.from + accepted.shift, to: view.to + accepted.shift },
  };
}

const keysIn = (held: { cache: RowCache<Row>; view: IndexRange }) =>
  range(held.view.to - held.view.from).map((offset) => rowAt(held.cache, held.view.from + offset)?.key);

test('begins at the start and knows its size', () => {
  const held = settle(emptyCache(), { from: 0, to: 30 }, createTable(range(1_000)));
  expect(keysIn(held)).toEqual(range(30));
  expect(held.cache).toMatchObject({ count: 1_000, total: 1_000, atStart: true, atEnd: false });
});

test('an empty table is loaded and asks for nothing more', () => {
  const { cache } = settle(emptyCache(), { from: 0, to: 30 }, createTable([]));
  expect(cache).toMatchObject({ loaded: true, count: 0, total: 0 });
});

test('a jump into a million rows shows the rows of that place in one fetch', () => {
  const table = createTable(range(1_000_000));
  const start = settle(emptyCache(), { from: 0, to: 30 }, table);
  const view = { from: 640_000, to: 640_030 };
  const fetch = planFetch(start.cache, view);
  expect(fetch?.purpose).toBe('jump');
  const held = settle(start.cache, view, table);
  expect(keysIn(held)).toEqual(range(30).map((offset) => 640_000 + offset));
  expect(held.cache.rows.length).toBeLessThanOrEqual(MAX_CACHED_ROWS);
});

test('walking on through a table never holds more than its bound and skips no row', () => {
  const table = createTable(range(5_000));
  let held = settle(emptyCache<Row>(), { from: 0, to: 30 }, table);
  for (let from = 0; from <= 4_970; from += 70) {
    held = settle(held.cache, { from, to: from + 30 }, table);
    expect(held.cache.rows.length).toBeLessThanOrEqual(MAX_CACHED_ROWS);
    expect(keysIn(held)).toEqual(range(30).map((offset) => from + offset));
  }
  for (let from = 4_970; from >= 0; from -= 70) {
    held = settle(held.cache, { from, to: from + 30 }, table);
    expect(keysIn(held)).toEqual(range(30).map((offset) => from + offset));
  }
});

test('where the end is met the count is exact, however wrong the estimate was', () => {
  for (const off of [-700, 700]) {
    const table = createTable(range(1_000), off);
    const start = settle(emptyCache<Row>(), { from: 0, to: 30 }, table);
    const held = settle(start.cache, { from: start.cache.count - 30, to: start.cache.count }, table);
    expect(held.cache.atEnd).toBe(true);
    expect(held.cache.count).toBe(held.cache.first + held.cache.rows.length);
    expect(rowAt(held.cache, held.cache.count - 1)?.key).toBe(999);
  }
});

test('a refresh in the middle keeps the first row in view where it is, whatever came before it', () => {
  const table = createTable(range(10_000).map((key) => key * 2 + 10_000));
  const start = settle(emptyCache<Row>(), { from: 0, to: 30 }, table);
  const middle = settle(start.cache, { from: 5_000, to: 5_030 }, table);
  const shown = keysIn(middle);
  // Rows arrive before and inside the view.
  const inside = (shown[10] ?? 0) + 1;
  const grown = createTable([...range(50), ...table.keys, inside].sort((a, b) => a - b));
  const held = refresh(middle.cache, middle.view, grown);
  expect(held.view).toEqual(middle.view);
  expect(keysIn(held)).toEqual([...shown.slice(0, 11), inside, ...shown.slice(11, 29)]);
});

test('a refresh at the start shows what is new at the start', () => {
  const table = createTable(range(500).map((key) => key + 100));
  const start = settle(emptyCache<Row>(), { from: 0, to: 30 }, table);
  const held = refresh(start.cache, start.view, createTable([...range(3), ...table.keys]));
  expect(keysIn(held)).toEqual([0, 1, 2, ...range(27).map((key) => key + 100)]);
  expect(held.cache.total).toBe(503);
});

test('scrolling back after rows came in before the view reaches them, moving no row on screen', () => {
  const table = createTable(range(400).map((key) => key + 1_000));
  let held = settle(emptyCache<Row>(), { from: 0, to: 30 }, table);
  held = settle(held.cache, { from: 200, to: 230 }, table);
  const grown = createTable([...range(300), ...table.keys]);
  held = refresh(held.cache, held.view, grown);
  for (let step = 0; step < 40 && held.view.from > 0; step += 1) {
    const before = held;
    held = settle(
      held.cache,
      { from: Math.max(0, held.view.from - 20), to: Math.max(30, held.view.to - 20) },
      grown,
    );
    expect(held.cache.rows.length).toBeGreaterThan(0);
    expect(before.cache.loaded).toBe(true);
  }
  expect(keysIn(held)).toEqual(range(30));
});

test('wherever one scrolls, with whatever estimate, the view fills with neighbouring rows', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 31, max: 4_000 }),
      fc.integer({ min: -500, max: 2_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }),
      (size, off, places) => {
        const table = createTable(range(size), off);
        let held = settle(emptyCache<Row>(), { from: 0, to: 30 }, table);
        for (const place of places) {
          const from = Math.floor(place * Math.max(0, held.cache.count - 30));
          held = settle(held.cache, { from, to: from + 30 }, table);
          // A smaller count pulls the view back, as a browser's scroll bar would.
          const to = Math.min(held.view.to, held.cache.count);
          held = settle(held.cache, { from: Math.max(0, to - 30), to }, table);
          const keys = keysIn(held);
          expect(keys).not.toContain(undefined);
          expect(keys).toEqual(range(keys.length).map((offset) => (keys[0] ?? 0) + offset));
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** As `createTable`, but only some keys match, and a search stops after 60 keys. */
function createSparseTable(size: number, passes: (key: number) => boolean) {
  const matching = range(size).filter(passes);
  return {
    keys: matching,
    answer({ from, limit }: WindowRequest): RowWindow<Row> {
      const isBackward = 'before' in from || ('edge' in from && from.edge === 'end');
      let at = isBackward ? size - 1 : 0;
      if ('after' in from) at = Number(from.after) + 1;
      else if ('before' in from) at = Number(from.before) - 1;
      else if ('near' in from) at = Math.floor(from.near * (size - 1));
      const found: number[] = [];
      const step = isBackward ? -1 : 1;
      const isInside = () => at >= 0 && at < size;
      for (let tried = 0; isInside() && tried < 60 && found.length < limit; tried += 1, at += step) {
        if (passes(at)) found.push(at);
      }
      if (isBackward) found.reverse();
      const isFull = found.length === limit;
      const fromEdge = 'edge' in from;
      return {
        rows: found.map((key) => ({ key, cursor: String(key) })),
        atStart: isBackward ? !isInside() : fromEdge,
        atEnd: isBackward ? fromEdge : !isInside(),
        next: isInside() && !isFull ? String(at - step) : null,
        total: matching.length,
        totalIs: 'estimate',
        startIndex: matching.filter((key) => key < (found[0] ?? 0)).length,
      };
    },
  };
}

test('asks on where a search stopped, until the view is full or all is found, from wherever it began', () => {
  const table = createSparseTable(2_000, (key) => key % 70 === 69);
  const start = settle(emptyCache<Row>(), { from: 0, to: 20 }, table);
  expect(keysIn(start)).toEqual(table.keys.slice(0, 20));
  const middle = settle(start.cache, { from: 0, to: 28 }, table);
  expect(keysIn(middle)).toEqual(table.keys);
  const none = settle(
    emptyCache<Row>(),
    { from: 0, to: 20 },
    createSparseTable(2_000, () => false),
  );
  expect(none.cache).toMatchObject({ rows: [], count: 0, atStart: true, atEnd: true });
});

test('a search that began in the middle also goes on towards the start', () => {
  const table = createSparseTable(40_000, (key) => key % 7 === 6);
  const start = settle(emptyCache<Row>(), { from: 0, to: 20 }, table);
  let held = settle(start.cache, { from: 4_000, to: 4_020 }, table);
  const shown = keysIn(held).map(Number);
  const first = table.keys.indexOf(shown[0] ?? -1);
  expect(shown).toEqual(table.keys.slice(first, first + 20));
  held = settle(held.cache, { from: held.cache.first - 10, to: held.cache.first + 10 }, table);
  const back = keysIn(held).map(Number);
  expect(back).toEqual(table.keys.slice(table.keys.indexOf(back[0] ?? -1)).slice(0, 20));
});
