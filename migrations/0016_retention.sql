-- How long the history is kept: one row, none as long as nobody has asked for it.
CREATE TABLE retention (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  -- Null: not limited by it.
  age_ms bigint,
  size_bytes bigint,
  -- Updates up to this number are removed, except for those that were the latest of their account then. Null: nothing was removed.
  floor_seq bigint,
  -- The run and the time of the last update up to there, in run time.
  floor_run_id bigint,
  floor_at_ms bigint,
  -- The highest version among all updates up to there.
  floor_slot numeric(20),
  floor_version numeric(20),
  -- What the tables took when history was last removed because of their size.
  size_after bigint
);

-- How many updates of the run were removed from the history, by outcome, with callbacks that had fired, and rejects; null: none.
ALTER TABLE runs ADD COLUMN removed jsonb;
