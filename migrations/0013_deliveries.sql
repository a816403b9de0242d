-- Where fired callbacks are delivered, and what became of each delivery. A target goes through the settled callbacks by
-- their number, in the one order: `cursor_seq` is the last one that needs no attempt any more or has a row of its own.

CREATE TABLE targets (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  -- Without secrets.
  settings jsonb NOT NULL,
  armed boolean NOT NULL DEFAULT false,
  disarmed_because text,
  -- The database that it was armed in: a copy of it delivers nothing.
  armed_in text,
  cursor_seq bigint NOT NULL,
  delivered bigint NOT NULL DEFAULT 0,
  last_error text
);

CREATE TABLE deliveries (
  target_id uuid NOT NULL,
  -- Of the settled callback.
  seq bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('delivered', 'waiting', 'dead')),
  attempts integer NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  next_at timestamptz,
  answer text,
  error text,
  PRIMARY KEY (target_id, seq)
);
CREATE INDEX deliveries_waiting ON deliveries (target_id, next_at, seq) WHERE state = 'waiting';
CREATE INDEX deliveries_dead ON deliveries (target_id, seq) WHERE state = 'dead';

-- Callbacks of the run that settle after this number are delivered; NULL: none is.
ALTER TABLE runs ADD COLUMN delivers_from bigint;
