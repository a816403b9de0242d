-- Which of the known names of the fields the source of a run used, such as 'snake-case'. NULL: begun before this
-- was kept.
ALTER TABLE runs ADD COLUMN field_map text;
