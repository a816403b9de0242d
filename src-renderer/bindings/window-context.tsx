import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { type StoreApi, useStore } from 'zustand';
import type { CommandId } from '../../src-shared/commands';
import type { Preferences } from '../../src-shared/contract';
import { whyReadOnly } from '../../src-shared/database-state';
import type { Address } from '../stores/address';
import { isOpening } from '../stores/database';
import { type InstantShown, type InstantStore, type Reads, readsAsOf } from '../stores/instant';
import type { LiveState } from '../stores/live';
import type { Route } from '../stores/route';
import type { RunControl } from '../stores/run-control';
import type { TableInCharge } from '../stores/table-in-charge';
import type { Zoom, ZoomStore } from '../stores/zoom';
import type { WindowModel } from '../window-model';

/** What lies over the view, which stays as it is. `word` is looked up in the glossary. */
export type Overlay =
  | { readonly shown: null }
  | { readonly shown: 'shortcuts' }
  /** Over the deck: where the run is to pause. */
  | { readonly shown: 'goals' }
  | { readonly shown: 'help'; readonly word: string };

export interface WindowScope {
  readonly model: WindowModel;
  readonly address: Address;
  readonly instant: InstantStore;
  readonly zoom: ZoomStore;
  readonly runControl: RunControl;
  readonly table: TableInCharge;
  readonly overlay: StoreApi<Overlay>;
  readonly run: (command: CommandId) => void;
}

const WindowContext = createContext<WindowScope | null>(null);

export function WindowProvider({
  value,
  children,
}: {
  readonly value: WindowScope;
  readonly children: ReactNode;
}) {
  return <WindowContext value={value}>{children}</WindowContext>;
}

export function useWindow(): WindowScope {
  const value = useContext(WindowContext);
  if (value === null) throw new Error('There is no window around this component.');
  return value;
}

export const useModel = (): WindowModel => useWindow().model;

/** Why this window cannot change anything; null if it can. */
export function useReadOnly(): string | null {
  return useStore(useModel().database.store, ({ state }) => whyReadOnly(state));
}

/** Whether nothing is known of the database's content, because it is being opened. */
export function useOpening(): boolean {
  return useStore(useModel().database.store, ({ state }) => isOpening(state));
}

export function useLive<Value>(select: (state: LiveState) => Value): Value {
  return useStore(useModel().live, select);
}

export function useRoute<Value>(select: (route: Route) => Value): Value {
  return useStore(useWindow().address.store, select);
}

export function useInstant<Value>(select: (state: InstantShown) => Value): Value {
  return useStore(useWindow().instant.store, select);
}

export function useZoom<Value>(select: (state: Zoom) => Value): Value {
  return useStore(useWindow().zoom.store, select);
}

/** Asks the host as of the instant that the window shows. Another object for each, so that what depends on it asks again. */
export function useReads(): Reads {
  const { client } = useModel();
  const asOf = useInstant(({ found }) => found?.asOf ?? null);
  return useMemo(() => readsAsOf(client, asOf), [client, asOf]);
}

export function usePreference<Name extends keyof Preferences>(name: Name): Preferences[Name] {
  return useStore(useModel().preferences.store, (state) => state.preferences[name]);
}
