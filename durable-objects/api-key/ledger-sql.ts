import * as v from "valibot";
import { Instant } from "../../src/store/key-schemas";
import { run, type SqlDatabase } from "../shared/sql";
import { counters } from "./counters";
import type { LedgerChange, LedgerRecord, LedgerStore, StoredLine } from "./ledger-store";

const LineRow = v.object({
	budget: v.string(),
	end_user: v.string(),
	window: Instant,
	allowed: Instant,
	credited: Instant,
	settled: Instant,
	overrun: Instant,
	forgiven: Instant,
	adjusted: Instant,
	granted: Instant,
	returned: Instant,
});
const UserRow = v.object({ end_user: v.string() });

/** How long a record of settlements is kept: longer than its batch is accepted (`LATE_MS`), or it could count twice. */
export const KEPT_MS = 25 * 3_600_000;
const PRUNE_MS = 3_600_000;

/** Keeps the ledger in a migrated database. */
export class SqlLedgerStore implements LedgerStore {
	readonly #database: SqlDatabase;
	readonly #beside: () => void;
	#prunedAt = 0;

	/** `beside` writes what goes along with a commit that stores a record, in the same transaction. */
	constructor(database: SqlDatabase, beside: () => void) {
		this.#database = database;
		this.#beside = beside;
	}

	load(budgetId: string, endUser: string): StoredLine[] {
		const rows = this.#database.sql.exec("SELECT * FROM lines WHERE budget = ? AND end_user = ?", budgetId, endUser);
		return [...rows].map((row) => {
			const { budget, end_user, window, ...amounts } = v.parse(LineRow, row);
			return { ref: { budgetId: budget, endUser: end_user, window }, counters: counters(amounts) };
		});
	}

	commit({ lines, forgotten, record }: LedgerChange): "committed" | "repeated" {
		const database = this.#database;
		return database.transactionSync(() => {
			if (record !== null) {
				if (this.hasRecord(record.id)) return "repeated";
				const { id, kind, at, ...body } = record;
				run(database, "INSERT INTO records (id, kind, at, body) VALUES (?, ?, ?, ?)", id, kind, at, text(body));
				this.#beside();
			}
			for (const { ref, counters: c } of lines) {
				run(
					database,
					"INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
					ref.budgetId,
					ref.endUser,
					ref.window,
					c.allowed,
					c.credited,
					c.settled,
					c.overrun,
					c.forgiven,
					c.adjusted,
					c.granted,
					c.returned,
				);
			}
			for (const { budgetId, endUser, window } of forgotten) {
				run(database, "DELETE FROM lines WHERE budget = ? AND end_user = ? AND window = ?", budgetId, endUser, window);
			}
			return "committed";
		});
	}

	/** The end users that a budget has lines of, at most `most`. */
	endUsers(budgetId: string, most: number): string[] {
		const query = "SELECT DISTINCT end_user FROM lines WHERE budget = ? LIMIT ?";
		return [...this.#database.sql.exec(query, budgetId, most)].map((row) => v.parse(UserRow, row).end_user);
	}

	hasRecord(id: string): boolean {
		const [known] = this.#database.sql.exec("SELECT 1 AS known FROM records WHERE id = ?", id);
		return known !== undefined;
	}

	/**
	 * Forgets settlements that no repetition can reach any more; adjustments and write-offs stay. Looks at most once an hour.
	 * Returns in how many milliseconds it should be asked again, or null when there is nothing to forget.
	 */
	prune(now: number): number | null {
		if (now - this.#prunedAt >= PRUNE_MS) {
			run(this.#database, "DELETE FROM records WHERE kind = 'settlement' AND at < ?", now - KEPT_MS);
			this.#prunedAt = now;
		}
		const [any] = this.#database.sql.exec("SELECT 1 AS any_left FROM records WHERE kind = 'settlement' LIMIT 1");
		return any === undefined ? null : KEPT_MS;
	}
}

function text(body: Omit<LedgerRecord, "id" | "kind" | "at">): string {
	return JSON.stringify(body);
}
