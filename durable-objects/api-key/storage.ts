import * as v from "valibot";
import type { KeyRegistration } from "../../src/core/key";
import { KeyRegistrationSchema } from "../../src/store/key-schemas";
import type { RegistrationStore } from "./authority";

/** The part of an object's storage that is used here, narrow enough to stand on any SQLite. */
export interface SqlDatabase {
	readonly sql: { exec(query: string, ...bindings: (string | number | null)[]): Iterable<Record<string, unknown>> };
	transactionSync<T>(run: () => T): T;
}

/** Applied in order, each once; the number of a step is its place, and an applied step is never edited. */
const STEPS: readonly string[] = [
	// One row. The registration is JSON because the object never queries inside it.
	"CREATE TABLE registration (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
];

const VersionRow = v.object({ version: v.number() });
const RegistrationRow = v.object({ body: v.pipe(v.string(), v.parseJson(), KeyRegistrationSchema) });

/** Brings the object's tables up to date. SQLite's own version number is not open to objects, so a table keeps it. */
export function migrate(database: SqlDatabase): void {
	database.transactionSync(() => {
		database.sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT");
		const [row] = database.sql.exec("SELECT coalesce(max(version), 0) AS version FROM schema_version");
		const { version } = v.parse(VersionRow, row);
		for (const [index, step] of STEPS.entries()) {
			if (index < version) continue;
			database.sql.exec(step);
			database.sql.exec("INSERT INTO schema_version (version) VALUES (?)", index + 1);
		}
	});
}

/** Keeps the registration in a migrated database. */
export class SqlRegistrationStore implements RegistrationStore {
	readonly #database: SqlDatabase;

	constructor(database: SqlDatabase) {
		this.#database = database;
	}

	/** Null too when another release wrote what this one cannot read: the registry is asked then. */
	read(): KeyRegistration | null {
		const [row] = this.#database.sql.exec("SELECT body FROM registration");
		const parsed = v.safeParse(RegistrationRow, row);
		return parsed.success ? parsed.output.body : null;
	}

	write(registration: KeyRegistration): void {
		this.#database.sql.exec(
			"INSERT INTO registration (only, body) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET body = excluded.body",
			JSON.stringify(registration),
		);
	}
}
