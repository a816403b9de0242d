-- The schema that all migrations together make. A new database is made by it, an older one by its missing migrations.
-- Written by: UPDATE_SCHEMA_DUMP=1 npx vitest run schema-dump

CREATE TABLE account_updates (
  seq bigint NOT NULL,
  run_id bigint NOT NULL,
  record_index bigint NOT NULL,
  position bigint NOT NULL,
  callback_time_ms bigint NOT NULL,
  at_ms bigint NOT NULL,
  due_ms bigint,
  account_id text COLLATE "C" NOT NULL,
  slot numeric(20,0) NOT NULL,
  version numeric(20,0) NOT NULL,
  account_type text COLLATE "C" NOT NULL,
  tokens numeric(20,0) NOT NULL,
  data jsonb NOT NULL,
  cancels_slot numeric(20,0),
  cancels_version numeric(20,0),
  decoded jsonb,
  CONSTRAINT account_updates_pkey PRIMARY KEY (account_id, slot, version)
);
CREATE INDEX account_updates_by_seq ON account_updates USING btree (seq);
CREATE INDEX account_updates_by_signature ON account_updates USING btree ("left"(data ->> 'signature'::text, 88), slot, version) WHERE (data ->> 'signature'::text) IS NOT NULL;
CREATE INDEX account_updates_stale ON account_updates USING btree (seq) WHERE due_ms IS NULL;

CREATE TABLE accounts (
  id text COLLATE "C" NOT NULL,
  account_type text COLLATE "C" NOT NULL,
  tokens numeric(20,0) NOT NULL,
  slot numeric(20,0) NOT NULL,
  version numeric(20,0) NOT NULL,
  update_seq bigint NOT NULL,
  created_seq bigint NOT NULL,
  callback_run_id bigint,
  due_ms bigint,
  data_length integer,
  CONSTRAINT accounts_pkey PRIMARY KEY (id)
) WITH (fillfactor=50);
CREATE INDEX accounts_by_tokens ON accounts USING btree (tokens, id);
CREATE INDEX accounts_by_type_and_tokens ON accounts USING btree (account_type, tokens DESC, id);
CREATE INDEX accounts_by_update ON accounts USING btree (update_seq);
CREATE INDEX accounts_by_version ON accounts USING btree (slot, version, id);

CREATE TABLE dead_slots (
  slot numeric(20,0) NOT NULL,
  seq bigint NOT NULL,
  run_id bigint NOT NULL,
  at_ms bigint NOT NULL,
  CONSTRAINT dead_slots_pkey PRIMARY KEY (slot)
);
CREATE INDEX dead_slots_by_seq ON dead_slots USING btree (seq);

CREATE TABLE deliveries (
  target_id uuid NOT NULL,
  seq bigint NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  first_at timestamp with time zone NOT NULL,
  last_at timestamp with time zone NOT NULL,
  next_at timestamp with time zone,
  answer text,
  error text,
  CONSTRAINT deliveries_pkey PRIMARY KEY (target_id, seq),
  CONSTRAINT deliveries_state_check CHECK (state = ANY (ARRAY['delivered'::text, 'waiting'::text, 'dead'::text]))
);
CREATE INDEX deliveries_by_state ON deliveries USING btree (state, seq, target_id);
CREATE INDEX deliveries_dead ON deliveries USING btree (target_id, seq) WHERE state = 'dead'::text;
CREATE INDEX deliveries_waiting ON deliveries USING btree (target_id, next_at, seq) WHERE state = 'waiting'::text;

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
  position bigint NOT NULL,
  at_ms bigint NOT NULL,
  CONSTRAINT rejects_pkey PRIMARY KEY (run_id, record_index)
);

CREATE TABLE retention (
  is_only boolean NOT NULL DEFAULT true,
  age_ms bigint,
  size_bytes bigint,
  floor_seq bigint,
  floor_run_id bigint,
  floor_at_ms bigint,
  floor_slot numeric(20,0),
  floor_version numeric(20,0),
  size_after bigint,
  CONSTRAINT retention_is_only_check CHECK (is_only),
  CONSTRAINT retention_pkey PRIMARY KEY (is_only)
);

CREATE TABLE retractions (
  seq bigint NOT NULL,
  run_id bigint NOT NULL,
  at_ms bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  update_seq bigint NOT NULL,
  back_seq bigint,
  CONSTRAINT retractions_pkey PRIMARY KEY (account_id, update_seq)
);
CREATE INDEX retractions_by_seq ON retractions USING btree (seq);

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
  clock jsonb NOT NULL,
  attempts jsonb NOT NULL DEFAULT '[]'::jsonb,
  timeline jsonb,
  delivers_from bigint,
  removed jsonb,
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
  update_seq bigint NOT NULL,
  run_id bigint NOT NULL,
  at_ms bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  how text NOT NULL,
  CONSTRAINT settled_callbacks_how_check CHECK (how = ANY (ARRAY['due'::text, 'fired by hand'::text, 'cancelled by hand'::text, 'skipped'::text, 'dead slot'::text])),
  CONSTRAINT settled_callbacks_pkey PRIMARY KEY (update_seq, account_id)
);
CREATE INDEX settled_callbacks_by_seq ON settled_callbacks USING btree (seq);
CREATE INDEX settled_callbacks_cancelled ON settled_callbacks USING btree (seq) WHERE how = ANY (ARRAY['cancelled by hand'::text, 'skipped'::text, 'dead slot'::text]);

CREATE TABLE slot_coverage (
  run_id bigint NOT NULL,
  number integer NOT NULL,
  kind text COLLATE "C" NOT NULL,
  from_slot numeric(20,0),
  to_slot numeric(20,0),
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  reason text,
  CONSTRAINT slot_coverage_kind_check CHECK (kind = ANY (ARRAY['covered'::text, 'gap'::text])),
  CONSTRAINT slot_coverage_pkey PRIMARY KEY (run_id, number)
);

CREATE TABLE targets (
  id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  settings jsonb NOT NULL,
  armed boolean NOT NULL DEFAULT false,
  disarmed_because text,
  armed_in text,
  cursor_seq bigint NOT NULL,
  delivered bigint NOT NULL DEFAULT 0,
  last_error text,
  CONSTRAINT targets_name_key UNIQUE (name),
  CONSTRAINT targets_pkey PRIMARY KEY (id)
);
