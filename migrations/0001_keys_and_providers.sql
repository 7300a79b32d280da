-- Times are milliseconds since the epoch. Ids sort by creation.

CREATE TABLE teams (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	metadata TEXT NOT NULL, -- JSON object of strings
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
	id TEXT PRIMARY KEY,
	team_id TEXT NOT NULL REFERENCES teams (id),
	name TEXT NOT NULL,
	policy TEXT NOT NULL, -- JSON: KeyPolicy of src/core/policy.ts
	metadata TEXT NOT NULL, -- JSON object of strings
	version INTEGER NOT NULL, -- rises with every change
	revoked_at INTEGER,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_team ON api_keys (team_id, id);

-- A rotated key has several secrets, of which all but the newest have an end.
CREATE TABLE api_key_secrets (
	digest TEXT PRIMARY KEY, -- HMAC-SHA-256 of the presented key, in hex
	id TEXT NOT NULL,
	key_id TEXT NOT NULL REFERENCES api_keys (id),
	prefix TEXT NOT NULL,
	last4 TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	valid_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id);

-- Upstream accounts that an admin added; the built-in ones come from the environment.
CREATE TABLE providers (
	name TEXT PRIMARY KEY,
	id TEXT NOT NULL, -- tells a provider from an earlier one of the same name
	base_url TEXT NOT NULL,
	models TEXT NOT NULL, -- JSON array in the catalog's written form
	credential TEXT, -- sealed, see src/store/sealed.ts
	disabled INTEGER NOT NULL,
	version INTEGER NOT NULL, -- rises with every change
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
