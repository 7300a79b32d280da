ALTER TABLE teams ADD COLUMN version INTEGER NOT NULL DEFAULT 0; -- rises with every change of limits or budgets
ALTER TABLE teams ADD COLUMN limits TEXT NOT NULL DEFAULT '{}'; -- JSON: KeyLimits of src/core/limits.ts, for each key of the team
ALTER TABLE teams ADD COLUMN budgets TEXT NOT NULL DEFAULT '[]'; -- JSON array: BudgetSpec of src/core/budget.ts

ALTER TABLE api_keys ADD COLUMN limits TEXT NOT NULL DEFAULT '{}'; -- JSON: KeyLimits
ALTER TABLE api_keys ADD COLUMN budgets TEXT NOT NULL DEFAULT '[]'; -- JSON array: BudgetSpec, the key's own

-- What admins changed on the money of one window, beside the limit itself.
CREATE TABLE budget_changes (
	id TEXT PRIMARY KEY,
	owner TEXT NOT NULL, -- id of the key or the team whose object counts the budget
	budget_id TEXT NOT NULL,
	end_user TEXT NOT NULL, -- '' where all count together
	kind TEXT NOT NULL, -- 'adjustment' or 'write-off'
	amount INTEGER NOT NULL, -- nano-dollars
	reason TEXT NOT NULL,
	who TEXT NOT NULL,
	at INTEGER NOT NULL,
	confirmed_at INTEGER -- when the object said that it counts; null means nobody knows
) STRICT, WITHOUT ROWID;

CREATE INDEX budget_changes_by_owner ON budget_changes (owner, at);
