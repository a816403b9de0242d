-- What resuming a run needs.

-- What the source of a run was when it began: taken up again only if it still is. NULL: begun before this
-- was kept.
ALTER TABLE runs ADD COLUMN source_identity jsonb;

-- A run resumed after others adds to the end of the history under its old number: the order of arrival is the
-- sequence alone. Not unique: the table may be distributed by account.
CREATE INDEX account_updates_by_sequence ON account_updates (seq);
DROP INDEX account_updates_stale;
CREATE INDEX account_updates_stale ON account_updates (seq, run_id) WHERE outcome = 'stale';
