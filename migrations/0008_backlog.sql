-- How much an object owed when it was last noted or swept, so that one whose entries are not taken is seen.
ALTER TABLE dirty_objects ADD COLUMN weight INTEGER NOT NULL DEFAULT 0; -- records
ALTER TABLE dirty_objects ADD COLUMN oldest_at INTEGER; -- when the oldest was stored; null while nothing was
