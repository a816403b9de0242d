import type { EngineEvent } from '../../src-shared/feed';

/** Describes a piece of work in plain values: never a record's data, never an account id. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** One run, one batch and its steps, one claim, one statement, one call of a window. */
export type Work = 'run' | 'batch' | 'classify' | 'store' | 'claim' | 'statement' | 'call';

/**
 * All that other folders know of metrics and traces: the work that they do may be observed. Without an observer this
 * costs a function call.
 */
export interface Observer {
  /** Does `work`; results and rejections pass through. */
  around<T>(work: Work, attributes: Attributes, doIt: () => Promise<T>): Promise<T>;
  /** Gets an engine's events, during the work that caused them. */
  readonly hear?: (events: readonly EngineEvent[]) => void;
}

export const unobserved: Observer = { around: (_work, _attributes, doIt) => doIt() };

/** The first is the outermost. */
export function combineObservers(observers: readonly Observer[]): Observer {
  const [first, ...others] = observers.filter((observer) => observer !== unobserved);
  if (!first) return unobserved;
  if (others.length === 0) return first;
  const inner = combineObservers(others);
  return {
    around: (work, attributes, doIt) =>
      first.around(work, attributes, () => inner.around(work, attributes, doIt)),
    hear(events) {
      first.hear?.(events);
      inner.hear?.(events);
    },
  };
}
