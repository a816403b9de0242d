/** Queries to begin with: each answers a question that the tables of a window do not. */
export interface SqlExample {
  readonly title: string;
  readonly text: string;
}

export const SQL_EXAMPLES: readonly SqlExample[] = [
  {
    title: 'Leaders of each type as of a seq',
    text: `-- The latest version of each account among all that happened up to seq 100.
WITH latest AS (
  SELECT DISTINCT ON (account_id) account_id, account_type, tokens, slot, version
  FROM account_updates
  WHERE seq <= 100
  ORDER BY account_id, slot DESC, version DESC
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY account_type ORDER BY tokens DESC) AS place
  FROM latest
)
SELECT account_type, account_id, tokens, version
FROM ranked
WHERE place = 1
ORDER BY account_type, account_id`,
  },
  {
    title: 'Accounts whose tokens fell',
    text: `-- From one indexed version to the next. A stale update has no due_ms.
WITH steps AS (
  SELECT account_id, account_type, version, tokens,
    lag(version) OVER versions AS version_before,
    lag(tokens) OVER versions AS tokens_before
  FROM account_updates
  WHERE due_ms IS NOT NULL
  WINDOW versions AS (PARTITION BY account_id ORDER BY slot, version)
)
SELECT account_id, account_type, version_before, version, tokens_before, tokens,
  tokens - tokens_before AS change
FROM steps
WHERE tokens < tokens_before
ORDER BY change`,
  },
  {
    title: 'Callbacks cancelled just before they were due',
    text: `-- In the last run: the newer version names the one whose callback it cancelled.
SELECT old.account_id, old.version, newer.version AS cancelled_by,
  old.due_ms, newer.at_ms AS cancelled_at_ms, old.due_ms - newer.at_ms AS ms_before_due
FROM account_updates AS newer
JOIN account_updates AS old
  ON old.account_id = newer.account_id
  AND old.slot = newer.cancels_slot AND old.version = newer.cancels_version
WHERE newer.run_id = (SELECT max(id) FROM runs) AND old.run_id = newer.run_id
ORDER BY ms_before_due`,
  },
  {
    title: 'Latest state of each account, with its JSON',
    text: `SELECT a.id, a.account_type, a.tokens, a.version, u.seq, u.data
FROM accounts AS a
JOIN account_updates AS u
  ON u.account_id = a.id AND u.slot = a.slot AND u.version = a.version
ORDER BY a.tokens DESC, a.id`,
  },
  {
    title: 'Rejected records by reason',
    text: `SELECT run_id, field, reason, count(*) AS records, min(record_index) AS first_record
FROM rejects
GROUP BY run_id, field, reason
ORDER BY records DESC`,
  },
  {
    title: 'Busiest accounts',
    text: `SELECT account_id, count(*) AS updates,
  count(*) FILTER (WHERE due_ms IS NULL) AS stale,
  count(cancels_version) AS callbacks_cancelled,
  min(tokens) AS least_tokens, max(tokens) AS most_tokens
FROM account_updates
GROUP BY account_id
ORDER BY updates DESC, account_id
LIMIT 100`,
  },
  {
    title: 'Gaps between the slots of an account',
    text: `-- Only sources with slots have any.
WITH steps AS (
  SELECT account_id, version, slot, lag(slot) OVER (PARTITION BY account_id ORDER BY slot, version) AS slot_before
  FROM account_updates
)
SELECT account_id, slot_before, slot, slot - slot_before AS gap, version
FROM steps
WHERE slot - slot_before > 1
ORDER BY gap DESC`,
  },
  {
    title: 'How late callbacks fired',
    text: `-- Milliseconds on the clock of their run.
SELECT s.run_id, count(*) AS fired,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY s.at_ms - u.due_ms) AS p50_ms,
  percentile_disc(0.9) WITHIN GROUP (ORDER BY s.at_ms - u.due_ms) AS p90_ms,
  percentile_disc(0.99) WITHIN GROUP (ORDER BY s.at_ms - u.due_ms) AS p99_ms,
  max(s.at_ms - u.due_ms) AS most_ms
FROM settled_callbacks AS s
JOIN account_updates AS u ON u.seq = s.update_seq
WHERE s.how = 'due' AND s.run_id = u.run_id
GROUP BY s.run_id
ORDER BY s.run_id`,
  },
  {
    title: 'Fields in the JSON of each type',
    text: `SELECT account_type, key, jsonb_typeof(value) AS kind, count(*) AS updates
FROM account_updates
CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(data) WHEN 'object' THEN data ELSE '{}' END)
GROUP BY account_type, key, kind
ORDER BY account_type, updates DESC, key`,
  },
  {
    title: 'Everything in the one order',
    text: `SELECT seq, 'update' AS what, account_id, version::text AS version, run_id, at_ms
FROM account_updates
UNION ALL
SELECT s.seq, 'callback ' || s.how, s.account_id, u.version::text, s.run_id, s.at_ms
FROM settled_callbacks AS s
JOIN account_updates AS u ON u.seq = s.update_seq
UNION ALL
SELECT seq, 'slot ' || slot || ' is dead', NULL, NULL, run_id, at_ms
FROM dead_slots
UNION ALL
SELECT seq, 'fell back', account_id, NULL, run_id, at_ms
FROM retractions
ORDER BY seq DESC`,
  },
  {
    title: 'Updates of dead slots',
    text: `-- They are kept. An account that had its latest state in one fell back.
SELECT d.slot, d.at_ms AS died_ms, u.account_id, u.version, r.seq IS NOT NULL AS fell_back,
  b.slot AS back_slot, b.version AS back_version
FROM dead_slots AS d
JOIN account_updates AS u ON u.slot = d.slot
LEFT JOIN retractions AS r ON r.account_id = u.account_id AND r.update_seq = u.seq
LEFT JOIN account_updates AS b ON b.seq = r.back_seq
ORDER BY d.seq, u.account_id, u.version`,
  },
  {
    title: 'Largest token accounts, by their decoded fields',
    text: `-- What the bytes of an account say; without bytes, decoded is null.
SELECT u.decoded #>> '{fields,mint}' AS mint, u.account_id, (u.decoded #>> '{fields,amount}')::numeric AS amount
FROM accounts AS a
JOIN account_updates AS u
  ON u.account_id = a.id AND u.slot = a.slot AND u.version = a.version
WHERE u.decoded ->> 'type' = 'account'
ORDER BY mint, amount DESC`,
  },
];
