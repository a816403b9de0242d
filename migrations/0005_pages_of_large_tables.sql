-- Pages of the history of waiting callbacks in the order of arrival: they had to be sorted, all of them, or looked
-- for among those long settled (450 ms among a million updates). See src-main/database/account-orders.ts.
CREATE INDEX accounts_waiting_by_update ON accounts (update_seq) WHERE callback_due_at IS NOT NULL;

-- A rare type: blocks of a quarter of the size leave a quarter of the rows to be looked at.
DROP INDEX account_updates_types;
CREATE INDEX account_updates_types ON account_updates
  USING brin (account_type text_bloom_ops (n_distinct_per_range = 20)) WITH (pages_per_range = 4);
