-- One order of everything that happened, and a clock for each run. `seq` numbers kept arrivals and settled callbacks
-- alike, times are on the clock of their run, a version has a slot before it, and a callback that a newer version
-- cancelled has no row. See docs/architecture.md.
--
-- Each helper table holds one row for each update or callback, without its data; they go at the end.

-- What is sorted and joined is as long as the history. Measured with a million updates: a third of the time, for 200 MB.
SELECT set_config('work_mem', '64MB', true);
ANALYZE account_updates, settled_callbacks, accounts;

-- The clocks as they were: the wall's from the start of the run on, times the speed.
CREATE TABLE old_clocks AS
SELECT
  id AS run_id,
  (extract(epoch FROM started_at) * 1000)::int8 AS start_ms,
  coalesce((settings ->> 'simulate')::boolean, false) AS virtual,
  CASE WHEN (settings ->> 'simulate')::boolean THEN 1 ELSE coalesce((settings ->> 'speed')::numeric, 1) END AS speed,
  settings ->> 'arrival' = 'scatter' AS scattered
FROM runs;
ALTER TABLE old_clocks ADD PRIMARY KEY (run_id);

-- On a run's clock: 0 at its start, never before it, and within the range of int8.
CREATE FUNCTION old_run_ms(instant timestamptz, start_ms int8, speed numeric) RETURNS numeric
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN instant IS NOT NULL THEN
    least(greatest((extract(epoch FROM instant) * 1000 - coalesce(start_ms, 0)) * coalesce(speed, 1), 0), 9223372036854775807)
  END
$$;

-- What became of each callback: `how` is NULL for one that waits, and for one that a newer version cancelled, which is
-- so wherever there is a newer one. None fires before it is due, and only what was overdue at a start was skipped.
CREATE TABLE old_callbacks AS
SELECT
  seq, run_id, account_id, ingested_at, due_at, how,
  lead(seq) OVER account AS next_seq,
  CASE WHEN lag(how) OVER account IS NULL THEN lag(version) OVER account END AS cancels_version,
  coalesce(settled_at, lead(ingested_at) OVER account) AS settled_at
FROM (
  SELECT
    u.seq, u.run_id, u.account_id, u.version, u.ingested_at, u.callback_due_at AS due_at, s.settled_at,
    CASE
      WHEN s.superseded_by IS NOT NULL THEN NULL
      WHEN s.fired THEN CASE WHEN s.settled_at < u.callback_due_at THEN 'fired by hand' ELSE 'due' END
      WHEN NOT s.fired THEN CASE WHEN s.settled_at < u.callback_due_at THEN 'cancelled by hand' ELSE 'skipped' END
    END AS how
  FROM account_updates AS u
  LEFT JOIN settled_callbacks AS s ON s.seq = u.seq
  WHERE u.outcome = 'indexed'
) AS callback
WINDOW account AS (PARTITION BY account_id ORDER BY version);
ANALYZE old_callbacks;

-- Arrivals keep their order. A settled callback comes after the last arrival that is not later than it, behind its own
-- update and before the next version of its account. Times alone do not order arrivals: those of simulated runs may
-- lie in the future, so an arrival counts as no earlier than any before it.
CREATE TABLE new_order AS
WITH events AS (
  SELECT seq, false AS settled, max(ingested_at) OVER (ORDER BY seq) AS at, NULL::timestamptz AS due_at, NULL::int8 AS next_seq
  FROM account_updates
  UNION ALL
  SELECT seq, true, settled_at, due_at, next_seq FROM old_callbacks WHERE how IS NOT NULL
), placed AS (
  SELECT *, CASE WHEN settled
    THEN greatest(seq, least(next_seq - 1, max(seq) FILTER (WHERE NOT settled) OVER (ORDER BY at, settled)))
    ELSE seq
  END AS after_seq
  FROM events
)
SELECT seq AS old_seq, settled, row_number() OVER (ORDER BY after_seq, settled, at, due_at, seq) AS seq FROM placed;
ANALYZE new_order;

CREATE TABLE new_updates (
  seq bigint NOT NULL,
  run_id bigint NOT NULL,
  record_index bigint NOT NULL,
  -- Of its arrival within the run, from 0: records of every outcome are counted.
  position bigint NOT NULL,
  callback_time_ms bigint NOT NULL,
  -- Its arrival, on the run's clock.
  at_ms bigint NOT NULL,
  -- Of its callback, on the run's clock; NULL: stale, so it has none.
  due_ms bigint,
  account_id text COLLATE "C" NOT NULL,
  slot numeric(20) NOT NULL,
  version numeric(20) NOT NULL,
  account_type text COLLATE "C" NOT NULL,
  tokens numeric(20) NOT NULL,
  data jsonb NOT NULL,
  -- The version of this account whose waiting callback this update cancelled; NULL: none waited.
  cancels_slot numeric(20),
  cancels_version numeric(20)
);
INSERT INTO new_updates
SELECT
  n.seq, u.run_id, u.record_index,
  -- Where arrivals were scattered, only the order of those that were kept is known.
  coalesce(scattered.position, u.record_index),
  u.callback_time_ms,
  floor(old_run_ms(u.ingested_at, r.start_ms, r.speed)),
  ceil(old_run_ms(u.callback_due_at, r.start_ms, r.speed)),
  u.account_id, 0, u.version, u.account_type, u.tokens, u.data,
  CASE WHEN c.cancels_version IS NOT NULL THEN 0 END, c.cancels_version
FROM account_updates AS u
JOIN new_order AS n ON n.old_seq = u.seq AND NOT n.settled
LEFT JOIN old_callbacks AS c ON c.seq = u.seq
LEFT JOIN old_clocks AS r ON r.run_id = u.run_id
LEFT JOIN (
  SELECT k.seq, row_number() OVER (PARTITION BY k.run_id ORDER BY k.seq) - 1 AS position
  FROM account_updates AS k JOIN old_clocks AS c ON c.run_id = k.run_id AND c.scattered
) AS scattered ON scattered.seq = u.seq
ORDER BY n.seq;

CREATE TABLE new_settled (
  seq bigint NOT NULL,
  update_seq bigint NOT NULL,
  -- The run of the callback, on whose clock at_ms is.
  run_id bigint NOT NULL,
  at_ms bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  how text NOT NULL
);
INSERT INTO new_settled
SELECT
  n.seq, u.seq, c.run_id,
  -- On a clock that was simulated far ahead nothing comes before the arrival. Both are rounded: what fired or was skipped
  -- at the instant at which it was due is not before it.
  greatest(floor(old_run_ms(greatest(c.settled_at, c.ingested_at), r.start_ms, r.speed)),
    CASE WHEN c.how IN ('due', 'skipped') THEN ceil(old_run_ms(c.due_at, r.start_ms, r.speed)) END),
  c.account_id, c.how
FROM old_callbacks AS c
JOIN new_order AS n ON n.old_seq = c.seq AND n.settled
JOIN new_order AS u ON u.old_seq = c.seq AND NOT u.settled
LEFT JOIN old_clocks AS r ON r.run_id = c.run_id
ORDER BY n.seq;

CREATE TABLE new_accounts (
  id text COLLATE "C" NOT NULL,
  account_type text COLLATE "C" NOT NULL,
  tokens numeric(20) NOT NULL,
  slot numeric(20) NOT NULL,
  version numeric(20) NOT NULL,
  -- Of the update that made the latest state, and of the account's first.
  update_seq bigint NOT NULL,
  created_seq bigint NOT NULL,
  -- Both only while the callback of the latest version waits.
  callback_run_id bigint,
  due_ms bigint,
  data_length integer
) WITH (fillfactor = 50);
INSERT INTO new_accounts
SELECT
  a.id, a.account_type, a.tokens, 0, a.version, coalesce(u.seq, 0), coalesce(first.seq, 0),
  CASE WHEN waiting.seq IS NOT NULL THEN u.run_id END, CASE WHEN waiting.seq IS NOT NULL THEN u.due_ms END,
  a.data_length
FROM accounts AS a
LEFT JOIN new_order AS n ON n.old_seq = a.update_seq AND NOT n.settled
LEFT JOIN new_updates AS u ON u.seq = n.seq
LEFT JOIN (SELECT account_id, min(seq) AS seq FROM new_updates GROUP BY account_id) AS first ON first.account_id = a.id
LEFT JOIN old_callbacks AS waiting ON waiting.seq = a.update_seq AND waiting.how IS NULL;

ALTER TABLE rejects ADD COLUMN position bigint, ADD COLUMN at_ms bigint;
UPDATE rejects AS j
SET position = record_index, at_ms = floor(old_run_ms(rejected_at,
  (SELECT start_ms FROM old_clocks AS c WHERE c.run_id = j.run_id), (SELECT speed FROM old_clocks AS c WHERE c.run_id = j.run_id)));
ALTER TABLE rejects
  ALTER COLUMN position SET NOT NULL,
  ALTER COLUMN at_ms SET NOT NULL,
  DROP COLUMN rejected_at;

-- The moments that a run's timeline counts. Duplicates and conflicts were not kept.
CREATE TABLE old_moments AS
SELECT run_id, CASE WHEN due_ms IS NULL THEN 'stale' ELSE 'indexed' END AS kind, at_ms FROM new_updates
UNION ALL
SELECT run_id, 'rejected', at_ms FROM rejects
UNION ALL
SELECT run_id, CASE WHEN how IN ('due', 'fired by hand') THEN 'fired' ELSE 'cancelled' END, at_ms FROM new_settled
UNION ALL
SELECT c.run_id, 'cancelled', floor(old_run_ms(greatest(c.settled_at, c.ingested_at), r.start_ms, r.speed))::int8
FROM old_callbacks AS c LEFT JOIN old_clocks AS r ON r.run_id = c.run_id
WHERE c.how IS NULL AND c.next_seq IS NOT NULL;

ALTER TABLE runs
  ADD COLUMN clock jsonb,
  -- From where to where the updates of each attempt are numbered, as texts: [["1", "5000"], …].
  ADD COLUMN attempts jsonb NOT NULL DEFAULT '[]',
  -- Its counts over its clock: see src-shared/timeline.ts.
  ADD COLUMN timeline jsonb;

-- A virtual clock has come as far as anything that happened on it. When its run ended by the wall's clock was not kept;
-- simulated runs take seconds, so it counts as the time of the start.
WITH reached AS (
  SELECT run_id, max(at_ms) AS at_ms FROM old_moments GROUP BY run_id
)
UPDATE runs AS r
SET
  clock = CASE WHEN c.virtual
    THEN jsonb_build_object('kind', 'virtual', 'atMs', greatest(
      0, m.at_ms, floor(old_run_ms(r.ended_at, c.start_ms, 1)), (r.checkpoint ->> 'savedAtMs')::numeric - c.start_ms))
    ELSE jsonb_build_object('kind', 'real', 'segments', jsonb_build_array(
      jsonb_build_object('atMs', 0, 'wallMs', c.start_ms, 'rate', c.speed)))
  END,
  ended_at = CASE WHEN c.virtual AND r.ended_at IS NOT NULL THEN r.started_at ELSE r.ended_at END,
  checkpoint = CASE WHEN c.virtual AND r.checkpoint ? 'savedAtMs'
    THEN jsonb_set(r.checkpoint, '{savedAtMs}', to_jsonb(c.start_ms)) ELSE r.checkpoint END
FROM old_clocks AS c LEFT JOIN reached AS m ON m.run_id = c.run_id
WHERE c.run_id = r.id;
ALTER TABLE runs ALTER COLUMN clock SET NOT NULL;

-- The callbacks of a run's own updates, whichever run they fired in.
WITH own AS (
  SELECT
    run_id,
    count(*) FILTER (WHERE how IN ('due', 'fired by hand')) AS fired,
    count(*) FILTER (WHERE how IS NULL AND next_seq IS NULL) AS pending,
    count(*) FILTER (WHERE how IN ('cancelled by hand', 'skipped') OR how IS NULL AND next_seq IS NOT NULL) AS cancelled
  FROM old_callbacks GROUP BY run_id
)
UPDATE runs AS r
SET counts = r.counts || jsonb_build_object(
  'fired', coalesce(o.fired, 0), 'cancelled', coalesce(o.cancelled, 0), 'pending', coalesce(o.pending, 0))
FROM old_clocks AS c LEFT JOIN own AS o ON o.run_id = c.run_id
WHERE c.run_id = r.id;

-- A run that was resumed after others has its updates in several stretches. Where they are many, two programs wrote at
-- once, and one stretch spans them all.
WITH marked AS (
  SELECT run_id, seq, run_id IS DISTINCT FROM lag(run_id) OVER (ORDER BY seq) AS begins FROM new_updates
), numbered AS (
  SELECT run_id, seq, count(*) FILTER (WHERE begins) OVER (ORDER BY seq) AS stretch FROM marked
), stretches AS (
  SELECT run_id, min(seq) AS first, max(seq) AS last FROM numbered GROUP BY run_id, stretch
), listed AS (
  SELECT run_id, CASE WHEN count(*) <= 50
    THEN jsonb_agg(jsonb_build_array(first::text, last::text) ORDER BY first)
    ELSE jsonb_build_array(jsonb_build_array(min(first)::text, max(last)::text))
  END AS attempts
  FROM stretches GROUP BY run_id
)
UPDATE runs AS r SET attempts = l.attempts FROM listed AS l WHERE l.run_id = r.id;

WITH widths AS (
  -- 25 ms, doubled until everything lies in the first 1,024 bins.
  SELECT run_id, 25 * min(1::int8 << doublings) AS bin_ms
  FROM (SELECT run_id, max(at_ms) AS at_ms FROM old_moments GROUP BY run_id) AS reached
  JOIN generate_series(0, 50) AS doublings ON at_ms / 1024 < 25 * (1::int8 << doublings)
  GROUP BY run_id
), bins AS (
  SELECT run_id, kind, (at_ms / bin_ms)::int AS bin, count(*) AS events
  FROM old_moments JOIN widths USING (run_id) GROUP BY run_id, kind, bin
), lines AS (
  SELECT run_id, kind, jsonb_agg(coalesce(events, 0) ORDER BY bin) AS line
  FROM (SELECT run_id, kind, generate_series(0, max(bin)) AS bin FROM bins GROUP BY run_id, kind) AS axis
  LEFT JOIN bins USING (run_id, kind, bin)
  GROUP BY run_id, kind
), timelines AS (
  SELECT run_id, bin_ms, jsonb_object_agg(kind, line) AS bins
  FROM lines JOIN widths USING (run_id) GROUP BY run_id, bin_ms
)
UPDATE runs AS r
SET timeline = jsonb_build_object('binMs', coalesce(t.bin_ms, 25), 'bins',
  '{"indexed": [], "stale": [], "duplicate": [], "conflict": [], "rejected": [], "fired": [], "cancelled": []}'::jsonb
    || coalesce(t.bins, '{}'))
FROM old_clocks AS c LEFT JOIN timelines AS t ON t.run_id = c.run_id
WHERE c.run_id = r.id;

DROP TABLE account_updates, settled_callbacks, accounts, old_clocks, old_callbacks, old_moments, new_order;
DROP FUNCTION old_run_ms;
ALTER TABLE new_updates RENAME TO account_updates;
ALTER TABLE new_settled RENAME TO settled_callbacks;
ALTER TABLE new_accounts RENAME TO accounts;

-- Runs know their stretches of `seq`, so nothing is indexed by run. Not unique: the tables may be distributed by account.
ALTER TABLE account_updates ADD CONSTRAINT account_updates_pkey PRIMARY KEY (account_id, slot, version);
CREATE INDEX account_updates_by_seq ON account_updates (seq);
CREATE INDEX account_updates_stale ON account_updates (seq) WHERE due_ms IS NULL;

-- Each callback is settled once: whoever wrote its row first has settled it. Numbers ascend, so new keys go to the
-- end of the index: by account first, each claim took 5 us longer.
ALTER TABLE settled_callbacks
  ADD CONSTRAINT settled_callbacks_pkey PRIMARY KEY (update_seq, account_id),
  ADD CONSTRAINT settled_callbacks_how_check CHECK (how IN ('due', 'fired by hand', 'cancelled by hand', 'skipped'));
CREATE INDEX settled_callbacks_by_seq ON settled_callbacks (seq);
-- Few as a rule, and accounts in the order of their callback's state begin or end with them.
CREATE INDEX settled_callbacks_cancelled ON settled_callbacks (seq) WHERE how IN ('cancelled by hand', 'skipped');

-- No index holds what a claim changes, so that it writes the row in place. See src-main/database/account-orders.ts.
ALTER TABLE accounts ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
CREATE INDEX accounts_by_type_and_tokens ON accounts (account_type, tokens DESC, id);
CREATE INDEX accounts_by_tokens ON accounts (tokens, id);
CREATE INDEX accounts_by_version ON accounts (slot, version, id);
CREATE INDEX accounts_by_update ON accounts (update_seq);

ANALYZE account_updates, settled_callbacks, accounts, runs, rejects;
