import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConnectionStatus } from '../../src-shared/connections';
import { toWireError, type WireError } from '../../src-shared/errors';
import type { FeedFrame } from '../../src-shared/feed';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';

const ASK_EVERY_MS = 1_000;
const BY_NUMBER = new Intl.Collator('en', { numeric: true });

export interface ConnectionsState {
  /** Open ones, and those that ended and were not dismissed, by run. Null: not known yet. */
  readonly list: readonly ConnectionStatus[] | null;
  readonly error: WireError | null;
}

/** The connections of the host. Their states are heard from the feed, their figures asked for while somebody looks. */
export interface ConnectionsStore {
  readonly store: StoreApi<ConnectionsState>;
  take(frames: readonly FeedFrame[]): void;
  load(): Promise<void>;
  /** Asks now, then repeatedly until the returned function is called. */
  follow(): () => void;
  /** Of one that has ended. */
  dismiss(runId: string): void;
}

export function createConnections(client: Pick<Client, 'call'>, clock: Clock): ConnectionsStore {
  const store = createStore<ConnectionsState>(() => ({ list: null, error: null }));
  const dismissed = new Set<string>();
  const set = (all: readonly ConnectionStatus[]) => {
    // One that is open again, or another of this number in a new database, is news when it ends.
    for (const { run, state } of all) if (state !== 'ended') dismissed.delete(run.runId);
    const list = all
      .filter(({ run }) => !dismissed.has(run.runId))
      .toSorted((one, other) => BY_NUMBER.compare(one.run.runId, other.run.runId));
    store.setState({ list, error: null });
  };
  const load = async () => {
    try {
      set(await client.call('connections.list', {}));
    } catch (error) {
      store.setState({ error: toWireError(error) });
    }
  };
  return {
    store,
    take(frames) {
      for (const frame of frames) {
        if (frame.kind !== 'events') continue;
        for (const entry of frame.events) {
          if (entry.event !== 'connection') continue;
          const { status } = entry;
          const others = (store.getState().list ?? []).filter(({ run }) => run.runId !== status.run.runId);
          set([...others, status]);
        }
      }
    },
    load,
    follow() {
      void load();
      return clock.every(ASK_EVERY_MS, () => void load());
    },
    dismiss(runId) {
      dismissed.add(runId);
      set(store.getState().list ?? []);
    },
  };
}

/** Slots that the source is ahead of what is committed; null: one of them is not known. */
export function slotsBehind({ slot, headSlot }: ConnectionStatus): string | null {
  if (slot === null || headSlot === null) return null;
  const behind = BigInt(headSlot) - BigInt(slot);
  return String(behind < 0n ? 0n : behind);
}

/** What needs a look: lost ones, and those that failed. */
export const troubled = (list: ConnectionsState['list']): readonly ConnectionStatus[] =>
  (list ?? []).filter(({ state, run }) => state === 'waiting' || (state === 'ended' && run.failure !== null));
