-- Batches of requests that vendors work through by and by, under ids of the gateway's own.
CREATE TABLE batches (
	id TEXT PRIMARY KEY, -- `batch_…`; the time at which it began is in it
	team_id TEXT NOT NULL REFERENCES teams (id),
	key_id TEXT NOT NULL, -- the key that pays
	provider TEXT NOT NULL, -- its name
	credential TEXT NOT NULL, -- the account that works through it
	endpoint TEXT NOT NULL, -- as `/v1/chat/completions`
	input_file_id TEXT NOT NULL, -- the team's file
	metadata TEXT NOT NULL, -- JSON object of texts, the caller's
	lines TEXT NOT NULL, -- JSON: BatchLine[] of src/metering/batch.ts
	tariffs TEXT NOT NULL, -- JSON: Tariff of src/metering/batch.ts by model, as it was when the batch began
	charged INTEGER NOT NULL, -- nano-dollars, of all lines, until their true costs are booked
	cost INTEGER, -- nano-dollars; null until then
	vendor_id TEXT, -- null until the vendor has said that it took it
	progress TEXT NOT NULL, -- JSON: BatchProgress of src/metering/batch.ts
	output_file_id TEXT, -- the team's file
	error_file_id TEXT,
	created_at INTEGER NOT NULL,
	looked_at INTEGER NOT NULL, -- when the vendor was last asked how far it is
	settled_at INTEGER -- when all true costs were booked; null until then
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_by_team ON batches (team_id, id);
CREATE INDEX batches_open ON batches (looked_at) WHERE settled_at IS NULL;
