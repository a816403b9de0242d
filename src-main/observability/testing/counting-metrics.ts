import type { EngineEvent } from '../../../src-shared/feed';
import { foldEvents, NO_TOTALS, withNewContent } from '../../../src-shared/totals';
import { createMetrics, type MetricsDeps } from '../metrics';

/** Metrics that count what they hear, as the feed does for a host. */
export function countingMetrics(deps: Omit<MetricsDeps, 'totals' | 'isHeld' | 'build'>) {
  let totals = NO_TOTALS;
  const metrics = createMetrics({
    isHeld: () => false,
    build: { version: '1.2.3', shell: 'web' },
    ...deps,
    totals: () => totals,
  });
  return {
    ...metrics,
    hear(events: readonly EngineEvent[]) {
      totals = foldEvents(totals, events);
      metrics.hear(events);
    },
    setPending(pending: number) {
      totals = withNewContent(totals, pending);
    },
  };
}
