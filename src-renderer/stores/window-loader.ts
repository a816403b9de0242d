import { createStore, type StoreApi } from 'zustand/vanilla';
import { IngotError, toWireError, type WireError } from '../../src-shared/errors';
import type { RowWindow, WindowRequest } from '../../src-shared/views';
import type { Clock } from '../clock';
import {
  acceptRows,
  emptyCache,
  type Fetch,
  type IndexRange,
  PAGE_ROWS,
  planFetch,
  planRefresh,
  type RowCache,
} from './row-window';

export type FetchRows<Row> = (window: WindowRequest) => Promise<RowWindow<Row>>;

export interface LoaderState<Row> {
  readonly cache: RowCache<Row>;
  /** Sum of all shifts: a view that has followed up to here shows the same rows. */
  readonly shift: number;
  /** Number of queries so far: a new one starts at the top. */
  readonly epoch: number;
  /** The rows still answer the previous query. */
  readonly behind: boolean;
  /** The host is looking for more rows for the view. */
  readonly searching: boolean;
  readonly error: WireError | null;
}

/** Keeps the rows around a table's view loaded and fresh, one request at a time. */
export interface WindowLoader<Row> {
  readonly store: StoreApi<LoaderState<Row>>;
  setView(view: IndexRange): void;
  /** The rows may have changed. Fetches again soon, at most every `refreshMs`. */
  invalidate(): void;
  /** A new query: other order, other filter, or other content. */
  restart(fetchRows?: FetchRows<Row>): void;
  retry(): void;
  /** Fetches nothing until attached. Returns the function that detaches; it can be attached again. */
  attach(): () => void;
}

export interface LoaderOptions {
  readonly refreshMs: number;
  readonly page?: number;
}

/** After a refresh that had to search, the next one waits this many times as long as it took. */
const REST_FACTOR = 4;

export function createWindowLoader<Row>(
  firstFetch: FetchRows<Row>,
  clock: Clock,
  { refreshMs, page = PAGE_ROWS }: LoaderOptions,
): WindowLoader<Row> {
  const store = createStore<LoaderState<Row>>(() => ({
    cache: emptyCache<Row>(),
    shift: 0,
    epoch: 0,
    behind: false,
    searching: false,
    error: null,
  }));
  let fetchRows = firstFetch;
  let view: IndexRange = { from: 0, to: 0 };
  let busy = false;
  let dirty = false;
  let cancelRefresh: (() => void) | null = null;
  let refreshedAtMs = Number.NEGATIVE_INFINITY;
  /** 0 if the last refresh was no search. */
  let searchedForMs = 0;
  let closed = true;

  const next = () => {
    if (busy || closed || store.getState().error !== null) return;
    const { cache, behind } = store.getState();
    const fetch = planFetch(behind ? emptyCache<Row>() : cache, view, page);
    if (fetch) {
      void run(fetch);
      return;
    }
    if (dirty) scheduleRefresh();
  };

  const scheduleRefresh = () => {
    if (cancelRefresh !== null) return;
    const everyMs = Math.max(refreshMs, REST_FACTOR * searchedForMs);
    const dueInMs = Math.max(0, refreshedAtMs + everyMs - clock.nowMs());
    cancelRefresh = clock.after(dueInMs, () => {
      cancelRefresh = null;
      if (busy || closed || !dirty) return;
      const fetch = planRefresh(store.getState().cache, view, page);
      dirty = false;
      refreshedAtMs = clock.nowMs();
      if (fetch) void run(fetch);
    });
  };

  const goOn = async (found: RowWindow<Row>, after: string, limit: number): Promise<RowWindow<Row>> => {
    const more = await fetchRows({ from: { after }, limit: limit - found.rows.length });
    const { atStart, startIndex } = found;
    return { ...more, rows: [...found.rows, ...more.rows], atStart, startIndex };
  };

  const run = async (fetch: Fetch) => {
    busy = true;
    const { epoch } = store.getState();
    try {
      const isOver = () => closed || store.getState().epoch !== epoch;
      let answer = await fetchRows(fetch.window);
      // A refresh replaces rows only when complete; elsewhere rows appear as they are found.
      if (fetch.purpose === 'refresh') {
        const sinceMs = clock.nowMs();
        while (answer.next !== null && !isOver())
          answer = await goOn(answer, answer.next, fetch.window.limit);
        searchedForMs = clock.nowMs() - sinceMs;
      }
      if (isOver()) return;
      const { cache, behind, shift } = store.getState();
      const from = behind ? { from: 0, to: view.to - view.from } : view;
      const accepted = acceptRows(behind ? emptyCache<Row>() : cache, fetch, answer, from);
      view = { from: from.from + accepted.shift, to: from.to + accepted.shift };
      const { first, rows } = accepted.cache;
      const searching = answer.next !== null && (view.from < first || view.to >= first + rows.length);
      store.setState({ cache: accepted.cache, shift: shift + accepted.shift, behind: false, searching });
    } catch (error) {
      if (closed || store.getState().epoch !== epoch) return;
      // While the connection is down the rows stay; `retry` follows on reconnection.
      const lost = error instanceof IngotError && error.code === 'disconnected';
      if (lost) dirty = true;
      store.setState({ error: toWireError(error) });
    } finally {
      busy = false;
      next();
    }
  };

  return {
    store,
    setView(wanted) {
      if (wanted.from === view.from && wanted.to === view.to) return;
      view = wanted;
      next();
    },
    invalidate() {
      dirty = true;
      if (!busy && store.getState().cache.loaded && store.getState().error === null) scheduleRefresh();
    },
    restart(other) {
      if (other) fetchRows = other;
      dirty = false;
      store.setState((state) => ({
        epoch: state.epoch + 1,
        behind: state.cache.loaded,
        error: null,
      }));
      next();
    },
    retry() {
      if (store.getState().error === null) return;
      store.setState({ error: null });
      next();
    },
    attach() {
      closed = false;
      next();
      return () => {
        closed = true;
        cancelRefresh?.();
        cancelRefresh = null;
      };
    },
  };
}
