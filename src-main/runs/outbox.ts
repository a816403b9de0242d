import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../time/clock';

/**
 * News of a batch that has committed, told a moment later: whoever asks the database for something next does so first, and
 * the database is at work while the news is told. Whatever else is told in the meantime comes after it.
 */
export interface Outbox {
  /**
   * `tell` is called once, by `flush` or when all that follows at once has been done, and as part of what is going on now: its
   * trace. Resolves after it.
   */
  later(tell: () => void): Promise<void>;
  /** Tells now what is held back. To be called before anything else is told, or counted on. */
  flush(): void;
}

export function createOutbox(clock: Pick<Clock, 'breathe'>): Outbox {
  let held: (() => void) | null = null;
  const flush = () => {
    const tell = held;
    held = null;
    tell?.();
  };
  return {
    later(tell) {
      flush();
      const apart = AsyncLocalStorage.snapshot();
      return new Promise((told) => {
        held = () => {
          apart(tell);
          told();
        };
        void clock.breathe().then(flush);
      });
    },
    flush,
  };
}
