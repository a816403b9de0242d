/**
 * The row of the history with the number `seq`, an SQL expression, for `CROSS JOIN LATERAL`.
 *
 * As a stretch of one number, in order: without statistics the planner takes a number for common, and with `seq = …` it would
 * read the history from its beginning to the first that fits.
 */
export function updateByNumber(seq: string): string {
  return `(SELECT * FROM account_updates WHERE seq BETWEEN ${seq} AND ${seq} ORDER BY seq LIMIT 1)`;
}
