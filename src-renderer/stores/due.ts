import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Moment } from '../../src-shared/run-clock';
import { MAX_WINDOW_ROWS } from '../../src-shared/views';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';

/** When pending callbacks are due: the timeline ahead of the playhead. */
export interface Due {
  /** The next ones of all runs, at most one window, earliest first. */
  readonly next: readonly Moment[];
  /** The last one of all runs; null if none is pending. */
  readonly last: Moment | null;
}

/** In that run's time. */
export function dueOfRun({ next, last }: Due, runId: string) {
  const ats = next.flatMap((due) => (due.runId === runId ? [due.at] : []));
  return { ats, lastAt: last?.runId === runId ? last.at : (ats.at(-1) ?? null) };
}

export interface DueStore {
  readonly store: StoreApi<Due>;
  /** Asks the host again, at most every two seconds. */
  invalidate(): void;
  close(): void;
}

const NONE: Due = { next: [], last: null };
const REFRESH_MS = 2_000;

export function createDue(client: Client, clock: Clock): DueStore {
  const store = createStore<Due>(() => NONE);
  let dirty = false;
  let resting = false;
  let cancel: (() => void) | null = null;

  const load = async () => {
    dirty = false;
    resting = true;
    try {
      const first = await client.call('callbacks.page', {
        state: 'pending',
        window: { from: { edge: 'start' }, limit: MAX_WINDOW_ROWS },
      });
      const last = first.atEnd
        ? first
        : await client.call('callbacks.page', {
            state: 'pending',
            window: { from: { edge: 'end' }, limit: 1 },
          });
      const duesOf = (rows: typeof first.rows) => rows.flatMap((row) => row.callbackDue ?? []);
      store.setState({ next: duesOf(first.rows), last: duesOf(last.rows).at(-1) ?? null });
    } catch {
      // The drawing stays until the next try.
      dirty = true;
    }
    cancel = clock.after(REFRESH_MS, () => {
      resting = false;
      if (dirty) void load();
    });
  };
  return {
    store,
    invalidate() {
      dirty = true;
      if (!resting) void load();
    },
    close: () => cancel?.(),
  };
}
