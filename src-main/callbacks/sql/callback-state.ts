import { versionTextOf } from '../../storage/version-sql';

/**
 * The state of a callback is derived only here:
 *
 * - its update is stale (`due_ms` is null): it has none;
 * - it has a row in `settled_callbacks`: fired or cancelled, as `how` says;
 * - its update is the latest of its account: pending;
 * - otherwise a newer version cancelled it: the account's next one that is not stale.
 *
 * As of a number N, of an earlier instant, only rows numbered up to N count. Updates that are not stale are numbered in the order of
 * their versions, so the next one tells whether a newer one was there.
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

/** Null if it is the latest of its account. Now the account's row tells, at once. */
const cancelledState = (update: string, bound: Bound) =>
  bound === null
    ? `(SELECT CASE WHEN a.update_seq <> ${update}.seq THEN 'cancelled' END FROM accounts AS a
    WHERE a.id = ${update}.account_id LIMIT 1)`
    : `(SELECT CASE WHEN n.seq <= ${bound} THEN 'cancelled' END FROM account_updates AS n
    WHERE n.account_id = ${update}.account_id AND (n.slot, n.version) > (${update}.slot, ${update}.version)
      AND n.due_ms IS NOT NULL
    ORDER BY n.slot, n.version LIMIT 1)`;

/** The state as text, or null if there is no callback. `update` is a row of `account_updates`. */
export const callbackStateOf = (
  update: string,
  bound: Bound,
) => `CASE WHEN ${update}.due_ms IS NOT NULL THEN coalesce(
  ${settledState(`${update}.seq`, `${update}.account_id`, bound)},
  ${cancelledState(update, bound)},
  'pending') END`;

/** The same for the latest version in a row of `accounts`, which no newer version has cancelled. */
export const latestCallbackStateOf = (account: string) =>
  `CASE WHEN ${account}.due_ms IS NOT NULL THEN 'pending'
  ELSE ${settledState(`${account}.update_seq`, `${account}.id`, null)} END`;

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
    SELECT s.how, s.run_id, s.at_ms FROM ${schema}settled_callbacks AS s
    WHERE ${update}.due_ms IS NOT NULL AND s.update_seq = ${update}.seq AND s.account_id = ${update}.account_id
      ${upTo('s.seq', bound)}
    LIMIT 1
  ) AS settled ON true
  LEFT JOIN LATERAL (
    SELECT n.seq, n.run_id, n.at_ms, n.slot, n.version FROM ${schema}account_updates AS n
    WHERE ${update}.due_ms IS NOT NULL AND settled.how IS NULL AND n.account_id = ${update}.account_id
      AND (n.slot, n.version) > (${update}.slot, ${update}.version) AND n.due_ms IS NOT NULL
    ORDER BY n.slot, n.version
    LIMIT 1
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
