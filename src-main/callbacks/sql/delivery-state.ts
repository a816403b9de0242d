import type { CallbackDeliveryState, DeliveryState } from '../../../src-shared/deliveries';
import type { Queryable, Statement } from '../../database/database';
import { epochMsOf } from '../../database/time-sql';

/** So many of the latest that were delivered keep a row, for each target. */
export const DELIVERED_KEPT = 100_000;

/** Whether the run delivers what it fired. `callback` is a row of `settled_callbacks`, `run` the number that its run delivers from. */
export const isDelivered = (callback: string, deliversFrom: string) =>
  `${callback}.how IN ('due', 'fired by hand') AND ${deliversFrom} < ${callback}.seq`;

/**
 * What became of a fired callback at each target, for `FROM`: `target`, `state` as `CallbackDeliveryState`, and the columns of its
 * row. The cursor stays before what has no row yet: what lies before it has a row, was not to be delivered, or is forgotten.
 *
 * @param settled a row with `seq`, `run_id` and `how`; nothing where `seq` is null.
 */
export const deliveriesOf = (settled: string) => `
  SELECT t.name AS target, d.*,
    CASE WHEN d.seq IS NOT NULL THEN d.state
      WHEN (${isDelivered(settled, `(SELECT r.delivers_from FROM runs AS r WHERE r.id = ${settled}.run_id)`)}) IS NOT TRUE THEN 'not armed'
      WHEN ${settled}.seq > t.cursor_seq THEN CASE WHEN t.armed THEN 'under way' ELSE 'not armed' END
      WHEN t.delivered > ${DELIVERED_KEPT} THEN 'forgotten'
      ELSE 'not armed' END AS shown
  FROM targets AS t
  LEFT JOIN LATERAL (
    SELECT * FROM deliveries AS d
    WHERE d.target_id = t.id AND d.seq BETWEEN ${settled}.seq AND ${settled}.seq ORDER BY d.seq LIMIT 1
  ) AS d ON true
  WHERE ${settled}.seq IS NOT NULL AND ${settled}.how IN ('due', 'fired by hand')`;

/** Whether what became of the fired callback `settled` at any target is one of `states`: a look-up for each target. */
export const isDeliveredAs = (settled: string, states: readonly CallbackDeliveryState[]) =>
  `(SELECT true FROM (${deliveriesOf(settled)}) AS d WHERE d.shown IN (${textsOf(states)}) LIMIT 1) IS TRUE`;

/** Deliveries in these states, each state in the order of an index by `seq`. */
export const deliveriesIn = (states: readonly DeliveryState[]) =>
  states.map((state) => `SELECT seq, target_id FROM deliveries WHERE state = '${state}'`).join(' UNION ALL ');

/** Whether that of `delivery` is the first target with a delivery of its callback in one of `states`. */
export const isFirstIn = (delivery: string, states: readonly DeliveryState[]) =>
  `${delivery}.target_id = coalesce(${states
    .map(
      (state) => `(
    SELECT o.target_id FROM deliveries AS o WHERE o.state = '${state}' AND o.seq BETWEEN ${delivery}.seq AND ${delivery}.seq
    ORDER BY o.state, o.seq, o.target_id LIMIT 1)`,
    )
    .join(', ')})`;

const textsOf = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

const count: Statement = {
  name: 'count_targets',
  deadline: 'read',
  text: 'SELECT count(*)::int4 AS targets FROM targets',
};

export async function countTargets(db: Queryable): Promise<number> {
  return (await db.query<{ targets: number }>(count)).rows[0]?.targets ?? 0;
}

/** The same as one JSON text of `DeliveryMark`s, or null: a row called `delivered`. */
export const joinDeliveries = (settled: string) => `
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('target', d.target, 'state', d.shown, 'attempts', coalesce(d.attempts, 0),
      'nextAttemptMs', ${epochMsOf('d.next_at')}) ORDER BY d.target)::text AS deliveries
    FROM (${deliveriesOf(settled)}) AS d
  ) AS delivered ON true`;
