import type { RunStatus } from '../../src-shared/events';
import { addReading, paceOf, type Reading } from '../../src-shared/pace';
import { isActive } from '../../src-shared/run-actions';
import type { RunState } from '../../src-shared/update';
import type { RunRow } from '../../src-shared/views';

/** Progress and time left, from the statuses of the feed. */
export interface Progress {
  readonly runId: string | null;
  /** About one a second over the last half minute: the pace is measured over them. */
  readonly samples: readonly Reading[];
}

export const NO_PROGRESS: Progress = { runId: null, samples: [] };

const KEEP_MS = 30_000;
const SPACING_MS = 1_000;

/** Its clock stands still with callbacks pending, and a person can restart it: a restored run, or one interrupted while paused. */
export function standsStill({ state, settings, rate, counts }: RunRow): boolean {
  return !isActive(state) && !settings.simulate && rate === 0 && counts.pending > 0;
}

/** Ended before its source did, so it may be resumed. */
export function endedEarly(state: RunState): boolean {
  return state === 'interrupted' || state === 'stopped' || state === 'failed';
}

/** A pause resets the pace. */
export function addStatus(progress: Progress, status: RunStatus | null, timeMs: number): Progress {
  if (status === null) return NO_PROGRESS;
  const sample = { atMs: timeMs, count: status.counts.records };
  if (status.runId !== progress.runId || status.state !== 'running') {
    return { runId: status.runId, samples: [sample] };
  }
  const last = progress.samples.at(-1);
  if (last && timeMs - last.atMs < SPACING_MS) return progress;
  return { runId: status.runId, samples: addReading(progress.samples, sample, KEEP_MS) };
}

/** The number of records in the source; null unless certain. */
export function recordsInAll({ state, bytesRead, bytesTotal, expectedRecords }: RunStatus): number | null {
  return isActive(state) && bytesTotal !== null && bytesRead >= bytesTotal ? expectedRecords : null;
}

/** Milliseconds until the last record at the current pace; null if unknown. */
export function readingLeftMs(progress: Progress, status: RunStatus): number | null {
  const { samples } = progress;
  const tookMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
  const pace = paceOf(samples) ?? 0;
  if (status.state !== 'running' || status.expectedRecords === null) return null;
  if (pace <= 0 || tookMs < 2 * SPACING_MS) return null;
  return (Math.max(0, status.expectedRecords - status.counts.records) / pace) * 1000;
}
