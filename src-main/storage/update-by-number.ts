/**
 * The history's row with the number `seq`, an SQL expression, for `CROSS JOIN LATERAL`.
 *
 * As an ordered range of one number: without statistics the planner takes a number for common, and with `seq = …` it would read
 * the history from its start.
 *
 * @param schema of another space, with a dot after it.
 */
export function updateByNumber(seq: string, schema = ''): string {
  return `(SELECT * FROM ${schema}account_updates WHERE seq BETWEEN ${seq} AND ${seq} ORDER BY seq LIMIT 1)`;
}
