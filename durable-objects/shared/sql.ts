// An object's SQLite database: its schema's steps, and a table of one JSON document.
import * as v from "valibot";

/** The part of an object's storage that is used here, narrow enough for any SQLite. */
export interface SqlDatabase {
	readonly sql: { exec(query: string, ...bindings: (string | number | null)[]): Iterable<Record<string, unknown>> };
	transactionSync<T>(run: () => T): T;
}

const VersionRow = v.object({ version: v.number() });

/**
 * Applies those of `steps` that were not applied yet. A step's number is its place, and an applied step is never
 * edited. SQLite's own version number is not accessible to objects, so a table keeps it.
 */
export function migrate(database: SqlDatabase, steps: readonly string[]): void {
	database.transactionSync(() => {
		database.sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT");
		const [row] = database.sql.exec("SELECT coalesce(max(version), 0) AS version FROM schema_version");
		const { version } = v.parse(VersionRow, row);
		for (const [index, step] of steps.entries()) {
			if (index < version) continue;
			database.sql.exec(step);
			database.sql.exec("INSERT INTO schema_version (version) VALUES (?)", index + 1);
		}
	});
}

/** Keeps one value as JSON in a table of one row: `only`, `body`. */
export class SqlDocument<T> {
	readonly #database: SqlDatabase;
	readonly #table: string;
	readonly #row: v.GenericSchema<unknown, { body: T }>;

	/** `table` becomes part of the statements. */
	constructor(database: SqlDatabase, table: string, schema: v.GenericSchema<unknown, T>) {
		this.#database = database;
		this.#table = table;
		this.#row = v.object({ body: v.pipe(v.string(), v.parseJson(), schema) });
	}

	/** Null when there is none, and when another release wrote what this one cannot read. */
	read(): T | null {
		const [row] = this.#database.sql.exec(`SELECT body FROM ${this.#table}`);
		const parsed = v.safeParse(this.#row, row);
		return parsed.success ? parsed.output.body : null;
	}

	write(body: T): void {
		this.#database.sql.exec(
			`INSERT INTO ${this.#table} (only, body) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET body = excluded.body`,
			JSON.stringify(body),
		);
	}
}

/**
 * Runs a statement and forgets what it answers. Rows are read because a statement may run only as far as it is read.
 */
export function run(database: SqlDatabase, query: string, ...bindings: (string | number | null)[]): void {
	for (const _ of database.sql.exec(query, ...bindings));
}
