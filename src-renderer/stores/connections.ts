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
  const set = (list: readonly ConnectionStatus[]) =>
    store.setState({
      list: list.toSorted((one, other) => BY_NUMBER.compare(one.run.runId, other.run.runId)),
      error: null,
    });
  const dismissed = new Set<string>();
  const without = (runId: string) => (store.getState().list ?? []).filter(({ run }) => run.runId !== runId);
  const load = async () => {
    try {
      const list = await client.call('connections.list', {});
      set(list.filter(({ run, state }) => state !== 'ended' || !dismissed.has(run.runId)));
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
          if (entry.event === 'connection') set([...without(entry.status.run.runId), entry.status]);
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
      set(without(runId));
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
