import { NO_COUNTS, type RunCounts, type RunEvent } from '../../src-shared/events';

type Mutable = { -readonly [Key in keyof RunCounts]: RunCounts[Key] };

/** Adds what `events` say to `counts`; `pending` moves with what was scheduled and settled. */
export function tally(counts: RunCounts, events: readonly RunEvent[]): RunCounts {
  const sum: Mutable = { ...counts };
  for (const { event } of events) {
    if (event === 'report' || event === 'summary') continue;
    sum[event] += 1;
    if (event === 'fired' || event === 'cancelled') {
      sum.pending -= 1;
      continue;
    }
    sum.records += 1;
    if (event === 'indexed') sum.pending += 1;
  }
  return sum;
}

/** Counts of a run that begins while `pending` callbacks wait already. */
export function startCounts(pending: number): RunCounts {
  return { ...NO_COUNTS, pending };
}
