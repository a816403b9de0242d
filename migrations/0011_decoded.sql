-- The fields of the account's data, `{"program", "type", "fields"}`, or `{"reason"}` why it has none. NULL: the update's data is
-- no bytes. Never compared: the same bytes read with another IDL are the same update.
ALTER TABLE account_updates ADD COLUMN decoded jsonb;
