/**
 * The latest states as of a number, in the shape of `accounts`, for `FROM`: without what a callback settled later left.
 * @param bound SQL for the number that rows are read up to.
 */
export const latestAsOf = (bound: string) => `(
  SELECT l.account_id AS id, l.account_type, l.tokens, l.slot, l.version, l.seq AS update_seq,
    (SELECT c.created_seq FROM accounts AS c WHERE c.id = l.account_id LIMIT 1) AS created_seq, l.run_id AS callback_run_id,
    CASE WHEN NOT EXISTS (SELECT FROM settled_callbacks AS s
      WHERE s.update_seq = l.seq AND s.account_id = l.account_id AND s.seq <= ${bound}) THEN l.due_ms END AS due_ms
  FROM (
    SELECT DISTINCT ON (account_id) * FROM account_updates
    WHERE seq <= ${bound} AND due_ms IS NOT NULL
    ORDER BY account_id, slot DESC, version DESC
  ) AS l)`;
