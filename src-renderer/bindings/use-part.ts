import { type ComponentType, useEffect, useState } from 'react';
import { useSession } from './session-context';

/** A component whose code is fetched when it is first wanted, or when nothing else is to be done. */
export interface Part<Props extends object = object> {
  /** Null until it is here. */
  readonly component: ComponentType<Props> | null;
  /** Fetches it once; in vain, it may be tried again. */
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

/**
 * The part's component, or null until it is here. Without Suspense: a part that has been fetched is drawn at
 * once, where a lazy component would show its stand-in for a frame.
 */
export function usePart<Props extends object>(part: Part<Props>): ComponentType<Props> | null {
  const { fail } = useSession();
  const [, setArrived] = useState<Part<Props> | null>(null);
  useEffect(() => {
    if (part.component !== null) return;
    let gone = false;
    part.load().then(
      () => !gone && setArrived(part),
      (error: unknown) => !gone && fail(error),
    );
    return () => {
      gone = true;
    };
  }, [part, fail]);
  return part.component;
}
