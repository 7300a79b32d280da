-- What runs by the clock one run at a time.
CREATE TABLE job_leases (
	job TEXT PRIMARY KEY,
	holder TEXT NOT NULL, -- the run
	until INTEGER NOT NULL -- a run that never came back holds it no longer
) STRICT, WITHOUT ROWID;

-- The oldest are looked for every minute.
CREATE INDEX team_grants_by_time ON team_grants (at);
