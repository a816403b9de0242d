import type { Figure } from './alert';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
/** What counts as of late. */
export const WINDOW_MS = 5 * MINUTE_MS;

/** By how much counters grew of late. */
export const increaseOf = (metric: string, labels: Readonly<Record<string, string>> = {}): Figure => ({
  kind: 'increase',
  metric,
  labels,
  windowMs: WINDOW_MS,
});
