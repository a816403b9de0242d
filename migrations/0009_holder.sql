-- Which process holds the database, on a server: at most one row. Every write checks that the epoch is still that of its
-- process, so that one whose connection was cut off unnoticed writes nothing after another has taken over.
CREATE TABLE holder (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  epoch int8 NOT NULL,
  program text NOT NULL,
  pid int4 NOT NULL,
  host text NOT NULL,
  since timestamptz NOT NULL,
  -- The server's process behind the connection that has the lock: the row is void once that is gone.
  backend_pid int4 NOT NULL
);
