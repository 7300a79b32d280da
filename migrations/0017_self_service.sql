-- Within what a team's members make keys by themselves.
ALTER TABLE teams ADD COLUMN self_service TEXT; -- JSON: SelfService of src/core/key/self-service.ts; null: every request waits

-- Keys that members asked for.
CREATE TABLE key_requests (
	id TEXT PRIMARY KEY,
	team_id TEXT NOT NULL REFERENCES teams (id),
	owner_id TEXT NOT NULL, -- the person who asked, and whose key it becomes
	asker TEXT NOT NULL, -- as the audit names that person
	name TEXT NOT NULL,
	terms TEXT NOT NULL, -- JSON: KeyTerms of src/core/key/self-service.ts
	reason TEXT,
	status TEXT NOT NULL, -- 'waiting', 'granted', 'approved' or 'refused'
	key_id TEXT, -- the key that was made
	decided_by TEXT, -- as the audit names them; null while it waits, and where nobody was asked
	decided_at INTEGER,
	refusal TEXT, -- why
	created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX key_requests_by_owner ON key_requests (owner_id, id);
CREATE INDEX key_requests_by_key ON key_requests (key_id) WHERE key_id IS NOT NULL;
