-- A latest state is written over and over: a narrow row, with room on its page for the next one, is written in
-- place, without an entry in each index. See docs/decisions/0017.

-- The history has it, in the row that update_seq names.
ALTER TABLE accounts DROP COLUMN data;
ALTER TABLE accounts SET (fillfactor = 50);
-- Whether a callback waits is said by settled_callbacks alone: callback_due_at of one that has fired goes later.
ALTER TABLE accounts DROP COLUMN overtook_seq;
