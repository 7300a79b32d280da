// Applies to the local database the migrations that it lacks, and notes them as wrangler does, so that either may go on
// where the other left off. One runtime runs all of them: wrangler starts one for each, and the first `npm run dev` or
// test would wait half a minute for them. As a command: `node scripts/migrate.ts STATE`.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig, unstable_splitSqlQuery } from "wrangler";

const ROOT = path.join(import.meta.dirname, "..");
const MIGRATIONS = path.join(ROOT, "migrations");

/** Wrangler's own table, as wrangler makes it. */
const NOTES = `CREATE TABLE IF NOT EXISTS d1_migrations (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT UNIQUE,
	applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/**
 * Brings the local database below `state`, a directory such as `.wrangler/state`, up to date. Throws D1's error when a
 * migration fails; nothing of that one is kept then, and those before it are.
 */
export async function migrate(state: string): Promise<void> {
	const { d1_databases } = unstable_readConfig(
		{ config: path.join(ROOT, "wrangler.toml"), env: "local" },
		{ hideWarnings: true },
	);
	const id = d1_databases.find(({ binding }: { binding: string }) => binding === "DB")?.database_id;
	if (id === undefined) throw new Error("wrangler.toml has no database for the local environment");
	const resourcePersistencePath = path.join(state, "v3");
	const runtime = new Miniflare(
		convertV4MiniflareOptions({ modules: true, script: "", resourcePersistencePath, d1Databases: { DB: id } }),
	);
	try {
		const database = await runtime.getD1Database("DB");
		await database.prepare(NOTES).run();
		const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
		const applied = new Set(results.map(({ name }: { name: string }) => name));
		const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
		for (const name of files.filter((file) => !applied.has(file))) {
			const queries = unstable_splitSqlQuery(await readFile(path.join(MIGRATIONS, name), "utf8"));
			const note = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
			await database.batch([...queries.map((query) => database.prepare(query)), note]);
		}
	} finally {
		await runtime.dispose();
	}
}

if (import.meta.main) {
	const [state] = process.argv.slice(2);
	if (state === undefined) throw new Error("migrate.ts needs the directory of the state");
	await migrate(state);
}
