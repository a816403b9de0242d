-- Callbacks are listed by what became of their delivery in the order in which they settled, also the few that failed among many.
CREATE INDEX deliveries_by_state ON deliveries (state, seq, target_id);
