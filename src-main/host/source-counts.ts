import { randomUUID } from 'node:crypto';
import type { SourceCounts } from '../../src-shared/contract';
import { IngotError, toWireError, type WireError } from '../../src-shared/errors';
import { findKeptUpdates } from '../accounts/sql/history';
import type { Queryable } from '../database/database';
import { createRecordCounter, estimate, type SampledVersion } from '../ingestion/count-records';
import { type FileSpec, openSource, type ReadOptions } from '../ingestion/open-source';
import type { Logger } from '../observability/logger';
import type { Clock } from '../time/clock';

export interface SourceCountsDeps {
  /** Null while no database is open. */
  readonly database: () => Queryable | null;
  /** A run is under way: its batches come first. */
  readonly isBusy: () => boolean;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs' | 'waitUntil' | 'breathe'>;
  readonly logger: Logger;
}

/** Counts what is in a source before its run, in one pass. */
export interface SourceCounting {
  start(spec: FileSpec, options: ReadOptions): { readonly countId: string; readonly ended: Promise<unknown> };
  /** The counts a little later, or at once when they are final. @throws IngotError `not_found`. */
  counts(countId: string): Promise<SourceCounts>;
  stop(countId: string): void;
  close(): Promise<void>;
}

interface Pass {
  readonly ending: AbortController;
  readonly done: AbortController;
  readonly ended: Promise<void>;
  askedMs: number;
  counts: SourceCounts;
}

/** Between two answers to one window. */
const ANSWER_EVERY_MS = 200;
/** Counting ends when no window has asked for it for this long. A hidden page may ask only once a minute. */
const FORGOTTEN_MS = 150_000;
/** More passes at once: the oldest ends. */
const MOST_PASSES = 4;
/** While a run is under way, a pass rests after each piece for as many times what the piece took. */
const REST_FACTOR = 2;
/** Versions looked up by one statement: a batch may have to wait for it. */
const LOOKED_UP = 250;

export function createSourceCounting({ database, isBusy, clock, logger }: SourceCountsDeps): SourceCounting {
  const passes = new Map<string, Pass>();

  const rest = async (tookMs: number, signal: AbortSignal) => {
    if (isBusy()) await clock.waitUntil(clock.now() + REST_FACTOR * tookMs, signal);
    else await clock.breathe();
    signal.throwIfAborted();
  };

  async function countKnown(
    db: Queryable,
    sampled: readonly SampledVersion[],
    signal: AbortSignal,
  ): Promise<number> {
    let known = 0;
    for (let begin = 0; begin < sampled.length; begin += LOOKED_UP) {
      const sinceMs = clock.monotonicMs();
      const slice = sampled.slice(begin, begin + LOOKED_UP);
      const asked = slice.map(({ id, version }) => ({ id, version, ...NO_CONTENT }));
      const found = await findKeptUpdates(db, asked);
      for (const at of found.keys()) known += slice[at]?.updates ?? 0;
      await rest(clock.monotonicMs() - sinceMs, signal);
    }
    return known;
  }

  async function read(pass: Pass, spec: FileSpec, options: ReadOptions): Promise<void> {
    const { signal } = pass.ending;
    const source = await openSource(spec, options);
    const counter = createRecordCounter();
    const put = (changes: Partial<SourceCounts>) => {
      const { bytesRead } = source.progress();
      pass.counts = { ...pass.counts, ...counter.counts(), skipped: source.skipped, bytesRead, ...changes };
    };
    let shownMs = clock.monotonicMs();
    let fault: WireError | null = null;
    try {
      let sinceMs = clock.monotonicMs();
      for await (const chunk of source.chunks()) {
        signal.throwIfAborted();
        for (const record of chunk) counter.add(record);
        const nowMs = clock.monotonicMs();
        if (nowMs - shownMs >= ANSWER_EVERY_MS) {
          put({ bytesTotal: source.bytesTotal });
          shownMs = nowMs;
        }
        if (nowMs - pass.askedMs > FORGOTTEN_MS) pass.ending.abort();
        await rest(nowMs - sinceMs, signal);
        sinceMs = clock.monotonicMs();
      }
    } catch (error) {
      if (!(error instanceof IngotError)) throw error;
      fault = toWireError(error);
    } finally {
      await source.close();
    }
    put({ bytesTotal: source.bytesTotal, fault });
    const db = database();
    if (db === null) return;
    const { versions, factor } = counter.sample();
    try {
      put({ known: estimate(await countKnown(db, versions, signal), factor) });
    } catch (error) {
      // The database is gone, not the source.
      if (!(error instanceof IngotError)) throw error;
    }
  }

  return {
    start(spec, options) {
      const [oldest] = passes.values();
      if (oldest && passes.size >= MOST_PASSES) oldest.ending.abort();
      const countId = randomUUID();
      const pass: Pass = {
        ending: new AbortController(),
        done: new AbortController(),
        ended: Promise.resolve().then(async () => {
          try {
            await read(pass, spec, options);
          } catch (error) {
            if (!pass.ending.signal.aborted) {
              const fault = toWireError(error);
              pass.counts = { ...pass.counts, fault };
              if (fault.code === 'internal') logger.error({ err: error }, 'a source could not be counted');
            }
          }
          pass.counts = { ...pass.counts, isDone: true };
          pass.done.abort();
        }),
        askedMs: clock.monotonicMs(),
        counts: NO_COUNTS_YET,
      };
      passes.set(countId, pass);
      for (const [id, { counts }] of passes)
        if (passes.size > MOST_PASSES && counts.isDone) passes.delete(id);
      return { countId, ended: pass.ended };
    },
    async counts(countId) {
      const pass = passes.get(countId);
      if (!pass) throw new IngotError('not_found', 'This source is not being counted.');
      pass.askedMs = clock.monotonicMs();
      if (!pass.counts.isDone) await clock.waitUntil(clock.now() + ANSWER_EVERY_MS, pass.done.signal);
      return pass.counts;
    },
    stop(countId) {
      passes.get(countId)?.ending.abort();
      passes.delete(countId);
    },
    async close() {
      const all = [...passes.values()];
      for (const { ending } of all) ending.abort();
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

/** A version is looked up by its key alone. */
const NO_CONTENT = { accountType: '', tokens: '0', data: '{}', callbackTimeMs: 0 };

const NO_COUNTS_YET: SourceCounts = {
  ...createRecordCounter().counts(),
  skipped: [],
  isDone: false,
  bytesRead: 0,
  bytesTotal: null,
  known: null,
  fault: null,
};
