/**
 * The history's row with the number `seq`, an SQL expression, for `CROSS JOIN LATERAL`.
 *
 * As an ordered range of one number: without statistics the planner takes a number for common, and with `seq = …` it would read
 * the history from its start.
 */
export function updateByNumber(seq: string): string {
  return `(SELECT * FROM account_updates WHERE seq BETWEEN ${seq} AND ${seq} ORDER BY seq LIMIT 1)`;
}
