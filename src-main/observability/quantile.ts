/**
 * Estimates a quantile as Prometheus' `histogram_quantile` does: evenly spread within its bucket. Beyond the last
 * bound it is that bound.
 * @param counts of each bucket by itself, one more than there are bounds: the last is what lies beyond.
 * @returns null without a single value.
 */
export function estimateQuantile(
  bounds: readonly number[],
  counts: readonly number[],
  share: number,
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (let bucket = 0; bucket < bounds.length; bucket += 1) {
    const count = counts[bucket] ?? 0;
    const upper = bounds[bucket] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = bounds[bucket - 1] ?? 0;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
