import type { Clock } from '../../time/clock';

export interface PacedReadsDeps {
  readonly clock: Clock;
  /** Grows after every commit: what was read under the same number still holds. */
  readonly generation: () => number;
}

/**
 * Answers of expensive reads, each under a key that names its work. Nothing is read twice while nothing changes.
 * While something does, a read rests for a multiple of what it took.
 */
export interface PacedReads {
  /** Never gives what was out of date when it was asked for: a caller who is too early waits for the next read. */
  read<T>(key: string, work: () => Promise<T>, restFactor?: number): Promise<T>;
  /** Gives the last answer for as long as its read is under way or rests. */
  recent<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** The answer to `read`, if it is there and nothing has changed since. */
  known<T>(key: string): T | undefined;
}

/** At most a tenth of the database's time, for what may be waited for. */
const REST_FACTOR = 9;
/** At most 5 %, for what may be out of date. */
const RECENT_REST_FACTOR = 19;
const KEPT_READS = 128;

interface Entry {
  /** The generation when it began. */
  readonly made: number;
  readonly answer: Promise<unknown>;
  /** What it gave; undefined until then. */
  given?: unknown;
  /** A stopwatch reading: until then it rests. */
  restsUntilMs: number;
  next?: Promise<unknown>;
}

export function createPacedReads({ clock, generation }: PacedReadsDeps): PacedReads {
  const entries = new Map<string, Entry>();

  const begin = <T>(key: string, work: () => Promise<T>, restFactor: number): Promise<T> => {
    const beganMs = clock.monotonicMs();
    const made = generation();
    const answer = work();
    const entry: Entry = { made, answer, restsUntilMs: Number.POSITIVE_INFINITY };
    answer.then(
      (given) => {
        const endedMs = clock.monotonicMs();
        entry.given = given;
        entry.restsUntilMs = endedMs + (endedMs - beganMs) * restFactor;
      },
      () => {
        // The caller gets the failure; the next one tries again.
        entry.restsUntilMs = 0;
        if (entries.get(key) === entry) entries.delete(key);
      },
    );
    entries.delete(key);
    entries.set(key, entry);
    const oldest = entries.keys().next();
    if (entries.size > KEPT_READS && !oldest.done) entries.delete(oldest.value);
    return answer;
  };

  const rested = async (entry: Entry) => {
    await Promise.allSettled([entry.answer]);
    const restMs = entry.restsUntilMs - clock.monotonicMs();
    if (restMs >= 1) await clock.waitUntil(clock.now() + restMs);
  };

  // The same work always reads what is under one key: its answer is a T.
  return {
    read<T>(key: string, work: () => Promise<T>, restFactor = REST_FACTOR): Promise<T> {
      const entry = entries.get(key);
      if (!entry) return begin(key, work, restFactor);
      if (entry.made === generation()) return entry.answer as Promise<T>;
      entry.next ??= rested(entry).then(() => begin(key, work, restFactor));
      return entry.next as Promise<T>;
    },
    recent<T>(key: string, work: () => Promise<T>): Promise<T> {
      const entry = entries.get(key);
      const holds = entry && (entry.made === generation() || clock.monotonicMs() < entry.restsUntilMs);
      return holds ? (entry.answer as Promise<T>) : begin(key, work, RECENT_REST_FACTOR);
    },
    known<T>(key: string): T | undefined {
      const entry = entries.get(key);
      return entry?.made === generation() ? (entry.given as T | undefined) : undefined;
    },
  };
}
