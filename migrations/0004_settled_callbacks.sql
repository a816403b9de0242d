-- The history is append-only from here on: what becomes of a callback no longer changes its row, which cost
-- a new copy of the row and an entry in four indexes. See docs/decisions/0016.

-- Callbacks that fired or were cancelled, each once: whoever wrote its row first has won.
CREATE TABLE settled_callbacks (
  -- Of the update whose callback it was.
  seq bigint PRIMARY KEY,
  fired boolean NOT NULL,
  settled_at timestamptz NOT NULL,
  -- The version that cancelled it; none if it fired, or a person cancelled it.
  superseded_by numeric(20),
  CHECK (NOT fired OR superseded_by IS NULL)
);
INSERT INTO settled_callbacks (seq, fired, settled_at, superseded_by)
SELECT seq, callback_state = 'fired', callback_settled_at, superseded_by
FROM account_updates
WHERE callback_settled_at IS NOT NULL;
CREATE INDEX settled_callbacks_by_time ON settled_callbacks (fired, settled_at, seq);
-- Those that a person cancelled: few, and the only latest states that are neither waiting nor fired.
CREATE INDEX settled_callbacks_by_hand ON settled_callbacks (seq) WHERE NOT fired AND superseded_by IS NULL;

-- A callback that waits is that of the latest version: the account's own row holds it, so there is never
-- more than one.
ALTER TABLE accounts
  -- The update that made the latest state.
  ADD COLUMN update_seq bigint,
  -- When its callback is due; none once it has fired or was cancelled.
  ADD COLUMN callback_due_at timestamptz,
  -- The update whose waiting callback was settled by this one; none if none waited.
  ADD COLUMN overtook_seq bigint;
UPDATE accounts AS a
SET update_seq = u.seq, callback_due_at = CASE WHEN u.callback_state = 'pending' THEN u.callback_due_at END
FROM account_updates AS u
WHERE u.account_id = a.id AND u.version = a.version;
ALTER TABLE accounts ALTER COLUMN update_seq SET NOT NULL;

-- Serves the claim of due callbacks and the look at the earliest one.
CREATE INDEX accounts_waiting ON accounts (callback_due_at, update_seq) WHERE callback_due_at IS NOT NULL;

DROP INDEX account_updates_one_pending, account_updates_due, account_updates_settled,
  account_updates_cancelled_by_hand;
ALTER TABLE account_updates
  DROP COLUMN callback_state,
  DROP COLUMN callback_settled_at,
  DROP COLUMN superseded_by,
  ADD CHECK ((outcome = 'indexed') = (callback_due_at IS NOT NULL));
