import type { RunStatus } from '../../src-shared/events';
import type { Timeline } from '../../src-shared/views';

/** What is counted over a run's time: arrivals above the axis, callbacks below it. */
export const TIMELINE_KINDS = ['indexed', 'stale', 'rejected', 'fired', 'cancelled'] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];
type Counts = Readonly<Record<TimelineKind, number>>;

/** Equal bins from the run's start on. They merge in pairs as the run grows, so their number is bounded. */
export interface TimelineModel {
  readonly runId: string;
  readonly startMs: number;
  readonly binMs: number;
  readonly bins: Readonly<Record<TimelineKind, readonly number[]>>;
  /** What the bins add up to. */
  readonly counted: Counts;
}

export const MAX_BINS = 1_024;
const FIRST_BIN_MS = 25;

const NONE: Counts = { indexed: 0, stale: 0, rejected: 0, fired: 0, cancelled: 0 };

function mapKinds<Value>(make: (kind: TimelineKind) => Value): Record<TimelineKind, Value> {
  return {
    indexed: make('indexed'),
    stale: make('stale'),
    rejected: make('rejected'),
    fired: make('fired'),
    cancelled: make('cancelled'),
  };
}

export function beginTimeline(status: RunStatus): TimelineModel {
  return {
    runId: status.runId,
    startMs: status.startedAtMs,
    binMs: FIRST_BIN_MS,
    bins: mapKinds(() => []),
    counted: NONE,
  };
}

/** From the host's own bins. What has happened since is added by the next status. */
export function loadTimeline(timeline: Timeline): TimelineModel {
  const length = timeline.indexed.length;
  return {
    runId: timeline.runId,
    startMs: timeline.startMs,
    binMs: Math.max(1, (timeline.endMs - timeline.startMs) / Math.max(1, length)),
    bins: mapKinds((kind) => timeline[kind]),
    counted: mapKinds((kind) => timeline[kind].reduce((sum, count) => sum + count, 0)),
  };
}

/**
 * Adds what the counts have gained since the bins were last added to, at `timeMs`. By counts and not
 * by events: events can be left out of a frame, counts never are.
 */
export function addCounts(model: TimelineModel, counts: Counts, timeMs: number): TimelineModel {
  const gained = mapKinds((kind) => Math.max(0, counts[kind] - model.counted[kind]));
  if (TIMELINE_KINDS.every((kind) => gained[kind] === 0)) return model;
  const wide = widen(model, timeMs);
  const at = Math.max(0, Math.floor((timeMs - wide.startMs) / wide.binMs));
  const bins = mapKinds((kind) => {
    const line = wide.bins[kind].slice();
    while (line.length <= at) line.push(0);
    line[at] = (line[at] ?? 0) + gained[kind];
    return line;
  });
  return { ...wide, bins, counted: mapKinds((kind) => wide.counted[kind] + gained[kind]) };
}

/** Merges bins in pairs until `timeMs` has a place among them. */
function widen(model: TimelineModel, timeMs: number): TimelineModel {
  let { binMs, bins } = model;
  while ((timeMs - model.startMs) / binMs >= MAX_BINS) {
    binMs *= 2;
    const narrow = bins;
    bins = mapKinds((kind) => mergePairs(narrow[kind]));
  }
  return bins === model.bins ? model : { ...model, binMs, bins };
}

function mergePairs(line: readonly number[]): number[] {
  const merged: number[] = [];
  for (let at = 0; at < line.length; at += 2) merged.push((line[at] ?? 0) + (line[at + 1] ?? 0));
  return merged;
}

/** Where on the axis a frame belongs: a virtual clock runs ahead of the wall, and its rows with it. */
export function timeOnAxis(status: RunStatus, frameMs: number): number {
  return Math.max(frameMs, status.startedAtMs + status.at / status.speed);
}

/** Sums over `[fromMs, toMs)`, each bin counted where its middle lies: for a pixel, or a read-out. */
export function sumBetween(model: TimelineModel, fromMs: number, toMs: number): Counts {
  const first = Math.max(0, Math.ceil((fromMs - model.startMs) / model.binMs - 0.5));
  const end = Math.ceil((toMs - model.startMs) / model.binMs - 0.5);
  return mapKinds((kind) => {
    const line = model.bins[kind];
    let sum = 0;
    for (let at = first; at < end && at < line.length; at += 1) sum += line[at] ?? 0;
    return sum;
  });
}
