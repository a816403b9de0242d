-- The schema that all migrations together make, for review; nothing reads this file but its test.
-- Written by: UPDATE_SCHEMA_DUMP=1 npx vitest run schema-dump

CREATE TABLE account_updates (
  account_id text COLLATE "C" NOT NULL,
  version numeric(20,0) NOT NULL,
  seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  run_id bigint NOT NULL,
  record_index bigint NOT NULL,
  account_type text COLLATE "C" NOT NULL,
  tokens numeric(20,0) NOT NULL,
  data jsonb NOT NULL,
  callback_time_ms bigint NOT NULL,
  outcome text NOT NULL,
  ingested_at timestamp with time zone NOT NULL DEFAULT now(),
  callback_due_at timestamp with time zone,
  CONSTRAINT account_updates_check CHECK ((outcome = 'indexed'::text) = (callback_due_at IS NOT NULL)),
  CONSTRAINT account_updates_outcome_check CHECK (outcome = ANY (ARRAY['indexed'::text, 'stale'::text])),
  CONSTRAINT account_updates_pkey PRIMARY KEY (account_id, version)
);
CREATE INDEX account_updates_by_arrival ON account_updates USING btree (run_id, seq);
CREATE INDEX account_updates_by_sequence ON account_updates USING btree (seq);
CREATE INDEX account_updates_stale ON account_updates USING btree (seq, run_id) WHERE outcome = 'stale'::text;
CREATE INDEX account_updates_types ON account_updates USING brin (account_type text_bloom_ops (n_distinct_per_range='20')) WITH (pages_per_range='4');

CREATE TABLE accounts (
  id text COLLATE "C" NOT NULL,
  account_type text COLLATE "C" NOT NULL,
  tokens numeric(20,0) NOT NULL,
  version numeric(20,0) NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  update_seq bigint NOT NULL,
  callback_due_at timestamp with time zone,
  data_length integer,
  CONSTRAINT accounts_pkey PRIMARY KEY (id)
);
CREATE INDEX accounts_by_tokens ON accounts USING btree (tokens, id);
CREATE INDEX accounts_by_type_and_tokens ON accounts USING btree (account_type, tokens DESC, id);
CREATE INDEX accounts_by_update ON accounts USING btree (updated_at, id);
CREATE INDEX accounts_by_version ON accounts USING btree (version, id);
CREATE INDEX accounts_waiting ON accounts USING btree (callback_due_at, update_seq) WHERE callback_due_at IS NOT NULL;
CREATE INDEX accounts_waiting_by_update ON accounts USING btree (update_seq) WHERE callback_due_at IS NOT NULL;

CREATE TABLE holder (
  is_only boolean NOT NULL DEFAULT true,
  epoch bigint NOT NULL,
  program text NOT NULL,
  pid integer NOT NULL,
  host text NOT NULL,
  since timestamp with time zone NOT NULL,
  backend_pid integer NOT NULL,
  CONSTRAINT holder_is_only_check CHECK (is_only),
  CONSTRAINT holder_pkey PRIMARY KEY (is_only)
);

CREATE TABLE rejects (
  run_id bigint NOT NULL,
  record_index bigint NOT NULL,
  field text NOT NULL,
  reason text NOT NULL,
  excerpt text NOT NULL,
  rejected_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT rejects_pkey PRIMARY KEY (run_id, record_index)
);

CREATE TABLE runs (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  source text NOT NULL,
  settings jsonb NOT NULL,
  state text NOT NULL,
  failure text,
  checkpoint jsonb NOT NULL DEFAULT '{}'::jsonb,
  counts jsonb NOT NULL DEFAULT '{}'::jsonb,
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  origin text,
  source_identity jsonb,
  field_map text,
  CONSTRAINT runs_pkey PRIMARY KEY (id),
  CONSTRAINT runs_state_check CHECK (state = ANY (ARRAY['running'::text, 'paused'::text, 'draining'::text, 'completed'::text, 'failed'::text, 'stopped'::text, 'interrupted'::text]))
);

CREATE TABLE schema_migrations (
  version integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE settled_callbacks (
  seq bigint NOT NULL,
  fired boolean NOT NULL,
  settled_at timestamp with time zone NOT NULL,
  superseded_by numeric(20,0),
  CONSTRAINT settled_callbacks_check CHECK (NOT fired OR superseded_by IS NULL),
  CONSTRAINT settled_callbacks_pkey PRIMARY KEY (seq)
);
CREATE INDEX settled_callbacks_by_hand ON settled_callbacks USING btree (seq) WHERE NOT fired AND superseded_by IS NULL;
CREATE INDEX settled_callbacks_by_time ON settled_callbacks USING btree (fired, settled_at, seq);
