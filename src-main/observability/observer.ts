import type { EngineEvent } from '../../src-shared/feed';

/** What a piece of work was about, in plain values: never a record's data, never an account id. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Pieces of work that take time: one run, one batch and its steps, one claim, one statement, a window's call. */
export type Work = 'run' | 'batch' | 'classify' | 'store' | 'claim' | 'statement' | 'call';

/**
 * What the rooms of Ingot know of measuring: that somebody may look on while they work. Metrics and traces
 * stand behind it; with neither, it costs a function call.
 */
export interface Observer {
  /** Does `work` under observation; what it gives or rejects with goes on as it is. */
  around<T>(work: Work, attributes: Attributes, doIt: () => Promise<T>): Promise<T>;
  /** Hears the events of each engine that it looks on at, during the work that made them true. */
  readonly hear?: (events: readonly EngineEvent[]) => void;
}

/** Nobody looks on. */
export const unobserved: Observer = { around: (_work, _attributes, doIt) => doIt() };

/** All of them look on, the first from the outermost place. */
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
