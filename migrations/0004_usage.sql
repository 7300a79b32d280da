-- What objects have flushed of their outboxes. Nothing here is written by anything but a flush, the sweeper and an import.

-- One row per request. A charge may come before its request's record, or after it: then the row is made, or added to.
CREATE TABLE request_log (
	id TEXT PRIMARY KEY, -- sorts by time, so it is also the cursor and the end of retention
	at INTEGER NOT NULL, -- when it arrived
	team_id TEXT NOT NULL,
	key_id TEXT NOT NULL,
	app TEXT,
	session TEXT,
	end_user TEXT,
	metadata TEXT, -- JSON object of strings
	face TEXT,
	stream INTEGER,
	requested_model TEXT,
	alias TEXT,
	strategy TEXT,
	candidates TEXT, -- JSON array of {target, score}, best first
	provider TEXT, -- who served, or failed last
	model TEXT,
	status INTEGER, -- what the caller was answered; null while only charges are known
	error_type TEXT,
	error_code TEXT,
	input_tokens INTEGER NOT NULL,
	cached_input_tokens INTEGER NOT NULL,
	cache_write_tokens INTEGER NOT NULL,
	output_tokens INTEGER NOT NULL,
	reasoning_tokens INTEGER NOT NULL,
	cost INTEGER NOT NULL, -- nano-dollars, the sum of its charges
	estimated INTEGER NOT NULL, -- how many of its charges are not what a provider reported
	latency_ms INTEGER,
	ttft_ms INTEGER,
	cache TEXT,
	attempts TEXT NOT NULL -- JSON array: AttemptEntry of src/core/usage-entry.ts, in the order in which they became known
) STRICT, WITHOUT ROWID;

CREATE INDEX request_log_by_team ON request_log (team_id, id);
CREATE INDEX request_log_by_key ON request_log (key_id, id);

-- Charts read these; never the log.
CREATE TABLE usage_hourly (
	period INTEGER NOT NULL, -- start of the hour in UTC
	team_id TEXT NOT NULL,
	key_id TEXT NOT NULL,
	app TEXT NOT NULL, -- '' when the client named none
	provider TEXT NOT NULL, -- who served, or failed last; of tokens and cost, who was asked; '' for nobody
	model TEXT NOT NULL,
	requests INTEGER NOT NULL DEFAULT 0,
	-- Of the requests, by how they failed: the error types of src/core/errors.ts.
	invalid_requests INTEGER NOT NULL DEFAULT 0,
	permission_errors INTEGER NOT NULL DEFAULT 0,
	quota_errors INTEGER NOT NULL DEFAULT 0,
	rate_limit_errors INTEGER NOT NULL DEFAULT 0,
	server_errors INTEGER NOT NULL DEFAULT 0,
	cancelled INTEGER NOT NULL DEFAULT 0, -- the caller left
	attempts INTEGER NOT NULL DEFAULT 0,
	cache_hits INTEGER NOT NULL DEFAULT 0,
	input_tokens INTEGER NOT NULL DEFAULT 0,
	cached_input_tokens INTEGER NOT NULL DEFAULT 0, -- of the input
	cache_write_tokens INTEGER NOT NULL DEFAULT 0, -- of the input
	output_tokens INTEGER NOT NULL DEFAULT 0,
	reasoning_tokens INTEGER NOT NULL DEFAULT 0, -- of the output
	cost INTEGER NOT NULL DEFAULT 0, -- nano-dollars
	estimated_cost INTEGER NOT NULL DEFAULT 0, -- of the cost: not what a provider reported
	expired INTEGER NOT NULL DEFAULT 0, -- holds that ran out without a word and are charged in full
	-- Histograms in the buckets of src/core/latency-buckets.ts: how many answers took so long, and their first content.
	latency_00 INTEGER NOT NULL DEFAULT 0, latency_01 INTEGER NOT NULL DEFAULT 0, latency_02 INTEGER NOT NULL DEFAULT 0, latency_03 INTEGER NOT NULL DEFAULT 0,
	latency_04 INTEGER NOT NULL DEFAULT 0, latency_05 INTEGER NOT NULL DEFAULT 0, latency_06 INTEGER NOT NULL DEFAULT 0, latency_07 INTEGER NOT NULL DEFAULT 0,
	latency_08 INTEGER NOT NULL DEFAULT 0, latency_09 INTEGER NOT NULL DEFAULT 0, latency_10 INTEGER NOT NULL DEFAULT 0, latency_11 INTEGER NOT NULL DEFAULT 0,
	latency_12 INTEGER NOT NULL DEFAULT 0, latency_13 INTEGER NOT NULL DEFAULT 0, latency_14 INTEGER NOT NULL DEFAULT 0, latency_15 INTEGER NOT NULL DEFAULT 0,
	latency_16 INTEGER NOT NULL DEFAULT 0, latency_17 INTEGER NOT NULL DEFAULT 0, latency_18 INTEGER NOT NULL DEFAULT 0, latency_19 INTEGER NOT NULL DEFAULT 0,
	latency_20 INTEGER NOT NULL DEFAULT 0, latency_21 INTEGER NOT NULL DEFAULT 0, latency_22 INTEGER NOT NULL DEFAULT 0, latency_23 INTEGER NOT NULL DEFAULT 0,
	latency_24 INTEGER NOT NULL DEFAULT 0, latency_25 INTEGER NOT NULL DEFAULT 0, latency_26 INTEGER NOT NULL DEFAULT 0, latency_27 INTEGER NOT NULL DEFAULT 0,
	latency_28 INTEGER NOT NULL DEFAULT 0, latency_29 INTEGER NOT NULL DEFAULT 0, latency_30 INTEGER NOT NULL DEFAULT 0, latency_31 INTEGER NOT NULL DEFAULT 0,
	ttft_00 INTEGER NOT NULL DEFAULT 0, ttft_01 INTEGER NOT NULL DEFAULT 0, ttft_02 INTEGER NOT NULL DEFAULT 0, ttft_03 INTEGER NOT NULL DEFAULT 0,
	ttft_04 INTEGER NOT NULL DEFAULT 0, ttft_05 INTEGER NOT NULL DEFAULT 0, ttft_06 INTEGER NOT NULL DEFAULT 0, ttft_07 INTEGER NOT NULL DEFAULT 0,
	ttft_08 INTEGER NOT NULL DEFAULT 0, ttft_09 INTEGER NOT NULL DEFAULT 0, ttft_10 INTEGER NOT NULL DEFAULT 0, ttft_11 INTEGER NOT NULL DEFAULT 0,
	ttft_12 INTEGER NOT NULL DEFAULT 0, ttft_13 INTEGER NOT NULL DEFAULT 0, ttft_14 INTEGER NOT NULL DEFAULT 0, ttft_15 INTEGER NOT NULL DEFAULT 0,
	ttft_16 INTEGER NOT NULL DEFAULT 0, ttft_17 INTEGER NOT NULL DEFAULT 0, ttft_18 INTEGER NOT NULL DEFAULT 0, ttft_19 INTEGER NOT NULL DEFAULT 0,
	ttft_20 INTEGER NOT NULL DEFAULT 0, ttft_21 INTEGER NOT NULL DEFAULT 0, ttft_22 INTEGER NOT NULL DEFAULT 0, ttft_23 INTEGER NOT NULL DEFAULT 0,
	ttft_24 INTEGER NOT NULL DEFAULT 0, ttft_25 INTEGER NOT NULL DEFAULT 0, ttft_26 INTEGER NOT NULL DEFAULT 0, ttft_27 INTEGER NOT NULL DEFAULT 0,
	ttft_28 INTEGER NOT NULL DEFAULT 0, ttft_29 INTEGER NOT NULL DEFAULT 0, ttft_30 INTEGER NOT NULL DEFAULT 0, ttft_31 INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (period, team_id, key_id, app, provider, model)
) STRICT, WITHOUT ROWID;

-- An index costs a written row per new group only, never per request.
CREATE INDEX usage_hourly_by_team ON usage_hourly (team_id, period);
CREATE INDEX usage_hourly_by_key ON usage_hourly (key_id, period);

CREATE TABLE usage_daily (
	period INTEGER NOT NULL, -- start of the day in UTC
	team_id TEXT NOT NULL,
	key_id TEXT NOT NULL,
	app TEXT NOT NULL, -- '' when the client named none
	provider TEXT NOT NULL, -- who served, or failed last; of tokens and cost, who was asked; '' for nobody
	model TEXT NOT NULL,
	requests INTEGER NOT NULL DEFAULT 0,
	-- Of the requests, by how they failed: the error types of src/core/errors.ts.
	invalid_requests INTEGER NOT NULL DEFAULT 0,
	permission_errors INTEGER NOT NULL DEFAULT 0,
	quota_errors INTEGER NOT NULL DEFAULT 0,
	rate_limit_errors INTEGER NOT NULL DEFAULT 0,
	server_errors INTEGER NOT NULL DEFAULT 0,
	cancelled INTEGER NOT NULL DEFAULT 0, -- the caller left
	attempts INTEGER NOT NULL DEFAULT 0,
	cache_hits INTEGER NOT NULL DEFAULT 0,
	input_tokens INTEGER NOT NULL DEFAULT 0,
	cached_input_tokens INTEGER NOT NULL DEFAULT 0, -- of the input
	cache_write_tokens INTEGER NOT NULL DEFAULT 0, -- of the input
	output_tokens INTEGER NOT NULL DEFAULT 0,
	reasoning_tokens INTEGER NOT NULL DEFAULT 0, -- of the output
	cost INTEGER NOT NULL DEFAULT 0, -- nano-dollars
	estimated_cost INTEGER NOT NULL DEFAULT 0, -- of the cost: not what a provider reported
	expired INTEGER NOT NULL DEFAULT 0, -- holds that ran out without a word and are charged in full
	-- Histograms in the buckets of src/core/latency-buckets.ts: how many answers took so long, and their first content.
	latency_00 INTEGER NOT NULL DEFAULT 0, latency_01 INTEGER NOT NULL DEFAULT 0, latency_02 INTEGER NOT NULL DEFAULT 0, latency_03 INTEGER NOT NULL DEFAULT 0,
	latency_04 INTEGER NOT NULL DEFAULT 0, latency_05 INTEGER NOT NULL DEFAULT 0, latency_06 INTEGER NOT NULL DEFAULT 0, latency_07 INTEGER NOT NULL DEFAULT 0,
	latency_08 INTEGER NOT NULL DEFAULT 0, latency_09 INTEGER NOT NULL DEFAULT 0, latency_10 INTEGER NOT NULL DEFAULT 0, latency_11 INTEGER NOT NULL DEFAULT 0,
	latency_12 INTEGER NOT NULL DEFAULT 0, latency_13 INTEGER NOT NULL DEFAULT 0, latency_14 INTEGER NOT NULL DEFAULT 0, latency_15 INTEGER NOT NULL DEFAULT 0,
	latency_16 INTEGER NOT NULL DEFAULT 0, latency_17 INTEGER NOT NULL DEFAULT 0, latency_18 INTEGER NOT NULL DEFAULT 0, latency_19 INTEGER NOT NULL DEFAULT 0,
	latency_20 INTEGER NOT NULL DEFAULT 0, latency_21 INTEGER NOT NULL DEFAULT 0, latency_22 INTEGER NOT NULL DEFAULT 0, latency_23 INTEGER NOT NULL DEFAULT 0,
	latency_24 INTEGER NOT NULL DEFAULT 0, latency_25 INTEGER NOT NULL DEFAULT 0, latency_26 INTEGER NOT NULL DEFAULT 0, latency_27 INTEGER NOT NULL DEFAULT 0,
	latency_28 INTEGER NOT NULL DEFAULT 0, latency_29 INTEGER NOT NULL DEFAULT 0, latency_30 INTEGER NOT NULL DEFAULT 0, latency_31 INTEGER NOT NULL DEFAULT 0,
	ttft_00 INTEGER NOT NULL DEFAULT 0, ttft_01 INTEGER NOT NULL DEFAULT 0, ttft_02 INTEGER NOT NULL DEFAULT 0, ttft_03 INTEGER NOT NULL DEFAULT 0,
	ttft_04 INTEGER NOT NULL DEFAULT 0, ttft_05 INTEGER NOT NULL DEFAULT 0, ttft_06 INTEGER NOT NULL DEFAULT 0, ttft_07 INTEGER NOT NULL DEFAULT 0,
	ttft_08 INTEGER NOT NULL DEFAULT 0, ttft_09 INTEGER NOT NULL DEFAULT 0, ttft_10 INTEGER NOT NULL DEFAULT 0, ttft_11 INTEGER NOT NULL DEFAULT 0,
	ttft_12 INTEGER NOT NULL DEFAULT 0, ttft_13 INTEGER NOT NULL DEFAULT 0, ttft_14 INTEGER NOT NULL DEFAULT 0, ttft_15 INTEGER NOT NULL DEFAULT 0,
	ttft_16 INTEGER NOT NULL DEFAULT 0, ttft_17 INTEGER NOT NULL DEFAULT 0, ttft_18 INTEGER NOT NULL DEFAULT 0, ttft_19 INTEGER NOT NULL DEFAULT 0,
	ttft_20 INTEGER NOT NULL DEFAULT 0, ttft_21 INTEGER NOT NULL DEFAULT 0, ttft_22 INTEGER NOT NULL DEFAULT 0, ttft_23 INTEGER NOT NULL DEFAULT 0,
	ttft_24 INTEGER NOT NULL DEFAULT 0, ttft_25 INTEGER NOT NULL DEFAULT 0, ttft_26 INTEGER NOT NULL DEFAULT 0, ttft_27 INTEGER NOT NULL DEFAULT 0,
	ttft_28 INTEGER NOT NULL DEFAULT 0, ttft_29 INTEGER NOT NULL DEFAULT 0, ttft_30 INTEGER NOT NULL DEFAULT 0, ttft_31 INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (period, team_id, key_id, app, provider, model)
) STRICT, WITHOUT ROWID;

-- An index costs a written row per new group only, never per request.
CREATE INDEX usage_daily_by_team ON usage_daily (team_id, period);
CREATE INDEX usage_daily_by_key ON usage_daily (key_id, period);

-- How far each outbox has come. A copy of an object numbers what it owes under an epoch of its own, from 1 without gaps.
CREATE TABLE outbox_marks (
	object TEXT NOT NULL, -- 'key/', 'team/' or 'provider/', then the object's name
	epoch INTEGER NOT NULL, -- 0: the sum of epochs long past
	seq INTEGER NOT NULL, -- all up to here is in
	cost INTEGER NOT NULL, -- its sum, in nano-dollars
	flushed_at INTEGER NOT NULL,
	PRIMARY KEY (object, epoch)
) STRICT, WITHOUT ROWID;

-- Objects that may hold what is not flushed, so that the sweeper finds those that sleep on it.
CREATE TABLE dirty_objects (
	object TEXT PRIMARY KEY,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team_grants (
	object TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	item INTEGER NOT NULL, -- place in the entry of that number
	at INTEGER NOT NULL,
	team_id TEXT NOT NULL,
	key_id TEXT NOT NULL,
	budget_id TEXT NOT NULL,
	window INTEGER NOT NULL, -- start of the budget's window
	granted INTEGER NOT NULL, -- sums since the window began, in nano-dollars
	returned INTEGER NOT NULL,
	settled INTEGER NOT NULL,
	overrun INTEGER NOT NULL,
	PRIMARY KEY (object, epoch, seq, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE circuit_transitions (
	object TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	item INTEGER NOT NULL, -- place in the entry of that number
	at INTEGER NOT NULL,
	provider TEXT NOT NULL,
	credential TEXT, -- null: the provider as a whole
	model TEXT, -- null: the credential as a whole
	from_state TEXT NOT NULL,
	to_state TEXT NOT NULL,
	reason TEXT NOT NULL,
	until INTEGER,
	PRIMARY KEY (object, epoch, seq, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX circuit_transitions_by_time ON circuit_transitions (at);

-- What an object says that it has flushed, against what is here. A difference is a row, never an edit.
CREATE TABLE reconciliations (
	object TEXT NOT NULL,
	at INTEGER NOT NULL,
	told_entries INTEGER NOT NULL, -- confirmed to the object, by its own count since it exists,
	told_cost INTEGER NOT NULL, -- and their sum, in nano-dollars
	marked_entries INTEGER NOT NULL, -- by outbox_marks
	marked_cost INTEGER NOT NULL,
	rolled_cost INTEGER NOT NULL, -- by usage_daily
	logged_recent_cost INTEGER NOT NULL, -- by request_log, of the last hours
	rolled_recent_cost INTEGER NOT NULL, -- by usage_hourly, of the same hours
	pending INTEGER NOT NULL, -- records that the object owes still
	unproven INTEGER NOT NULL, -- charged by the ledger without a proof
	differs INTEGER NOT NULL,
	PRIMARY KEY (object, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX reconciliations_by_time ON reconciliations (at);

-- A provider's own cost export, as an admin handed it in.
CREATE TABLE cost_imports (
	id TEXT PRIMARY KEY,
	provider TEXT NOT NULL,
	format TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE imported_costs (
	import_id TEXT NOT NULL REFERENCES cost_imports (id),
	day INTEGER NOT NULL, -- start of the day in UTC
	model TEXT NOT NULL, -- as the provider names it
	cost INTEGER NOT NULL, -- nano-dollars
	PRIMARY KEY (import_id, day, model)
) STRICT, WITHOUT ROWID;
