/**
 * Exact conversion of whole epoch milliseconds to timestamptz and back, as SQL text.
 *
 * A due time can be 2^53-1 ms after its arrival, in the year 287,000: a JavaScript Date ends in the year 275,760, and
 * `to_timestamp(ms / 1000.0)` uses doubles, which merge neighbours from the year 2255 on.
 */

/** The last instant that both fragments support: 2^53-1 ms after 2^41 ms. Postgres itself ends in the year 294,276. */
export const LATEST_EPOCH_MS = 2n ** 53n - 1n + 2n ** 41n;

/**
 * The timestamptz of `epochMs`, an SQL expression of type int8 or a bare parameter. The expression is repeated, so pass only a
 * parameter or a column. NULL gives NULL. From 1970 to `LATEST_EPOCH_MS`.
 *
 * Whole hours and the rest are separate intervals. `interval * n` multiplies doubles: an hour is 2^10 * 3,515,625 us, so its
 * product with up to 2.56e9 hours still fits 53 bits. Without days or months the sum is integer arithmetic, independent of the
 * time zone. Measured on PGlite: 0.19 us a row; by `make_interval(days, secs)` 0.24 us, with `secs` numeric 1.5 us.
 */
export function timestampOf(epochMs: string): string {
  const ms = `(${epochMs})::int8`;
  return (
    `(timestamptz '1970-01-01 00:00:00+00' + (${ms} / 3600000) * interval '1 hour'` +
    ` + (${ms} % 3600000) * interval '1 millisecond')`
  );
}

/**
 * Whole epoch milliseconds, as int8, of `timestamp`, an SQL expression of type timestamptz. NULL gives NULL; finer than a
 * millisecond is rounded. `extract` computes in numeric, which is exact. Measured on PGlite: 0.37 us a row.
 */
export function epochMsOf(timestamp: string): string {
  return `(extract(epoch FROM ${timestamp}) * 1000)::int8`;
}
