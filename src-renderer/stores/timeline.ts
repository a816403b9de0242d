import type { RunStatus } from '../../src-shared/events';
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
import type { Timeline } from '../../src-shared/views';

/** The bins of the run that the window shows. Null where they are not known: nothing is drawn then. */
export interface TimelineModel extends TimelineBins {
  readonly runId: string;
  /** The run's counts when the bins were last added to. */
  readonly counted: TimelineCounts;
  /** Counts that are in no bin, since the time of their events is not known. */
  readonly untimed: TimelineCounts;
}

/** Frames of a run under way come at least once a second. After a longer gap nobody knows when its events happened. */
const LONGEST_GAP_MS = 2_000;

function beginTimeline({ runId }: RunStatus): TimelineModel {
  const none = mapKinds(() => 0);
  const bins = mapKinds(() => []);
  return { runId, binMs: FIRST_BIN_MS, bins, counted: none, untimed: none };
}

/** What the host has of the run. What has happened since is added by the next status. */
export function loadTimeline(timeline: Timeline): TimelineModel {
  const untimed = mapKinds((kind) => {
    const timed = timeline.bins[kind].reduce((sum, count) => sum + count, 0);
    return Math.max(0, timeline.counted[kind] - timed);
  });
  return { ...timeline, untimed };
}

/**
 * The timeline with what a frame says; null if the host has to be asked for it. It is known from the run's first
 * event on, or from the host's answer on, as long as no gap lies between two frames.
 * @param heardMs Time of the frame before; null: this is the first.
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
  // Of a run that the window has not seen the beginning of, something happened before the last frame.
  const sinceMs = isKnown ? heardMs : status.startedAtMs;
  return sinceMs < heardMs || timeMs - sinceMs > LONGEST_GAP_MS ? null : added;
}

/**
 * Adds what the counts have gained since the bins were last added to, at `at`. By counts and not
 * by events: events can be left out of a frame, counts never are.
 */
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

/** The end of the bin of `at`: what happened at that very instant lies before it. */
export const endOfBin = ({ binMs }: TimelineModel, at: number): number =>
  (Math.floor(at / binMs) + 1) * binMs;

/** Sums over `[from, to)` of the run's clock, each bin counted where its middle lies: for a pixel, or a read-out. */
export function sumBetween(model: TimelineModel, from: number, to: number): TimelineCounts {
  const first = Math.max(0, Math.ceil(from / model.binMs - 0.5));
  const end = Math.ceil(to / model.binMs - 0.5);
  return mapKinds((kind) => {
    const line = model.bins[kind];
    let sum = 0;
    for (let at = first; at < end && at < line.length; at += 1) sum += line[at] ?? 0;
    return sum;
  });
}
