// D1 of the simulation: SQLite with the product's migrations, behind D1's interface.
import { readdirSync, readFileSync } from "node:fs";
import { Disk } from "./disk";

const MIGRATIONS = readdirSync("migrations")
	.sort()
	.map((file) => readFileSync(`migrations/${file}`, "utf8"));

export type Value = string | number | null;
type Row = Record<string, unknown>;

interface Result {
	readonly results: Row[];
	/** `changes` is that of the latest statement that changed anything. */
	readonly meta: { readonly changes: number };
}

interface Statement {
	readonly query: string;
	readonly bindings: readonly Value[];
}

/** How a call reaches the database: it may be lost on the way there or back, or arrive late. */
type Reach = <T>(run: () => T) => Promise<T>;

/** Whether a transaction with these bound values is refused for what it holds. */
export type Refuses = (values: readonly Value[]) => boolean;
export const NOTHING_REFUSED: Refuses = () => false;

/** D1 with the product's own schema: SQLite in memory, where a batch is a transaction. */
export class Database {
	readonly #disk = new Disk();
	readonly #refuses: Refuses;

	constructor(refuses: Refuses = NOTHING_REFUSED) {
		this.#refuses = refuses;
		for (const migration of MIGRATIONS) this.#disk.script(migration);
	}

	rows<T>(query: string, ...bindings: Value[]): T[] {
		return this.#disk.rows(query, ...bindings) as T[];
	}

	/** The attempts whose provider, by the log, reported what cannot be true. */
	claims(): string[] {
		const query = `SELECT value ->> 'attemptId' AS attempt FROM request_log, json_each(attempts)
			WHERE value ->> 'claim' IS NOT NULL`;
		return this.rows<{ attempt: string }>(query).map(({ attempt }) => attempt);
	}

	close(): void {
		this.#disk.close();
	}

	/** What the product is bound to, as far as it uses it. */
	binding(reach: Reach): D1Database {
		const execute = (statements: readonly Statement[]): Result[] => {
			if (this.#refuses(statements.flatMap(({ bindings }) => bindings))) {
				throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
			}
			const view = this.#disk.view(
				() => {},
				(write) => write(),
			);
			return view.transactionSync(() =>
				statements.map(({ query, bindings }) => {
					const results = this.#disk.rows(query, ...bindings);
					return { results, meta: { changes: Number(this.#disk.rows("SELECT changes() AS changes")[0]?.changes) } };
				}),
			);
		};
		const one = async (statement: Statement): Promise<Result> => {
			const [result] = await reach(() => execute([statement]));
			return result ?? { results: [], meta: { changes: 0 } };
		};
		const prepare = (query: string, ...bindings: Value[]): object => ({
			query,
			bindings,
			bind: (...values: Value[]) => prepare(query, ...values),
			run: () => one({ query, bindings }),
			all: () => one({ query, bindings }),
			first: async () => (await one({ query, bindings })).results[0] ?? null,
		});
		const batch = (statements: readonly Statement[]) => reach(() => execute(statements));
		return { prepare, batch } as unknown as D1Database;
	}
}
