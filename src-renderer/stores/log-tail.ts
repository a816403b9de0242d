import { createStore, type StoreApi } from 'zustand/vanilla';
import { IngotError, toWireError, type WireError } from '../../src-shared/errors';
import type { LogEntry, LogLevel, LogPage } from '../../src-shared/logs';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';

/** The window's copy of the host's log, bounded like the host's. */
export interface LogTail {
  readonly entries: readonly LogEntry[];
  /** Entries dropped at the front since the window began to look. */
  readonly dropped: number;
  readonly loaded: boolean;
  /** Older entries are still on their way. */
  readonly behind: boolean;
  /** Null until the host has answered. */
  readonly level: LogLevel | null;
  readonly error: WireError | null;
}

export interface LogTailStore {
  readonly store: StoreApi<LogTail>;
  /** Looks now and then repeatedly. Returns the function that stops it. */
  attach(): () => void;
  /** Looks at once, for example after an error. */
  look(): void;
}

const LOOK_EVERY_MS = 500;
const PAGE = 500;
/** As many as the host keeps. */
export const TAIL_ENTRIES = 5_000;

const NOTHING: LogTail = {
  entries: [],
  dropped: 0,
  loaded: false,
  behind: false,
  level: null,
  error: null,
};

/**
 * Fetches the latest page, then new entries twice a second; between two looks one older page, until there are none. The feed does
 * not carry the log: it would wake every window for a view that is mostly closed.
 */
export function createLogTail(client: Pick<Client, 'call'>, clock: Clock): LogTailStore {
  const store = createStore<LogTail>(() => NOTHING);
  let life: string | null = null;
  let attached = false;
  let busy = false;
  let cancel: (() => void) | null = null;

  const firstSeq = () => store.getState().entries[0]?.seq ?? null;
  const lastSeq = () => store.getState().entries.at(-1)?.seq ?? 0;

  const take = (entries: readonly LogEntry[], page: LogPage) => {
    const over = Math.max(0, entries.length - TAIL_ENTRIES);
    const kept = over > 0 ? entries.slice(over) : entries;
    const first = kept[0]?.seq ?? page.lastSeq + 1;
    store.setState(({ dropped }) => ({
      entries: kept,
      dropped: dropped + over,
      loaded: true,
      behind: over === 0 && first > page.floorSeq + 1,
      level: page.level,
      error: null,
    }));
  };

  const begin = async () => {
    const page = await client.call('logs.page', { from: { side: 'before', seq: null }, limit: PAGE });
    life = page.life;
    take(page.entries, page);
  };

  /** Returns whether there is more to fetch at once. */
  const goOn = async (): Promise<boolean> => {
    const after = await client.call('logs.page', { from: { side: 'after', seq: lastSeq() }, limit: PAGE });
    if (after.life !== life) {
      store.setState({ ...NOTHING, loaded: true });
      await begin();
      return true;
    }
    const { entries } = store.getState();
    if (after.entries.length > 0) take([...entries, ...after.entries], after);
    else store.setState({ level: after.level, error: null });
    if (lastSeq() < after.lastSeq) return true;
    return goBack();
  };

  const goBack = async (): Promise<boolean> => {
    const first = firstSeq();
    if (!store.getState().behind || first === null) return false;
    const page = await client.call('logs.page', { from: { side: 'before', seq: first }, limit: PAGE });
    if (page.life === life) take([...page.entries, ...store.getState().entries], page);
    return store.getState().behind && page.entries.length > 0;
  };

  const look = async () => {
    if (busy) return;
    busy = true;
    cancel?.();
    cancel = null;
    let more = false;
    try {
      if (life === null) {
        await begin();
        more = store.getState().behind;
      } else more = await goOn();
    } catch (error) {
      // While the connection is down the entries stay; the next look follows by itself.
      if (!(error instanceof IngotError && error.code === 'disconnected' && store.getState().loaded)) {
        store.setState({ error: toWireError(error) });
      }
    } finally {
      busy = false;
      if (attached) cancel = clock.after(more ? 0 : LOOK_EVERY_MS, () => void look());
    }
  };

  return {
    store,
    attach() {
      attached = true;
      void look();
      return () => {
        attached = false;
        cancel?.();
        cancel = null;
      };
    },
    look: () => void look(),
  };
}
