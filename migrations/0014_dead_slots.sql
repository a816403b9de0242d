-- Slots that a live source declared dead, and the accounts whose latest state lay in one: each fell back to the highest version of a
-- living slot, or to none. Both are numbered in the one order.
CREATE TABLE dead_slots (
  slot numeric(20) PRIMARY KEY,
  seq bigint NOT NULL,
  -- The run that learned it, and when, in its time.
  run_id bigint NOT NULL,
  at_ms bigint NOT NULL
);

CREATE TABLE retractions (
  seq bigint NOT NULL,
  run_id bigint NOT NULL,
  at_ms bigint NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  -- The numbers of the update that is no longer the latest, and of the one that is again; null: none is left.
  update_seq bigint NOT NULL,
  back_seq bigint,
  PRIMARY KEY (account_id, update_seq)
);
CREATE INDEX retractions_by_seq ON retractions (seq);

ALTER TABLE settled_callbacks DROP CONSTRAINT settled_callbacks_how_check;
ALTER TABLE settled_callbacks ADD CONSTRAINT settled_callbacks_how_check
  CHECK (how IN ('due', 'fired by hand', 'cancelled by hand', 'skipped', 'dead slot'));
DROP INDEX settled_callbacks_cancelled;
CREATE INDEX settled_callbacks_cancelled ON settled_callbacks (seq) WHERE how IN ('cancelled by hand', 'skipped', 'dead slot');
