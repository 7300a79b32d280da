-- Entries of outboxes that could not be brought in as they were. Their objects keep them.
CREATE TABLE refused_entries (
	object TEXT NOT NULL, -- 'key/', 'team/' or 'provider/', then the object's name
	epoch INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	at INTEGER NOT NULL, -- when it was given up
	stored_at INTEGER NOT NULL, -- when the object stored it
	records INTEGER NOT NULL,
	cost INTEGER NOT NULL, -- their sum, in nano-dollars
	form TEXT NOT NULL, -- what is in of it: 'unlabelled', 'charge' or 'nothing'
	reason TEXT NOT NULL, -- SQLite's code, or what kind of error it was
	PRIMARY KEY (object, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX refused_entries_by_time ON refused_entries (at);
