-- What admins want to be told of, and where.
CREATE TABLE alert_rules (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	condition TEXT NOT NULL, -- JSON: AlertCondition of src/core/alert.ts
	shape TEXT NOT NULL, -- 'webhook', 'slack' or 'feishu'
	destination TEXT NOT NULL, -- sealed JSON of the URL and the signing secret: a Slack address is a secret itself
	origin TEXT NOT NULL, -- the part of the address that may be shown; the rest is sealed for it
	disabled INTEGER NOT NULL,
	version INTEGER NOT NULL, -- rises with every change
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per incident and rule, however often it is seen.
CREATE TABLE alert_deliveries (
	id TEXT PRIMARY KEY, -- sorts by time
	rule_id TEXT NOT NULL,
	incident TEXT NOT NULL, -- tells one incident from another
	content TEXT NOT NULL, -- JSON: Incident of src/core/alert.ts
	attempts INTEGER NOT NULL DEFAULT 0,
	next_at INTEGER, -- when it is due; null when it is over
	delivered_at INTEGER,
	failure TEXT, -- what became of the last attempt, when it failed
	UNIQUE (rule_id, incident)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_deliveries_due ON alert_deliveries (next_at) WHERE next_at IS NOT NULL;
