-- Files that teams have uploaded to vendors' accounts, under ids of the gateway's own.
CREATE TABLE files (
	id TEXT PRIMARY KEY, -- `file_…`; the time of the upload is in it
	team_id TEXT NOT NULL REFERENCES teams (id),
	key_id TEXT NOT NULL, -- the key that uploaded it, or began what made it
	provider TEXT NOT NULL, -- its name
	credential TEXT NOT NULL, -- the account that keeps it
	vendor_id TEXT NOT NULL, -- by which that account knows it
	filename TEXT NOT NULL,
	purpose TEXT NOT NULL,
	bytes INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER -- null: it does not by itself
) STRICT, WITHOUT ROWID;

CREATE INDEX files_by_team ON files (team_id, id);
CREATE INDEX files_by_end ON files (expires_at) WHERE expires_at IS NOT NULL;
