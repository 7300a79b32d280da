// Files of the worker's tests follow one another in one runtime, since to start one takes longer than most of them.
// Each begins with nothing stored and nothing remembered: what objects and bindings hold is deleted, and the product's
// modules are loaded anew. All migrations go in one batch: each by itself, as production applies them, takes five times
// as long, for every file.
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Env } from "#env";
import type { SimulatorEnv } from "#simulator/env";

const { API_KEYS, TEAMS, PROVIDERS, SIMULATOR_STATE, VECTOR_INDEX } = env as unknown as Env & SimulatorEnv;

/** The runtime deletes what is in memory only, so all that the file before this one may have used is woken. */
async function wake(): Promise<void> {
	await Promise.all([env.KEY_RECORDS.get("any"), env.PAYLOADS?.head("any")]);
	const names = async (query: string) => {
		const { results } = await env.DB.prepare(query).all<{ name: string }>();
		return results.map(({ name }) => name);
	};
	if ((await names("SELECT name FROM sqlite_master WHERE name = 'teams'")).length === 0) return;
	const { BUILT_IN_PROVIDERS } = await import("#providers/names");
	const objects = [
		...(await names("SELECT id AS name FROM api_keys")).map((id) => API_KEYS.getByName(id)),
		...(await names("SELECT id AS name FROM teams")).map((id) => TEAMS.getByName(id)),
		...[...BUILT_IN_PROVIDERS, ...(await names("SELECT name FROM providers"))].map((name) => PROVIDERS.getByName(name)),
		...[SIMULATOR_STATE.getByName("state"), VECTOR_INDEX.getByName("index")],
	];
	await Promise.all(objects.map((object) => runInDurableObject(object as never, () => null)));
}

await wake();
await reset();
vi.resetModules();
await env.DB.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))));
