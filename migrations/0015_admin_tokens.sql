-- Tokens for the admin API beside the one of the environment, each with a role.
CREATE TABLE admin_tokens (
	id TEXT PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE, -- HMAC-SHA-256 of the token, in hex
	last4 TEXT NOT NULL,
	name TEXT NOT NULL,
	role TEXT NOT NULL, -- 'admin', 'viewer', 'team_manager' or 'member'
	teams TEXT, -- JSON array of ids; null for all
	owner_id TEXT, -- the person whose keys a member reaches
	expires_at INTEGER,
	last_used_at INTEGER, -- to the minute
	revoked_at INTEGER,
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The person whose key it is; a member reaches its own alone.
ALTER TABLE api_keys ADD COLUMN owner_id TEXT;
CREATE INDEX api_keys_by_owner ON api_keys (owner_id, id) WHERE owner_id IS NOT NULL;
