-- What admins decide as data, with every version of it: aliases, what replaces the catalog's word on a model, routing rules.
CREATE TABLE documents (
	kind TEXT NOT NULL, -- 'alias', 'model' or 'routing_rules'
	name TEXT NOT NULL, -- the alias's name; provider/model; 'auto'
	version INTEGER NOT NULL, -- from 1, without gaps
	body TEXT, -- JSON; null: removed by this version
	superseded INTEGER NOT NULL, -- whether there is a later version
	created_at INTEGER NOT NULL,
	PRIMARY KEY (kind, name, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX documents_in_force ON documents (kind, name) WHERE superseded = 0;

-- Vendor accounts beside the one that the environment or the provider's own row names.
CREATE TABLE provider_credentials (
	id TEXT PRIMARY KEY,
	provider TEXT NOT NULL, -- id of an added provider, or the name of a built-in one
	name TEXT NOT NULL,
	sealed TEXT NOT NULL, -- see src/store/sealed.ts
	last4 TEXT NOT NULL,
	weight REAL NOT NULL, -- part of the traffic, relative to the others
	disabled INTEGER NOT NULL,
	version INTEGER NOT NULL, -- rises with every change
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX provider_credentials_by_provider ON provider_credentials (provider, id);

-- Calls that admins make to see whether a provider works. They belong to no key, so this is where their cost is booked.
CREATE TABLE provider_tests (
	id TEXT PRIMARY KEY,
	provider TEXT NOT NULL, -- by name
	model TEXT NOT NULL,
	credential TEXT NOT NULL, -- by id
	at INTEGER NOT NULL,
	ended_at INTEGER, -- null while it runs, and for good when nobody learnt how it ended
	fault TEXT, -- FaultKind of src/core/fault.ts; null when it answered
	cost INTEGER, -- nano-dollars; until it has ended the most that it can be; null without a known price
	estimated INTEGER NOT NULL -- whether the cost is not what the provider reported
) STRICT, WITHOUT ROWID;

CREATE INDEX provider_tests_by_provider ON provider_tests (provider, id);
