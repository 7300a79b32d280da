-- People who are signed in to the console.
CREATE TABLE sessions (
	id TEXT PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE, -- HMAC-SHA-256 of the cookie, in hex
	name TEXT NOT NULL,
	role TEXT NOT NULL, -- as of an admin token
	teams TEXT, -- JSON array of ids; null for all
	owner_id TEXT, -- the person, or the key, whose things a member reaches
	token_id TEXT REFERENCES admin_tokens (id), -- by which it was begun, and with which it ends
	key_id TEXT REFERENCES api_keys (id), -- the same of an API key
	agent TEXT NOT NULL, -- the browser, by its own word
	created_at INTEGER NOT NULL,
	last_used_at INTEGER NOT NULL, -- to the minute
	expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Links by which a person gets a token of their own, once.
CREATE TABLE invitations (
	id TEXT PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE, -- HMAC-SHA-256 of the code, in hex
	role TEXT NOT NULL,
	teams TEXT,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	accepted_by TEXT REFERENCES admin_tokens (id) -- null until then
) STRICT, WITHOUT ROWID;
