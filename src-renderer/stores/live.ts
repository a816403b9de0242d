import { createStore, type StoreApi } from 'zustand/vanilla';
import type { WireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { FeedFrame, FeedStats } from '../../src-shared/feed';
import { appendFrames, EMPTY_LOG, type Log } from './log';
import { addStatus, NO_PROGRESS, type Progress } from './progress';
import { addPast, addStats, EMPTY_SERIES, type Series } from './series';
import { followRun, type TimelineModel } from './timeline';
import type { TypeMemory } from './type-memory';

/** The state of the feed, for the views. */
export interface LiveState {
  /** False until the first frame. */
  readonly ready: boolean;
  readonly status: RunStatus | null;
  readonly log: Log;
  readonly series: Series;
  readonly progress: Progress;
  /** Null: there is no run, or the host is being asked. */
  readonly timeline: TimelineModel | null;
  /** Why the host could not give it. */
  readonly timelineError: WireError | null;
  /** In the database. */
  readonly pending: number;
  readonly callbacksPaused: boolean;
  /** Settled since the run began, or outside any run since the host started. It keeps counting after the run. */
  readonly settled: FeedStats['sinceRun'];
}

export const NOTHING_LIVE: LiveState = {
  ready: false,
  status: null,
  log: EMPTY_LOG,
  series: EMPTY_SERIES,
  progress: NO_PROGRESS,
  timeline: null,
  timelineError: null,
  pending: 0,
  callbacksPaused: false,
  settled: { fired: 0, cancelled: 0 },
};

export const createLive = (): StoreApi<LiveState> => createStore<LiveState>(() => NOTHING_LIVE);

/** Applies the frames of one paint together, so that each view is drawn once. */
export function takeFrames(state: LiveState, frames: readonly FeedFrame[], types: TypeMemory): LiveState {
  let { series, progress, timeline, status } = state;
  for (const frame of frames) {
    const timeMs = frame.stats.timeMs;
    const heardMs = series.latest?.timeMs ?? null;
    status = frame.status;
    if (frame.kind === 'reset') timeline = null;
    // Another host's totals begin at 0.
    if (frame.kind === 'reset' && frame.reason === 'restarted') series = EMPTY_SERIES;
    series = addStats(series, frame.stats, status?.endedAtMs ?? null);
    if (frame.kind === 'events') series = addPast(series, frame.events);
    progress = addStatus(progress, status, timeMs);
    timeline = followRun(timeline, status, timeMs, heardMs);
  }
  const last = frames[frames.length - 1];
  return {
    ready: state.ready || frames.length > 0,
    status,
    log: appendFrames(state.log, frames, types),
    series,
    progress,
    timeline,
    timelineError: timeline === null && status?.runId === state.status?.runId ? state.timelineError : null,
    pending: last?.stats.pending ?? state.pending,
    callbacksPaused: last?.stats.callbacksPaused ?? state.callbacksPaused,
    settled: last === undefined ? state.settled : settledIn(last),
  };
}

function settledIn({ status, stats: { sinceRun } }: FeedFrame): FeedStats['sinceRun'] {
  return {
    fired: (status?.counts.fired ?? 0) + sinceRun.fired,
    cancelled: (status?.counts.cancelled ?? 0) + sinceRun.cancelled,
  };
}
