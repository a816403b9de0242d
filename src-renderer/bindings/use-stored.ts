import { useCallback } from 'react';
import { useStore } from 'zustand';
import type { Preferences } from '../../src-shared/contract';
import { useModel } from './window-context';

type Json = Preferences['layout'][string];

/**
 * A piece of the layout, stored by the host under `key`. A stored value of another kind is ignored: another version of Ingot may
 * have written it.
 */
export function useStored<Value extends Json>(key: string, fallback: Value): [Value, (value: Value) => void] {
  const { preferences } = useModel();
  const stored = useStore(preferences.store, (state) => state.preferences.layout[key]);
  const set = useCallback((value: Value) => preferences.changeLayout(key, value), [preferences, key]);
  const usable = stored !== undefined && sameKind(stored, fallback);
  return [usable ? (stored as Value) : fallback, set];
}

function sameKind(stored: Json, fallback: Json): boolean {
  if (Array.isArray(stored) || Array.isArray(fallback))
    return Array.isArray(stored) === Array.isArray(fallback);
  return fallback === null || stored === null || typeof stored === typeof fallback;
}
