/**
 * Until when callbacks can have been settled in time: what is due later than the last of them was settled still waits,
 * unless a person settled it, and that is taken back at once.
 */
const LAST_SETTLED = `coalesce(greatest((SELECT max(settled_at) FROM settled_callbacks WHERE fired),
  (SELECT max(settled_at) FROM settled_callbacks WHERE NOT fired)), '-infinity')`;

/** A look-up for each row, whatever the statistics say: as a join the planner reads all that was ever settled. */
const settled = (account: string) =>
  `(SELECT c.fired FROM settled_callbacks AS c WHERE c.seq = ${account}.update_seq LIMIT 1)`;

/**
 * Whether the callback of an account's latest version waits, as an SQL condition over a row of `accounts` that is
 * called `account`. `settled_callbacks` alone says what has fired or was cancelled; `callback_due_at` is taken back after
 * that, many at once, so that it finds those that may wait, and few others.
 */
export function waits(account: string): string {
  return `(${account}.callback_due_at IS NOT NULL
    AND (${account}.callback_due_at > ${LAST_SETTLED} OR ${settled(account)} IS NULL))`;
}

/** Whether `callback_due_at` is to be taken back. */
export function isLeftOver(account: string): string {
  return `(${account}.callback_due_at <= ${LAST_SETTLED} AND ${settled(account)} IS NOT NULL)`;
}
