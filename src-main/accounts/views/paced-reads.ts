import type { Clock } from '../../engine/clock';

export interface PacedReadsDeps {
  readonly clock: Clock;
  /** Grows after every commit: what was read under the same number still holds. */
  readonly generation: () => number;
}

/**
 * Reads that go over whole tables, for whoever asks, however often: nothing is read twice while nothing
 * changes, and while it does, such a read takes at most a tenth of the database's time. Nobody gets an
 * answer that was out of date when they asked: who asks too early waits for the next one.
 */
export interface PacedReads {
  read<T>(key: string, work: () => Promise<T>): Promise<T>;
}

const REST_FACTOR = 9;
const KEPT_READS = 32;

interface Entry {
  readonly made: number;
  readonly answer: Promise<unknown>;
  /** Resolves when the next one may begin. */
  readonly rested: Promise<void>;
  next: Promise<unknown> | null;
}

export function createPacedReads({ clock, generation }: PacedReadsDeps): PacedReads {
  const entries = new Map<string, Entry>();

  const begin = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = clock.monotonicMs();
    const made = generation();
    const answer = work();
    const rest = () => {
      const restMs = (clock.monotonicMs() - before) * REST_FACTOR;
      return restMs < 1 ? undefined : clock.waitUntil(clock.now() + restMs);
    };
    const rested = answer.then(rest, () => {
      // A failure is for whoever asked; the next to ask tries anew.
      if (entries.get(key)?.answer === answer) entries.delete(key);
    });
    entries.delete(key);
    entries.set(key, { made, answer, rested, next: null });
    const oldest = entries.keys().next();
    if (entries.size > KEPT_READS && !oldest.done) entries.delete(oldest.value);
    return answer;
  };

  return {
    read<T>(key: string, work: () => Promise<T>): Promise<T> {
      const entry = entries.get(key);
      if (!entry) return begin(key, work);
      // One key is always read by the same work: what is kept under it is a T.
      if (entry.made === generation()) return entry.answer as Promise<T>;
      entry.next ??= entry.rested.then(() => begin(key, work));
      return entry.next as Promise<T>;
    },
  };
}
