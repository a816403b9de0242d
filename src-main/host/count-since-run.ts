import type { FeedStats } from '../../src-shared/feed';
import type { EngineEvent } from '../engine/interface';

/**
 * Counts the callbacks that fire or are cancelled while no run counts them. A run's last counts are those of its
 * summary; one that is broken off has none, and counts until it has ended.
 */
export function createCountSinceRun() {
  let counts: FeedStats['sinceRun'] = { fired: 0, cancelled: 0 };
  let runCounts = false;
  const forget = () => {
    counts = { fired: 0, cancelled: 0 };
  };
  return {
    counts: () => counts,
    forget,
    hear(event: EngineEvent) {
      if (event.event === 'run') {
        const isUnderWay = event.status.endedAtMs === null;
        if (isUnderWay) forget();
        runCounts = isUnderWay;
      } else if (event.event === 'summary') {
        runCounts = false;
      } else if ((event.event === 'fired' || event.event === 'cancelled') && !runCounts) {
        counts = { ...counts, [event.event]: counts[event.event] + 1 };
      }
    },
  };
}
