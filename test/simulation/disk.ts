// An object's storage in the simulation, of which only the newest copy may use a view.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { SqlDatabase } from "#durable-objects/shared/sql";

/** An object's storage: SQLite in memory, of which only the newest copy of the object may use a view. */
export class Disk {
	readonly #database = new DatabaseSync(":memory:");
	readonly #statements = new Map<string, StatementSync>();

	rows(query: string, ...bindings: (string | number | null)[]): Record<string, unknown>[] {
		let statement = this.#statements.get(query);
		if (statement === undefined) {
			statement = this.#database.prepare(query);
			this.#statements.set(query, statement);
		}
		return statement.all(...bindings);
	}

	/** What one copy sees. `touch` is asked before each use, `commit` around each transaction; both may throw. */
	view(touch: () => void, commit: (write: () => void) => void): SqlDatabase {
		return {
			sql: {
				exec: (query, ...bindings) => {
					touch();
					return this.rows(query, ...bindings);
				},
			},
			transactionSync: <T>(run: () => T): T => {
				touch();
				this.#database.exec("BEGIN");
				let result: T;
				try {
					result = run();
				} catch (error) {
					this.#database.exec("ROLLBACK");
					throw error;
				}
				let isWritten = false;
				try {
					commit(() => {
						isWritten = true;
						this.#database.exec("COMMIT");
					});
				} finally {
					if (!isWritten) this.#database.exec("ROLLBACK");
				}
				return result;
			},
		};
	}

	/** Runs many statements. */
	script(text: string): void {
		this.#database.exec(text);
	}

	close(): void {
		this.#statements.clear();
		this.#database.close();
	}
}
