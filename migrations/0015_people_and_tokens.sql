-- Those who may do something here, and their tokens for the admin API beside the one of the environment.
CREATE TABLE people (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	email TEXT, -- in lower case
	role TEXT NOT NULL, -- 'admin', 'viewer', 'team_manager' or 'member'
	teams TEXT, -- JSON array of ids; null for all
	disabled INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX people_by_email ON people (email);

CREATE TABLE admin_tokens (
	id TEXT PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE, -- HMAC-SHA-256 of the token, in hex
	last4 TEXT NOT NULL,
	name TEXT NOT NULL,
	person_id TEXT REFERENCES people (id), -- whose it is, who then has the role
	role TEXT, -- of a token that is nobody's; null where it is a person's
	teams TEXT, -- JSON array of ids; null for all
	expires_at INTEGER,
	last_used_at INTEGER, -- to the minute
	revoked_at INTEGER,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The person whose key it is; a member sees and holds its own alone.
ALTER TABLE api_keys ADD COLUMN owner_id TEXT REFERENCES people (id);

CREATE INDEX api_keys_by_owner ON api_keys (owner_id, id) WHERE owner_id IS NOT NULL;
