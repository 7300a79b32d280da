-- Jobs that make videos, with what it takes to ask their providers about them and to book what they cost.
CREATE TABLE videos (
	id TEXT PRIMARY KEY, -- sorts by time
	team_id TEXT NOT NULL,
	key_id TEXT NOT NULL,
	provider TEXT NOT NULL,
	credential TEXT NOT NULL, -- the provider's account that the job is known to
	model TEXT NOT NULL,
	upstream_id TEXT NOT NULL, -- the provider's own name for the job
	attempt_id TEXT NOT NULL,
	token TEXT, -- JSON: HoldToken of src/core/budget/budget.ts; null where no budget held money
	seconds INTEGER NOT NULL,
	size TEXT NOT NULL,
	charged INTEGER, -- nano-dollars, the full price; null where none is known
	actual INTEGER, -- nano-dollars, once it is over
	status TEXT NOT NULL,
	progress INTEGER,
	error TEXT, -- JSON: code and message
	file TEXT, -- where the provider says that the file is
	created_at INTEGER NOT NULL,
	completed_at INTEGER,
	asked_at INTEGER NOT NULL, -- when its provider was last asked
	ask_at INTEGER, -- when the clock asks next; null once its cost is booked
	deleted INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX videos_by_team ON videos (team_id, id) WHERE deleted = 0;
CREATE INDEX videos_open ON videos (ask_at) WHERE ask_at IS NOT NULL;
