// The tables of a team's object, and its store on them. Steps are only ever appended.
import * as v from "valibot";
import type { TeamRegistration } from "#core/budget/budget-status";
import type { TeamGrant } from "#core/usage/history";
import type { History } from "#durable-objects/shared/history";
import { OUTBOX_STEPS, REFUSED_STEP } from "#durable-objects/shared/outbox-sql";
import { migrate, run, type SqlDatabase, SqlDocument } from "#durable-objects/shared/sql";
import { nanoUsd } from "#metering/money";
import { Millis, NanoDollars } from "#store/d1/columns";
import { TeamRegistrationSchema } from "#store/keys/key-schemas";
import type { StoredBudget, TeamChange, TeamStore } from "./store";

const STEPS: readonly string[] = [
	"CREATE TABLE registration (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
	`CREATE TABLE shares (
		budget TEXT NOT NULL, window INTEGER NOT NULL, api_key TEXT NOT NULL,
		granted INTEGER NOT NULL, returned INTEGER NOT NULL, settled INTEGER NOT NULL, overrun INTEGER NOT NULL,
		PRIMARY KEY (budget, window, api_key)) STRICT, WITHOUT ROWID`,
	// Few, made by admins, and kept for good.
	`CREATE TABLE adjustments (
		id TEXT PRIMARY KEY, budget TEXT NOT NULL, window INTEGER NOT NULL, amount INTEGER NOT NULL, reason TEXT NOT NULL,
		at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
	"ALTER TABLE shares ADD COLUMN heard INTEGER NOT NULL DEFAULT 0",
	...OUTBOX_STEPS,
	REFUSED_STEP,
];

export function migrateTeam(database: SqlDatabase): void {
	migrate(database, STEPS);
}

export function teamRegistrationIn(database: SqlDatabase): SqlDocument<TeamRegistration> {
	return new SqlDocument(database, "registration", TeamRegistrationSchema);
}

const Amount = v.pipe(v.number(), v.transform(nanoUsd));
const ShareRow = v.object({
	window: Millis,
	api_key: v.string(),
	granted: Amount,
	returned: Amount,
	settled: Amount,
	overrun: Amount,
	heard: Millis,
});
const AdjustedRow = v.object({ window: Millis, amount: NanoDollars });

/** Keeps what the team lent in a migrated database. */
export class SqlTeamStore implements TeamStore {
	readonly #database: SqlDatabase;
	readonly #history: Pick<History<TeamGrant>, "write">;

	constructor(database: SqlDatabase, history: Pick<History<TeamGrant>, "write">) {
		this.#database = database;
		this.#history = history;
	}

	load(budgetId: string): StoredBudget {
		const { sql } = this.#database;
		const shares = [...sql.exec("SELECT * FROM shares WHERE budget = ?", budgetId)].map((row) => {
			const { window, api_key: keyId, ...share } = v.parse(ShareRow, row);
			return { ref: { budgetId, window, keyId }, share };
		});
		const query = "SELECT window, sum(amount) AS amount FROM adjustments WHERE budget = ? GROUP BY window";
		return { shares, adjusted: [...sql.exec(query, budgetId)].map((row) => v.parse(AdjustedRow, row)) };
	}

	commit(change: TeamChange): "committed" | "repeated" {
		const { adjustment, grants } = change;
		if (adjustment !== null) {
			const [known] = this.#database.sql.exec("SELECT 1 AS known FROM adjustments WHERE id = ?", adjustment.id);
			if (known !== undefined) return "repeated";
		}
		if (grants.length > 0) this.#history.write(grants, () => this.#apply(change));
		else this.#database.transactionSync(() => this.#apply(change));
		return "committed";
	}

	forgetAllBut(budgetIds: readonly string[]): void {
		const query = "DELETE FROM shares WHERE budget NOT IN (SELECT value FROM json_each(?))";
		run(this.#database, query, JSON.stringify(budgetIds));
	}

	#apply({ shares, forgotten, adjustment }: TeamChange): void {
		const database = this.#database;
		if (adjustment !== null) {
			const { id, budgetId, window, amount, reason, at } = adjustment;
			run(database, "INSERT INTO adjustments VALUES (?, ?, ?, ?, ?, ?)", id, budgetId, window, amount, reason, at);
		}
		for (const { ref, share } of shares) {
			run(
				database,
				"INSERT OR REPLACE INTO shares VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				ref.budgetId,
				ref.window,
				ref.keyId,
				share.granted,
				share.returned,
				share.settled,
				share.overrun,
				share.heard,
			);
		}
		for (const { budgetId, window } of forgotten) {
			run(database, "DELETE FROM shares WHERE budget = ? AND window = ?", budgetId, window);
		}
	}
}
