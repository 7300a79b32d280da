-- Every change that came through the admin API. Ids sort by time. A change that changed nothing leaves no row.
CREATE TABLE audit (
	id TEXT PRIMARY KEY,
	at INTEGER NOT NULL,
	who TEXT NOT NULL,
	request_id TEXT NOT NULL,
	kind TEXT NOT NULL, -- what was changed: 'team', 'key', 'provider' ...
	subject TEXT NOT NULL, -- its id
	action TEXT NOT NULL,
	before TEXT, -- JSON without secrets; null where there was nothing
	after TEXT -- the same; null where nothing is left
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_subject ON audit (kind, subject, id);
