import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Preferences } from '../../src-shared/contract';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';

const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  density: 'dense',
  timeZone: 'local',
  timeShown: 'wall',
  notifications: true,
  layout: {},
};

type Json = Preferences['layout'][string];

export interface PreferencesState {
  readonly preferences: Preferences;
  /** False until the host has answered. */
  readonly loaded: boolean;
}

/** Preferences, stored by the host. Changes apply at once and are saved shortly after. */
export interface PreferencesStore {
  readonly store: StoreApi<PreferencesState>;
  load(): Promise<void>;
  change(change: Partial<Omit<Preferences, 'layout'>>): void;
  changeLayout(key: string, value: Json): void;
  clearLayout(): void;
  /** Saves pending changes: for when the window closes. */
  saveNow(): void;
}

/** Key of the layout: ids of the accounts inspected last, the latest first. */
export const RECENT_ACCOUNTS = 'recent.accounts';
export const NO_IDS: string[] = [];
const MOST_RECENT = 8;

/** @param isThere false: the database has no such account any more. */
export function rememberAccount(
  { store, changeLayout }: PreferencesStore,
  id: string,
  isThere: boolean,
): void {
  const stored = store.getState().preferences.layout[RECENT_ACCOUNTS];
  const ids = Array.isArray(stored) ? stored : NO_IDS;
  if (isThere ? ids[0] === id : !ids.includes(id)) return;
  const others = ids.filter((other) => other !== id);
  changeLayout(RECENT_ACCOUNTS, isThere ? [id, ...others].slice(0, MOST_RECENT) : others);
}

/** Dragging a panel's edge changes its size sixty times a second: one message covers them. */
const SAVE_AFTER_MS = 400;

export function createPreferences(
  client: Client,
  clock: Clock,
  failed: (error: unknown) => void,
): PreferencesStore {
  const store = createStore<PreferencesState>(() => ({ preferences: DEFAULT_PREFERENCES, loaded: false }));
  let unsaved: Partial<Preferences> = {};
  let cancelSave: (() => void) | null = null;

  const save = () => {
    cancelSave = null;
    const { preferences, loaded } = store.getState();
    // Saving before they are loaded would overwrite them with defaults.
    if (!loaded) return;
    unsaved = {};
    // All of them: the schema fills in omitted ones with defaults, not with the stored values.
    client.call('preferences.set', preferences).catch(failed);
  };
  const saveLater = () => {
    cancelSave?.();
    cancelSave = clock.after(SAVE_AFTER_MS, save);
  };
  const apply = (change: Partial<Preferences>) => {
    store.setState(({ preferences }) => ({ preferences: { ...preferences, ...change } }));
    unsaved = { ...unsaved, ...change };
    saveLater();
  };
  return {
    store,
    async load() {
      const preferences = await client.call('preferences.get', {});
      store.setState({ preferences: { ...preferences, ...unsaved }, loaded: true });
      if (Object.keys(unsaved).length > 0) saveLater();
    },
    change: apply,
    changeLayout(key, value) {
      apply({ layout: { ...store.getState().preferences.layout, [key]: value } });
    },
    saveNow() {
      if (cancelSave === null) return;
      cancelSave();
      save();
    },
    clearLayout() {
      // The host keeps keys that are not named, so every key is cleared by name.
      const { layout } = store.getState().preferences;
      apply({ layout: Object.fromEntries(Object.keys(layout).map((key) => [key, null])) });
    },
  };
}
