-- Runs, the append-only history of updates, the latest state of each account, and rejects.
-- Times come from the program's clock; now() is a column default only.

CREATE TABLE runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  settings jsonb NOT NULL,
  state text NOT NULL CHECK (
    state IN ('running', 'paused', 'draining', 'completed', 'failed', 'stopped', 'interrupted')
  ),
  failure text,
  checkpoint jsonb NOT NULL DEFAULT '{}',
  counts jsonb NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);

-- One row for each account: its latest known state. Written only under a version fence.
CREATE TABLE accounts (
  id text PRIMARY KEY,
  account_type text NOT NULL,
  tokens numeric(20) NOT NULL,
  version numeric(20) NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- The report: the leader of a type is the head of this index.
CREATE INDEX accounts_by_type_and_tokens ON accounts (account_type, tokens DESC, id);

-- Every unique update, append-only but for its callback, of which this row is the only record.
CREATE TABLE account_updates (
  account_id text NOT NULL,
  version numeric(20) NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  run_id bigint NOT NULL,
  record_index bigint NOT NULL,
  account_type text NOT NULL,
  tokens numeric(20) NOT NULL,
  data jsonb NOT NULL,
  callback_time_ms bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('indexed', 'stale')),
  ingested_at timestamptz NOT NULL DEFAULT now(),
  callback_due_at timestamptz,
  callback_state text CHECK (callback_state IN ('pending', 'fired', 'cancelled')),
  callback_settled_at timestamptz,
  superseded_by numeric(20),
  PRIMARY KEY (account_id, version),
  -- A stale update has no callback; an indexed one has exactly one, due at a known time.
  CHECK ((outcome = 'indexed') = (callback_state IS NOT NULL)),
  CHECK ((callback_state IS NULL) = (callback_due_at IS NULL)),
  CHECK ((callback_settled_at IS NOT NULL) = (callback_state IS NOT NULL AND callback_state <> 'pending'))
);

-- A newer version cancels the older: at most one pending callback for an account, held by the database.
CREATE UNIQUE INDEX account_updates_one_pending ON account_updates (account_id)
  WHERE callback_state = 'pending';

-- Serves the claim of due callbacks and the look at the earliest one.
CREATE INDEX account_updates_due ON account_updates (callback_due_at, seq)
  WHERE callback_state = 'pending';

-- Records that were not valid, kept so that a person can look at them.
CREATE TABLE rejects (
  run_id bigint NOT NULL,
  record_index bigint NOT NULL,
  field text NOT NULL,
  reason text NOT NULL,
  excerpt text NOT NULL,
  rejected_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, record_index)
);
