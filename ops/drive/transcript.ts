import { z } from 'zod';
import { OUTCOMES } from '../../src-shared/update';

const count = z.number();
const lineSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.enum(OUTCOMES),
    at: z.number(),
    record: z.number(),
    id: z.string().default(''),
    version: z.string().default(''),
  }),
  z.object({
    event: z.enum(['fired', 'cancelled']),
    at: z.number(),
    id: z.string(),
    version: z.string(),
    supersededBy: z.string().nullable().default(null),
  }),
  z.object({
    event: z.literal('report'),
    leaders: z.array(
      z.object({ accountType: z.string(), id: z.string(), tokens: z.string(), version: z.string() }),
    ),
  }),
  z.object({
    event: z.literal('summary'),
    records: count,
    indexed: count,
    stale: count,
    duplicate: count,
    conflict: count,
    rejected: count,
    fired: count,
    cancelled: count,
    pending: count,
  }),
]);
export type SaidLine = z.infer<typeof lineSchema>;

/** @throws if it is not a line of `ingest --json`. */
export const parseLine = (line: string): SaidLine => lineSchema.parse(JSON.parse(line));

/** The program's output about one data directory, over all its starts. */
export interface SaidEvents {
  /** Per run in order, the reported outcome of each record. */
  readonly outcomes: readonly ReadonlyMap<number, string>[];
  /** Callbacks reported as settled, by `id version`. */
  readonly settled: ReadonlyMap<string, 'fired' | 'cancelled'>;
  readonly lives: number;
  /** Invalid reports: an outcome twice, a callback settled twice. */
  readonly breaches: readonly string[];
}

export interface Transcript {
  /** The output of one start. `place`: of its run among all runs, from 0. */
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
        const said = parseLine(line);
        if ('record' in said) {
          if (run.has(said.record)) breaches.push(`record ${said.record} was said twice`);
          run.set(said.record, said.event);
        } else if (said.event === 'fired' || said.event === 'cancelled') {
          const key = `${said.id} ${said.version}`;
          if (settled.has(key)) breaches.push(`the callback of ${key} was said to be settled twice`);
          settled.set(key, said.event);
        }
      }
    },
    read: () => ({ outcomes, settled, lives, breaches }),
  };
}
