import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RunSettings } from '../../src-shared/run-settings';
import type { SourceRecord } from './record';

/** A record and the instant at which it may enter the system. */
export interface PlannedRecord {
  readonly source: SourceRecord;
  /** Milliseconds of the run's clock since its start; null: as soon as it can. */
  readonly at: number | null;
}

/**
 * How many records share one window of `scatter`. A source that fits has one window, as the name says;
 * a longer one has the next window begin where the last one ended, so that memory stays bounded.
 */
export const SCATTER_WINDOW_RECORDS = 65_536;

/** How many records of an unpaced run go into one batch: beyond it, timers were seen to run late. */
export const UNPACED_BATCH_RECORDS = 1000;

type ArrivalSettings = Pick<RunSettings, 'arrival' | 'delay' | 'seed' | 'simulate'>;

/**
 * Says when each record arrives, in the order of arrival. The same seed and the same records give the
 * same plan, however the source was cut into chunks. Invalid records arrive like all others.
 */
export async function* planArrivals(
  chunks: AsyncIterable<readonly SourceRecord[]>,
  { arrival, delay, seed, simulate }: ArrivalSettings,
): AsyncGenerator<readonly PlannedRecord[]> {
  const random = xoroshiro128plus(seed);
  const drawMs = () => uniformInt(random, delay.fromMs, delay.toMs);

  if (arrival === 'sequential') {
    let at = 0;
    for await (const chunk of chunks) {
      yield chunk.map((source) => {
        at += drawMs();
        return { source, at };
      });
    }
    return;
  }
  if (arrival === 'none') {
    // A simulated run must not depend on how the source was cut; a real one must not wait to fill a
    // batch while the source is silent.
    const groups = simulate ? regroup(chunks, UNPACED_BATCH_RECORDS) : cut(chunks, UNPACED_BATCH_RECORDS);
    for await (const records of groups) {
      yield records.map((source) => ({ source, at: null }));
    }
    return;
  }
  let windowStart = 0;
  for await (const records of regroup(chunks, SCATTER_WINDOW_RECORDS)) {
    yield records
      .map((source) => ({ source, at: windowStart + drawMs() }))
      .sort((a, b) => a.at - b.at || a.source.record - b.source.record);
    windowStart += delay.toMs;
  }
}

/**
 * Groups of exactly `size` records, the last one smaller. What was read before a fault of the source
 * is handed out before the fault is.
 */
async function* regroup(
  chunks: AsyncIterable<readonly SourceRecord[]>,
  size: number,
): AsyncGenerator<readonly SourceRecord[]> {
  let group: SourceRecord[] = [];
  let fault: { readonly cause: unknown } | undefined;
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    while (!fault) {
      let next: IteratorResult<readonly SourceRecord[]>;
      try {
        next = await iterator.next();
      } catch (cause) {
        fault = { cause };
        break;
      }
      if (next.done) break;
      for (const record of next.value) {
        group.push(record);
        if (group.length === size) {
          yield group;
          group = [];
        }
      }
    }
    if (group.length > 0) yield group;
    if (fault) throw fault.cause;
  } finally {
    await iterator.return?.();
  }
}

/** Pieces of at most `size` records, each out of one chunk. */
async function* cut(
  chunks: AsyncIterable<readonly SourceRecord[]>,
  size: number,
): AsyncGenerator<readonly SourceRecord[]> {
  for await (const chunk of chunks) {
    for (let begin = 0; begin < chunk.length; begin += size) yield chunk.slice(begin, begin + size);
  }
}
