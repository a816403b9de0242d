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

/** A reset or restore in progress, during which nothing can be read; null if none. */
export function replacementOf(state: DatabaseState | null): 'resetting' | 'restoring' | null {
  if (state?.phase !== 'replacing') return null;
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
