import { z } from 'zod';

/** What the program said about one data directory, over all its lives. */
export interface SaidEvents {
  /** For each run in order, the outcome of each record that was said. */
  readonly outcomes: readonly ReadonlyMap<number, string>[];
  /** Callbacks that were said to be settled, by `id version`. */
  readonly settled: ReadonlyMap<string, 'fired' | 'cancelled'>;
  readonly lives: number;
  /** What was said that may not be: an outcome twice, a callback settled twice. */
  readonly breaches: readonly string[];
}

const OUTCOMES = new Set(['indexed', 'stale', 'duplicate', 'conflict', 'rejected']);
const lineSchema = z.looseObject({
  event: z.string(),
  record: z.number().optional(),
  id: z.string().optional(),
  version: z.string().optional(),
});

export interface Transcript {
  /** What one life said. `place`: of its run among all runs, from 0. */
  add(lines: readonly string[], place: number): void;
  read(): SaidEvents;
}

export function createTranscript(): Transcript {
  const outcomes: Map<number, string>[] = [];
  const settled = new Map<string, 'fired' | 'cancelled'>();
  const breaches: string[] = [];
  let lives = 0;
  return {
    add(lines, place) {
      lives += 1;
      while (outcomes.length <= place) outcomes.push(new Map());
      const run = outcomes[place] ?? new Map<number, string>();
      for (const line of lines) {
        const { event, record, id, version } = lineSchema.parse(JSON.parse(line));
        if (OUTCOMES.has(event) && record !== undefined) {
          if (run.has(record)) breaches.push(`record ${record} was said twice`);
          run.set(record, event);
        }
        if (event === 'fired' || event === 'cancelled') {
          const key = `${id} ${version}`;
          if (settled.has(key)) breaches.push(`the callback of ${key} was said to be settled twice`);
          settled.set(key, event);
        }
      }
    },
    read: () => ({ outcomes, settled, lives, breaches }),
  };
}
