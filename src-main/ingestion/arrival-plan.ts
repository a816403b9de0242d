import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { IngotError } from '../../src-shared/errors';
import { type RunSettings, SCATTER_WINDOW_RECORDS } from '../../src-shared/run-settings';
import { createBatchRoom } from './batch-room';
import type { SourceRecord } from './record';

export interface PlannedRecord {
  readonly source: SourceRecord;
  /** In run time; null: as soon as possible. */
  readonly at: number | null;
}

/**
 * A window also ends at this many characters of data: 4 KiB per record. Changing this or the number above changes the plan of
 * stored runs, so they could not be resumed.
 */
const SCATTER_WINDOW_DATA = 256 * 1024 * 1024;

/** Batch size of an unpaced run: with larger batches, timers ran late. */
export const UNPACED_BATCH_RECORDS = 1000;

type ArrivalSettings = Pick<RunSettings, 'arrival' | 'delay' | 'seed' | 'simulate'>;

/** The part of the plan that earlier attempts of the run have played. */
export interface PlayedPart {
  /** How many records arrived in it: the first of the plan, which under `scatter` are not the first of the source. */
  readonly records: number;
  /** Called once they are skipped, before the next record is handed out; `at` is the instant of the last, which comes too as recorded. */
  readonly passed: (at: number | null, last?: PlannedRecord) => void;
}

const NOTHING_PLAYED: PlayedPart = { records: 0, passed: () => undefined };

/**
 * Yields the records with their arrivals, in order of arrival. The same seed and records give the same plan, however the source
 * was cut into chunks, and whether it was played in one go or resumed after `played`. Invalid records arrive like all others.
 *
 * A simulated run gets groups of one size, wherever a chunk ended. A real one must not wait for more while the source is silent.
 *
 * @throws IngotError `source_broken` if the source ends before the part already played.
 */
export function planArrivals(
  chunks: AsyncIterable<readonly SourceRecord[]>,
  settings: ArrivalSettings,
  part: PlayedPart = NOTHING_PLAYED,
): AsyncGenerator<readonly PlannedRecord[]> {
  const plan = PLANS[settings.arrival];
  const planned = plan(chunks, settings, part);
  return settings.simulate ? regroup(planned, roomOfPlanned) : planned;
}

type Plan = (
  chunks: AsyncIterable<readonly SourceRecord[]>,
  settings: ArrivalSettings,
  part: PlayedPart,
) => AsyncGenerator<readonly PlannedRecord[]>;

const PLANS: Readonly<Record<ArrivalSettings['arrival'], Plan>> = {
  sequential: planOneByOne,
  scatter: planScattered,
  recorded: planAsRecorded,
  none: planAtOnce,
};

async function* planOneByOne(...[chunks, settings, { records: played, passed }]: Parameters<Plan>) {
  const drawMs = drawsOf(settings);
  let at = 0;
  for (let record = 0; record < played; record += 1) at += drawMs();
  for await (const chunk of leaveOut(chunks, played, () => passed(at))) {
    yield chunk.map((source) => {
      at += drawMs();
      return { source, at };
    });
  }
}

/** The first record arrives at once. One that does not say when it came, such as a reject, comes with the one before it. */
async function* planAsRecorded(...[chunks, , { records: played, passed }]: Parameters<Plan>) {
  let firstMs: number | null = null;
  let at = 0;
  let left = played;
  for await (const chunk of chunks) {
    const planned = chunk.map((source) => {
      const arrivalMs = source.kind === 'reject' ? undefined : source.arrivalMs;
      if (arrivalMs === undefined && source.kind !== 'reject' && firstMs === null) {
        throw new IngotError('invalid_input', 'The source does not say when its records arrived.', {
          hint: 'Only what Ingot recorded itself can arrive as recorded. Choose another arrival.',
        });
      }
      firstMs ??= arrivalMs ?? null;
      // A clock that was put back is no gap.
      if (arrivalMs !== undefined && firstMs !== null) at = Math.max(at, arrivalMs - firstMs);
      return { source, at };
    });
    const rest = planned.slice(left);
    const last = planned[Math.min(left, planned.length) - 1];
    left -= planned.length - rest.length;
    if (last && left === 0) passed(last.at, last);
    if (rest.length > 0) yield rest;
  }
  if (left > 0) throw endedEarly(played);
}

async function* planAtOnce(...[chunks, , { records: played, passed }]: Parameters<Plan>) {
  for await (const chunk of leaveOut(chunks, played, () => passed(null))) {
    for (let begin = 0; begin < chunk.length; begin += UNPACED_BATCH_RECORDS) {
      const records = chunk.slice(begin, begin + UNPACED_BATCH_RECORDS);
      yield records.map((source) => ({ source, at: null }));
    }
  }
}

/** A window is planned as a whole: played windows are planned again, and a partly played one is cut. */
async function* planScattered(...[chunks, settings, { records: played, passed }]: Parameters<Plan>) {
  const drawMs = drawsOf(settings);
  const roomForWindow = () => createBatchRoom(SCATTER_WINDOW_RECORDS, SCATTER_WINDOW_DATA);
  let windowStart = 0;
  let left = played;
  for await (const records of regroup(chunks, roomForWindow)) {
    const planned = records
      .map((source) => ({ source, at: windowStart + drawMs() }))
      .sort((a, b) => a.at - b.at || a.source.record - b.source.record);
    windowStart += settings.delay.toMs;
    const last = planned[Math.min(left, planned.length) - 1];
    const rest = planned.slice(left);
    left -= planned.length - rest.length;
    if (last && left === 0) passed(last.at);
    if (rest.length > 0) yield rest;
  }
  if (left > 0) throw endedEarly(played);
}

function drawsOf({ seed, delay }: ArrivalSettings): () => number {
  const random = xoroshiro128plus(seed);
  return () => uniformInt(random, delay.fromMs, delay.toMs);
}

function endedEarly(played: number): IngotError {
  return new IngotError(
    'source_broken',
    `The source ends before the ${played} records that were read of it.`,
    {
      hint: 'Run it again: known records change nothing.',
    },
  );
}

/** Skips the first `count` records. They are read and validated again, which is cheap. */
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

interface Room<Entry> {
  add(entry: Entry): void;
  isFull(): boolean;
}

function roomOfPlanned(): Room<PlannedRecord> {
  const room = createBatchRoom(UNPACED_BATCH_RECORDS);
  return { add: ({ source }) => room.add(source), isFull: room.isFull };
}

/**
 * Groups the entries into batches, across chunk borders; never an empty group. Records before a fault of the source are handed
 * out before the fault.
 */
async function* regroup<Entry>(
  chunks: AsyncIterable<readonly Entry[]>,
  createRoom: () => Room<Entry>,
): AsyncGenerator<readonly Entry[]> {
  let group: Entry[] = [];
  let room = createRoom();
  const taken = () => {
    const full = group;
    group = [];
    room = createRoom();
    return full;
  };
  let fault: { readonly cause: unknown } | undefined;
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    while (!fault) {
      let next: IteratorResult<readonly Entry[]>;
      try {
        next = await iterator.next();
      } catch (cause) {
        fault = { cause };
        break;
      }
      if (next.done) break;
      for (const entry of next.value) {
        room.add(entry);
        group.push(entry);
        // Without waiting: the source may be silent from here on.
        if (room.isFull()) yield taken();
      }
    }
    if (group.length > 0) yield group;
    if (fault) throw fault.cause;
  } finally {
    await iterator.return?.();
  }
}
