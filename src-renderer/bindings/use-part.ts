import { type ComponentType, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { IngotError } from '../../src-shared/errors';
import { useModel } from './window-context';

/** A component whose code is fetched on first use, or when the window is idle. */
export interface Part<Props extends object = object> {
  /** Null until it is loaded. */
  readonly component: ComponentType<Props> | null;
  /** Fetches it once. After a failure it may be called again. */
  load(): Promise<ComponentType<Props>>;
}

export function createPart<Props extends object = object>(
  fetchPart: () => Promise<ComponentType<Props>>,
): Part<Props> {
  let component: ComponentType<Props> | null = null;
  let loading: Promise<ComponentType<Props>> | null = null;
  return {
    get component() {
      return component;
    },
    load() {
      loading ??= fetchPart().then(
        (fetched) => {
          component = fetched;
          return fetched;
        },
        (error: unknown) => {
          loading = null;
          throw error;
        },
      );
      return loading;
    },
  };
}

const NOT_LOADED = new IngotError('not_found', 'A part of the window could not be loaded.', {
  hint: 'Load the window again.',
});

/**
 * The part's component, or null until loaded. Without Suspense: a loaded part is drawn at once, where a lazy component would show
 * its fallback for a frame.
 */
export function usePart<Props extends object>(part: Part<Props>): ComponentType<Props> | null {
  const { client, fail } = useModel();
  const connected = useStore(client.connection, ({ phase }) => phase === 'open');
  const [, setArrived] = useState<Part<Props> | null>(null);
  // Once more whenever the connection is back: without its host a part cannot be fetched.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above.
  useEffect(() => {
    if (part.component !== null) return;
    let gone = false;
    part.load().then(
      () => !gone && setArrived(part),
      // The window already reports that the host has ended.
      () =>
        client.call('app.info', {}).then(
          () => !gone && fail(NOT_LOADED),
          () => undefined,
        ),
    );
    return () => {
      gone = true;
    };
  }, [part, client, fail, connected]);
  return part.component;
}

/**
 * `opened`, but never at once: a part that is fetched when it is needed would be open from its beginning, and a drawer gives the
 * focus back only to what had it when it was opened.
 */
export function useOpened(opened: boolean): boolean {
  const [isThere, setIsThere] = useState(false);
  useEffect(() => setIsThere(true), []);
  return isThere && opened;
}
