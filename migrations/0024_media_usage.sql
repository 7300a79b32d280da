-- What was billed beside tokens: whole images, their tiles and the steps of the model; milliseconds of sound; and text
-- that was read aloud, in characters or in bytes of UTF-8, whichever its vendor counts.
ALTER TABLE usage_hourly ADD COLUMN images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_hourly ADD COLUMN image_tiles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_hourly ADD COLUMN image_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_hourly ADD COLUMN audio_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_hourly ADD COLUMN spoken_characters INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_hourly ADD COLUMN spoken_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN image_tiles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN image_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN audio_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN spoken_characters INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_daily ADD COLUMN spoken_bytes INTEGER NOT NULL DEFAULT 0;
