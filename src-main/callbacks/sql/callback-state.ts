import { versionTextOf } from '../../storage/version-sql';

/**
 * The state of a callback is derived only here:
 *
 * - its update is stale (`due_ms` is null): it has none;
 * - it has a row in `settled_callbacks`: fired or cancelled, as `how` says;
 * - its account's row has it waiting: pending;
 * - otherwise a newer version cancelled it, and says so in `cancels_slot` and `cancels_version`: usually the account's next one.
 *
 * As of a number N, of an earlier instant, only rows numbered up to N count. A latest version that fell back to is not pending: it was
 * cancelled by one that is dead now, or is stale.
 *
 * Scalar subqueries with a limit remain key look-ups whatever the statistics say; as joins, the planner may read all callbacks
 * ever settled.
 */

const stateOfHow = (how: string) =>
  `CASE WHEN ${how} IN ('due', 'fired by hand') THEN 'fired' ELSE 'cancelled' END`;

/** SQL for the number that rows are read up to; null: all are. */
export type Bound = string | null;

const upTo = (seq: string, bound: Bound) => (bound === null ? '' : `AND ${seq} <= ${bound}`);

const settledState = (seq: string, accountId: string, bound: Bound) => `(
  SELECT ${stateOfHow('s.how')} FROM settled_callbacks AS s
  WHERE s.update_seq = ${seq} AND s.account_id = ${accountId} ${upTo('s.seq', bound)} LIMIT 1)`;

/**
 * The version that cancelled the callback of `update`, for `FROM`. It is the account's next one that is not stale, or none is: the
 * search ends there. Only after an account fell back may another lie between.
 *
 * @param only where this holds of `update`: else nothing is searched for.
 */
export const canceller = (columns: string, update: string, schema = '', only = 'true') => {
  const cancels = `n.cancels_slot = ${update}.slot AND n.cancels_version = ${update}.version`;
  return `
    SELECT ${columns} FROM (
      SELECT * FROM ${schema}account_updates AS n
      WHERE ${only} AND n.account_id = ${update}.account_id AND (n.slot, n.version) > (${update}.slot, ${update}.version)
        AND (${cancels} OR n.due_ms IS NOT NULL
          AND NOT EXISTS (SELECT FROM ${schema}retractions AS r WHERE r.account_id = ${update}.account_id))
      ORDER BY n.slot, n.version LIMIT 1
    ) AS n WHERE ${cancels}`;
};

/** Null if it waits. Now the account's row tells, at once. */
const cancelledState = (update: string, bound: Bound) =>
  bound === null
    ? `(SELECT CASE WHEN NOT EXISTS (SELECT FROM accounts AS a
    WHERE a.id = ${update}.account_id AND a.update_seq = ${update}.seq AND a.due_ms IS NOT NULL) THEN 'cancelled' END)`
    : `(${canceller(`CASE WHEN n.seq <= ${bound} THEN 'cancelled' END`, update)})`;

/** The state as text, or null if there is no callback. `update` is a row of `account_updates`. */
export const callbackStateOf = (
  update: string,
  bound: Bound,
) => `CASE WHEN ${update}.due_ms IS NOT NULL THEN coalesce(
  ${settledState(`${update}.seq`, `${update}.account_id`, bound)},
  ${cancelledState(update, bound)},
  'pending') END`;

/** The same for the latest version in a row of `accounts`. One that the account fell back to has no callback, or a cancelled one. */
export const latestCallbackStateOf = (account: string) =>
  `CASE WHEN ${account}.due_ms IS NOT NULL THEN 'pending'
  ELSE coalesce(${settledState(`${account}.update_seq`, `${account}.id`, null)}, 'cancelled') END`;

/** The same for a row of `settled_callbacks`. */
export const settledStateOf = (settled: string) => stateOfHow(`${settled}.how`);

/**
 * Joins a row called `callback` to each row `update` of `account_updates`: `state`; `how`, as `SettledHow`; `settled_run_id` and
 * `settled_at_ms`, the time of settling; and `superseded_by`, the version that cancelled it. Null where it does not apply. Use it
 * for the rows of one page: the cancelling version is searched for among the account's later versions, past all stale ones.
 *
 * @param schema of another space, with a dot after it.
 */
export const joinCallback = (update: string, bound: Bound, schema = '') => `
  LEFT JOIN LATERAL (
    SELECT s.seq, s.how, s.run_id, s.at_ms FROM ${schema}settled_callbacks AS s
    WHERE ${update}.due_ms IS NOT NULL AND s.update_seq = ${update}.seq AND s.account_id = ${update}.account_id
      ${upTo('s.seq', bound)}
    LIMIT 1
  ) AS settled ON true
  LEFT JOIN LATERAL (
${canceller(
  'n.seq, n.run_id, n.at_ms, n.slot, n.version',
  update,
  schema,
  `${update}.due_ms IS NOT NULL AND settled.how IS NULL`,
)}
  ) AS newer ON ${bound === null ? 'true' : `newer.seq <= ${bound}`}
  LEFT JOIN LATERAL (
    SELECT
      CASE WHEN ${update}.due_ms IS NULL THEN NULL WHEN settled.how IS NOT NULL THEN ${stateOfHow('settled.how')}
        WHEN newer.seq IS NOT NULL THEN 'cancelled' ELSE 'pending' END AS state,
      CASE WHEN newer.seq IS NOT NULL THEN 'newer version' ELSE settled.how END AS how,
      coalesce(settled.run_id, newer.run_id) AS settled_run_id,
      coalesce(settled.at_ms, newer.at_ms) AS settled_at_ms,
      CASE WHEN newer.seq IS NOT NULL THEN ${versionTextOf('newer')} END AS superseded_by
  ) AS callback ON true`;
