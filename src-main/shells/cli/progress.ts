import type { Run } from '../../engine/interface';
import type { RecordSource } from '../../ingestion/record';
import { estimateRecords, type Progress } from './progress-text';
import { createRate } from './rate';

/** Reads a run's progress whenever the progress line is drawn. */
export function followProgress(
  run: Run,
  source: RecordSource & { handedOut(): number },
  monotonicMs: () => number,
): () => Progress {
  const rate = createRate(monotonicMs);
  return () => {
    const { state, counts, bytesRead, bytesTotal } = run.status();
    return {
      records: counts.records,
      fired: counts.fired,
      cancelled: counts.cancelled,
      pending: counts.pending,
      draining: state === 'draining',
      expectedRecords: estimateRecords(source.handedOut(), bytesRead, bytesTotal),
      ratePerSecond: rate.measure(counts.records),
    };
  };
}
