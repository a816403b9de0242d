-- What a connection has seen of the chain: ranges of slots in which nothing is missed, and gaps in which something may be. Each
-- range grows in the transaction that stores what is in it.
CREATE TABLE slot_coverage (
  run_id bigint NOT NULL,
  -- From 0 in each run.
  number integer NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('covered', 'gap')),
  -- Both included. Null: unknown.
  from_slot numeric(20),
  to_slot numeric(20),
  -- In run time.
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  -- Of a gap, a sentence.
  reason text,
  PRIMARY KEY (run_id, number)
);
