-- What a provider's own list of models said when it was last asked for, against what was thought of its models.
CREATE TABLE model_syncs (
	provider TEXT PRIMARY KEY, -- by name
	id TEXT NOT NULL, -- what an admin accepts it by
	at INTEGER NOT NULL, -- milliseconds since the epoch
	detail TEXT NOT NULL -- JSON: SyncDetail of src/gateway/models/sync.ts
) STRICT, WITHOUT ROWID;
