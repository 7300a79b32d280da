-- Usage that providers reported and that cannot be true: how many attempts were charged at their hold instead, and by how
-- many nano-dollars that is less than what was reported.
ALTER TABLE usage_hourly ADD COLUMN implausible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_hourly ADD COLUMN possible_overrun INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN implausible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN possible_overrun INTEGER NOT NULL DEFAULT 0;
-- The same of the daily roll-ups when an object's books were looked at.
ALTER TABLE reconciliations ADD COLUMN implausible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reconciliations ADD COLUMN possible_overrun INTEGER NOT NULL DEFAULT 0;
