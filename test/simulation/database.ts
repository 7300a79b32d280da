import { readdirSync, readFileSync } from "node:fs";
import { Disk } from "./disk";

const MIGRATIONS = readdirSync("migrations")
	.sort()
	.map((file) => readFileSync(`migrations/${file}`, "utf8"));

export type Value = string | number | null;
type Row = Record<string, unknown>;

interface Statement {
	readonly query: string;
	readonly bindings: readonly Value[];
}

/** How a call reaches the database: it may be lost on the way there or back, or arrive late. */
export type Reach = <T>(run: () => T) => Promise<T>;

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

	close(): void {
		this.#disk.close();
	}

	/** What the product is bound to, as far as it uses it. */
	binding(reach: Reach): D1Database {
		const execute = (statements: readonly Statement[]): { results: Row[] }[] => {
			if (this.#refuses(statements.flatMap(({ bindings }) => bindings))) {
				throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
			}
			const view = this.#disk.view(
				() => {},
				(write) => write(),
			);
			return view.transactionSync(() =>
				statements.map(({ query, bindings }) => ({ results: this.#disk.rows(query, ...bindings) })),
			);
		};
		const one = async (statement: Statement): Promise<Row[]> => {
			const [result] = await reach(() => execute([statement]));
			return result?.results ?? [];
		};
		const prepare = (query: string, ...bindings: Value[]): object => ({
			query,
			bindings,
			bind: (...values: Value[]) => prepare(query, ...values),
			run: async () => ({ results: await one({ query, bindings }) }),
			all: async () => ({ results: await one({ query, bindings }) }),
			first: async () => (await one({ query, bindings }))[0] ?? null,
		});
		const batch = (statements: readonly Statement[]) => reach(() => execute(statements));
		return { prepare, batch } as unknown as D1Database;
	}
}
