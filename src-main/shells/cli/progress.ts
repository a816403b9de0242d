import type { Run } from '../../runs/interface';
import type { Progress } from './progress-text';
import { createRate } from './rate';

/** Reads a run's progress whenever the progress line is drawn. */
export function followProgress(run: Run, monotonicMs: () => number): () => Progress {
  const rate = createRate(monotonicMs);
  return () => {
    const { state, counts, expectedRecords } = run.status();
    return {
      records: counts.records,
      fired: counts.fired,
      cancelled: counts.cancelled,
      pending: counts.pending,
      draining: state === 'draining',
      expectedRecords,
      ratePerSecond: rate.measure(counts.records),
    };
  };
}
