import type { Clock } from '../../time/clock';

export interface PacedReadsDeps {
  readonly clock: Clock;
  /** Grows with every commit: what was read under the same number is still valid. */
  readonly generation: () => number;
}

/**
 * Answers of expensive reads, by key. Nothing is read twice without a change. While things change, a read rests for a multiple of
 * its duration.
 */
export interface PacedReads {
  /** Never returns what was outdated when requested: an early caller waits for the next read. */
  read<T>(key: string, work: () => Promise<T>, restFactor?: number): Promise<T>;
  /** Returns the last answer while a read runs or rests. */
  recent<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** The answer to `read`, if there is one and nothing has changed since. */
  known<T>(key: string): T | undefined;
}

/** A tenth of the database's time at most, for answers that callers wait for. */
const REST_FACTOR = 9;
/** 5 % at most, for answers that may be outdated. */
const RECENT_REST_FACTOR = 19;
const KEPT_READS = 128;

interface Entry {
  /** The generation at its start. */
  readonly made: number;
  readonly answer: Promise<unknown>;
  /** The answer; undefined until then. */
  given?: unknown;
  /** By the stopwatch. */
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

  // The same work always belongs to one key, so its answer is a T.
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
