-- About so many characters the data of the latest state has when it is printed, so that what fires together can be
-- bounded by it without reading the history. NULL: not known, as of numbers that are printed longer than they came,
-- and of states from before this was kept.
ALTER TABLE accounts ADD COLUMN data_length int4;
