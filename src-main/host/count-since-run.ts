import type { FeedStats } from '../../src-shared/feed';
import type { EngineEvent } from '../runs/interface';

/**
 * Counts the callbacks that fire or are cancelled and that the run under way does not count: those of other runs, and
 * all after its last counts. Its last counts are those of its summary; a run that is broken off has none, and counts
 * until it has ended.
 */
export function createCountSinceRun() {
  let counts: FeedStats['sinceRun'] = { fired: 0, cancelled: 0 };
  /** The run that counts its own callbacks now. */
  let counting: string | null = null;
  let latest: string | null = null;
  const forget = () => {
    counts = { fired: 0, cancelled: 0 };
  };
  return {
    counts: () => counts,
    forget,
    hear(event: EngineEvent) {
      if (event.event === 'run') {
        const { runId, endedAtMs } = event.status;
        if (endedAtMs === null && (counting === null || runId !== latest)) forget();
        counting = endedAtMs === null ? runId : null;
        latest = runId;
      } else if (event.event === 'summary') {
        counting = null;
      } else if (event.event === 'fired' && event.runId !== counting) {
        counts = { ...counts, fired: counts.fired + 1 };
      } else if (event.event === 'cancelled' && event.callbackRunId !== counting) {
        counts = { ...counts, cancelled: counts.cancelled + 1 };
      }
    },
  };
}
