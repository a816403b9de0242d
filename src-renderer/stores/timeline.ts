import type { RunStatus } from '../../src-shared/events';
import { type ClockRecord, startClock } from '../../src-shared/run-clock';
import {
  addToBin,
  binMsFor,
  FIRST_BIN_MS,
  mapKinds,
  TIMELINE_KINDS,
  type TimelineBins,
  type TimelineCounts,
  widenBins,
} from '../../src-shared/timeline';
import type { Timeline, TimelineRange } from '../../src-shared/views';

/** The bins of the run in the window; null while unknown, and then nothing is drawn. */
export interface TimelineModel extends TimelineBins {
  readonly runId: string;
  readonly source: string;
  /** As of the host's last answer; from the first frame of a run until then, as it began. */
  readonly clock: ClockRecord;
  /** The run's counts when the bins were last extended. */
  readonly counted: TimelineCounts;
  /** Counts in no bin, because the time of their events is unknown. */
  readonly untimed: TimelineCounts;
}

/** An active run sends a frame at least once a second. After a longer gap the times of its events are unknown. */
const LONGEST_GAP_MS = 2_000;

function beginTimeline({ runId, source, simulated, startedAtMs, speed }: RunStatus): TimelineModel {
  const clock: ClockRecord = simulated ? { kind: 'virtual', atMs: 0 } : startClock(startedAtMs, speed);
  const none = mapKinds(() => 0);
  const bins = mapKinds(() => []);
  return { runId, source, clock, binMs: FIRST_BIN_MS, bins, counted: none, untimed: none };
}

/** The host's timeline of the run. The next status adds what happened since. */
export function loadTimeline(timeline: Timeline): TimelineModel {
  const untimed = mapKinds((kind) => {
    const timed = timeline.bins[kind].reduce((sum, count) => sum + count, 0);
    return Math.max(0, timeline.counted[kind] - timed);
  });
  return { ...timeline, untimed };
}

/**
 * The timeline after a frame; null if the host must be asked. It is known from the run's first event or the host's answer on,
 * until a gap between two frames.
 * @param heardMs time of the previous frame; null: this is the first.
 */
export function followRun(
  timeline: TimelineModel | null,
  status: RunStatus | null,
  timeMs: number,
  heardMs: number | null,
): TimelineModel | null {
  if (status === null) return null;
  const { counts } = status;
  const isKnown = timeline?.runId === status.runId;
  const before = isKnown ? timeline : beginTimeline(status);
  const added = addCounts(before, counts, status.at);
  if (added === before) return before;
  if (heardMs === null) return null;
  // The window missed the run's start, and something happened before the last frame.
  const sinceMs = isKnown ? heardMs : status.startedAtMs;
  return sinceMs < heardMs || timeMs - sinceMs > LONGEST_GAP_MS ? null : added;
}

/** Adds the increase of the counts at `at`. Counts, not events: a frame may omit events, never counts. */
function addCounts(model: TimelineModel, counts: TimelineCounts, at: number): TimelineModel {
  const gained = mapKinds((kind) => Math.max(0, counts[kind] - model.counted[kind]));
  if (TIMELINE_KINDS.every((kind) => gained[kind] === 0)) return model;
  const binMs = binMsFor(at, model.binMs);
  const index = Math.floor(at / binMs);
  const bins = mapKinds((kind) => {
    const line =
      binMs === model.binMs ? model.bins[kind].slice() : widenBins(model.bins[kind], model.binMs, binMs);
    if (gained[kind] > 0) addToBin(line, index, gained[kind]);
    return line;
  });
  return { ...model, binMs, bins, counted: mapKinds((kind) => model.counted[kind] + gained[kind]) };
}

/** The end of the bin of `at`, so that it includes that instant. */
export const endOfBin = ({ binMs }: TimelineModel, at: number): number =>
  (Math.floor(at / binMs) + 1) * binMs;

/**
 * Sums over `[from, to)` of run time; a bin counts where its middle lies. For one pixel, or a read-out.
 * @param narrow narrower bins of a part, used for the kinds that they have and where they cover the span.
 */
export function sumBetween(
  model: TimelineModel,
  from: number,
  to: number,
  narrow: TimelineRange | null = null,
): TimelineCounts {
  const middle = (from + to) / 2;
  const isCovered = narrow?.runId === model.runId && narrow.from <= middle && middle < narrow.to;
  return mapKinds((kind) => {
    const line = isCovered ? narrow.bins[kind] : undefined;
    return line === undefined
      ? sumOf(model.bins[kind], model.binMs, from, to)
      : sumOf(line, narrow?.binMs ?? 1, from - (narrow?.from ?? 0), to - (narrow?.from ?? 0));
  });
}

function sumOf(line: readonly number[], binMs: number, from: number, to: number): number {
  const end = Math.min(line.length, Math.ceil(to / binMs - 0.5));
  let sum = 0;
  for (let at = Math.max(0, Math.ceil(from / binMs - 0.5)); at < end; at += 1) sum += line[at] ?? 0;
  return sum;
}

/** Of a run that is over: the end of its last bin. */
export const endOfTimeline = ({ binMs, bins }: TimelineModel): number =>
  binMs * TIMELINE_KINDS.reduce((most, kind) => Math.max(most, bins[kind].length), 0);
