import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DatabaseState } from '../../src-shared/database-state';
import type { Client } from '../transport/client';

/** Where the database is: asked for at each connection, and whenever the feed says that it changed. */
export interface DatabaseStore {
  /** Null until the first answer. */
  readonly store: StoreApi<{ readonly state: DatabaseState | null }>;
  load(): Promise<void>;
  /** What a call has just answered. */
  put(state: DatabaseState): void;
}

/** What is being done to the whole content, which cannot be read meanwhile; null: nothing. */
export function replacementOf(state: DatabaseState | null): 'resetting' | 'restoring' | null {
  if (state?.phase !== 'replacing') return null;
  return state.change === 'reset' ? 'resetting' : 'restoring';
}

export function createDatabase(client: Client): DatabaseStore {
  const store = createStore<{ state: DatabaseState | null }>(() => ({ state: null }));
  /** Answers may overtake each other: only the latest question counts. */
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
