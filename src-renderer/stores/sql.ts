import { createStore, type StoreApi } from 'zustand/vanilla';
import { IngotError, toWireError, type WireError } from '../../src-shared/errors';
import type { SqlQuery, SqlResult, SqlRow, SqlStatus } from '../../src-shared/sql';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';
import type { FetchRows } from './window-loader';

export interface SqlState {
  /** What runs, and since when on this window's clock; null: nothing does. */
  readonly running: { readonly query: SqlQuery; readonly sinceMs: number } | null;
  /** The last query that was run to its end, with what came of it. */
  readonly ran: { readonly query: SqlQuery; readonly result: SqlResult } | null;
  readonly failed: { readonly query: SqlQuery; readonly error: WireError } | null;
  readonly status: SqlStatus | null;
  /** Why there is no SQL for this database. */
  readonly unavailable: WireError | null;
  /** A query that waits for a person: its copy is large. */
  readonly waiting: SqlQuery | null;
}

export interface SqlDesk {
  readonly store: StoreApi<SqlState>;
  /** Runs a query. With `copying` also if a large copy has to be made first. */
  run(query: SqlQuery, copying?: boolean): Promise<void>;
  cancel(): void;
  /** Makes a new copy. */
  refresh(): Promise<void>;
  look(): Promise<void>;
}

/** Before a copy of this size, a person is asked. */
const LARGE_BYTES = 10 ** 9;

export function createSqlDesk(client: Client, clock: Clock, fail: (error: unknown) => void): SqlDesk {
  const store = createStore<SqlState>(() => ({
    running: null,
    ran: null,
    failed: null,
    status: null,
    unavailable: null,
    waiting: null,
  }));

  /** The query that runs was cancelled, maybe before the host has heard of it. */
  let isCancelled = false;

  const look = async () => {
    try {
      store.setState({ status: await client.call('sql.status', {}), unavailable: null });
    } catch (error) {
      store.setState({ status: null, unavailable: toWireError(error) });
    }
  };
  return {
    store,
    look,
    async run(query, copying = false) {
      if (store.getState().running !== null) return;
      isCancelled = false;
      store.setState({ running: { query, sinceMs: clock.nowMs() }, failed: null, waiting: null });
      try {
        await look();
        const { status, unavailable } = store.getState();
        if (unavailable !== null) return;
        if (isCancelled) throw new IngotError('conflict', 'The query was cancelled.');
        if (!copying && status?.copy === null && status.newCopy.sizeBytes >= LARGE_BYTES) {
          store.setState({ waiting: query });
          return;
        }
        const result = await client.call('sql.run', query);
        store.setState({ ran: { query, result } });
      } catch (error) {
        store.setState({ failed: { query, error: toWireError(error) } });
      } finally {
        store.setState({ running: null });
        void look();
      }
    },
    cancel() {
      isCancelled = true;
      client.call('sql.cancel', {}).catch(fail);
    },
    async refresh() {
      try {
        store.setState({ status: await client.call('sql.refresh', {}) });
      } catch (error) {
        fail(error);
      }
    },
  };
}

const MOST_KEPT = 100;
/** The host keeps layouts of 128 KiB in all. */
const MOST_CHARACTERS = 40_000;

/** The queries that were run, the latest first, each once. */
export function rememberQuery(history: readonly string[], text: string): string[] {
  const kept: string[] = [];
  let characters = 0;
  for (const one of [text, ...history.filter((other) => other !== text)]) {
    characters += one.length;
    if (kept.length === MOST_KEPT || characters > MOST_CHARACTERS) break;
    kept.push(one);
  }
  return kept;
}

/** The rows of a result: a row's cursor is its place. */
export function fetchResult(
  client: Client,
  { resultId, rowCount }: Pick<SqlResult, 'resultId' | 'rowCount'>,
): FetchRows<{ readonly cells: SqlRow }> {
  return async ({ from, limit }) => {
    const [start, end] = placeOf(from, limit, rowCount);
    const rows: { cells: SqlRow; cursor: string }[] = [];
    // An answer may have fewer than were asked for, if they are long.
    while (start + rows.length < end) {
      const at = start + rows.length;
      const answer = await client.call('sql.rows', { resultId, from: at, limit: end - at });
      for (const [after, cells] of answer.rows.entries()) rows.push({ cells, cursor: String(at + after) });
      if (answer.rows.length === 0) break;
    }
    return {
      rows,
      atStart: start === 0,
      atEnd: end >= rowCount,
      next: null,
      total: rowCount,
      totalIs: 'exact',
      startIndex: start,
    };
  };
}

type From = Parameters<FetchRows<never>>[0]['from'];

function placeOf(from: From, limit: number, count: number): readonly [number, number] {
  if ('before' in from) {
    const end = Number(from.before);
    return [Math.max(0, end - limit), end];
  }
  const last = Math.max(0, count - limit);
  const start =
    'after' in from
      ? Number(from.after) + 1
      : 'near' in from
        ? Math.min(last, Math.round(from.near * count))
        : from.edge === 'start'
          ? 0
          : last;
  return [start, Math.min(count, start + limit)];
}
