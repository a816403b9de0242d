import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { IngotError } from '../../src-shared/errors';
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

/** The part of the plan that an earlier sitting of the run has played. */
export interface PlayedPart {
  /** How many records arrived in it: the first ones of the plan, which `scatter` does not read in a row. */
  readonly records: number;
  /** Called once they are passed over, before the next record is handed out: `at` is the last one's instant. */
  readonly passed: (at: number | null) => void;
}

const NOTHING_PLAYED: PlayedPart = { records: 0, passed: () => undefined };

/**
 * Says when each record arrives, in the order of arrival. The same seed and the same records give the
 * same plan, however the source was cut into chunks, and whether it was played in one go or taken up
 * again after the part `played`. Invalid records arrive like all others.
 *
 * @throws IngotError `source_broken` if the source ends before the part that was played.
 */
export async function* planArrivals(
  chunks: AsyncIterable<readonly SourceRecord[]>,
  { arrival, delay, seed, simulate }: ArrivalSettings,
  { records: played, passed }: PlayedPart = NOTHING_PLAYED,
): AsyncGenerator<readonly PlannedRecord[]> {
  const random = xoroshiro128plus(seed);
  const drawMs = () => uniformInt(random, delay.fromMs, delay.toMs);

  if (arrival === 'sequential') {
    let at = 0;
    for (let record = 0; record < played; record += 1) at += drawMs();
    for await (const chunk of leaveOut(chunks, played, () => passed(at))) {
      yield chunk.map((source) => {
        at += drawMs();
        return { source, at };
      });
    }
    return;
  }
  if (arrival === 'none') {
    const left = leaveOut(chunks, played, () => passed(null));
    // A simulated run must not depend on how the source was cut; a real one must not wait to fill a
    // batch while the source is silent.
    const groups = simulate ? regroup(left, UNPACED_BATCH_RECORDS) : cut(left, UNPACED_BATCH_RECORDS);
    for await (const records of groups) {
      yield records.map((source) => ({ source, at: null }));
    }
    return;
  }
  // A window is planned as a whole: one that was played in part is planned again and cut.
  let inWindow = played % SCATTER_WINDOW_RECORDS;
  const before = played - inWindow;
  for (let record = 0; record < before; record += 1) drawMs();
  let windowStart = (before / SCATTER_WINDOW_RECORDS) * delay.toMs;
  if (played > 0 && inWindow === 0) passed(windowStart);
  for await (const records of regroup(leaveOut(chunks, before), SCATTER_WINDOW_RECORDS)) {
    const planned = records
      .map((source) => ({ source, at: windowStart + drawMs() }))
      .sort((a, b) => a.at - b.at || a.source.record - b.source.record);
    if (inWindow > planned.length) throw endedEarly(played);
    const last = planned[inWindow - 1];
    if (last) passed(last.at);
    yield planned.slice(inWindow);
    inWindow = 0;
    windowStart += delay.toMs;
  }
}

function endedEarly(played: number): IngotError {
  return new IngotError(
    'source_broken',
    `The source ends before the ${played} records that were read of it.`,
    {
      hint: 'Run it again: what is known already changes nothing.',
    },
  );
}

/** All but the first `count` records: they are read and judged anew, which is cheap, and left out. */
async function* leaveOut(
  chunks: AsyncIterable<readonly SourceRecord[]>,
  count: number,
  passed: () => void = () => undefined,
): AsyncGenerator<readonly SourceRecord[]> {
  let left = count;
  for await (const chunk of chunks) {
    if (left === 0) {
      yield chunk;
      continue;
    }
    if (left > chunk.length) {
      left -= chunk.length;
      continue;
    }
    const rest = chunk.slice(left);
    left = 0;
    passed();
    if (rest.length > 0) yield rest;
  }
  if (left > 0) throw endedEarly(count);
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
