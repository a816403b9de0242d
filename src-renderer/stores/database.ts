import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DatabaseState } from '../../src-shared/database-state';
import type { Client } from '../transport/client';

/** The database's state: fetched at each connection and at each change. */
export interface DatabaseStore {
  /** Null until the first answer. */
  readonly store: StoreApi<{ readonly state: DatabaseState | null }>;
  load(): Promise<void>;
  /** Takes over the answer of a call. */
  put(state: DatabaseState): void;
}

/** Whether it is being opened for the first time: nothing is known of its content. */
export const isOpening = (state: DatabaseState | null): boolean =>
  state?.phase === 'opening' && state.lost === null;

/** The space that is open; null: main. */
export const spaceOf = (state: DatabaseState | null): string | null =>
  state?.phase === 'open' ? (state.space ?? null) : null;

/** What is being done to it, during which nothing can be read; null if nothing. */
export function workOn(state: DatabaseState | null): 'opening' | 'resetting' | 'restoring' | null {
  if (isOpening(state)) return 'opening';
  if (state?.phase !== 'replacing') return null;
  if (state.change === 'entered') return 'opening';
  return state.change === 'reset' ? 'resetting' : 'restoring';
}

export function createDatabase(client: Client): DatabaseStore {
  const store = createStore<{ state: DatabaseState | null }>(() => ({ state: null }));
  /** Answers may overtake each other: only the latest request counts. */
  let latest = 0;
  return {
    store,
    async load() {
      latest += 1;
      const mine = latest;
      const state = await client.call('database.state', {});
      if (mine === latest) store.setState({ state });
    },
    put(state) {
      latest += 1;
      store.setState({ state });
    },
  };
}
