-- A state can be asked for as of a slot or a transaction, as known at an instant. Of updates whose data names the transaction that wrote
-- them, the highest and the lowest version of each transaction are found; the other updates are not in the index. No text of a source
-- is too long for it: a signature has at most 88 characters.
CREATE INDEX account_updates_by_signature ON account_updates (left(data ->> 'signature', 88), slot, version)
  WHERE data ->> 'signature' IS NOT NULL;

-- Which slots were dead as known then.
CREATE INDEX dead_slots_by_seq ON dead_slots (seq);
