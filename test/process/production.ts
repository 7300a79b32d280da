// The production bundle as a process of its own, for what `wrangler dev` hides.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundleInto } from "./bundle";
import { judged } from "./gateway";

const ROOT = path.join(import.meta.dirname, "../..");
const SECRETS = {
	ADMIN_TOKEN: "admin-token-of-one-test",
	KEY_PEPPER: "pepper-of-one-test-of-at-least-32-characters",
	CREDENTIALS_SECRET: "credentials-secret-of-at-least-32-characters",
};

/**
 * The production bundle under production's settings, on a socket of workerd itself: `wrangler dev` has a proxy in front
 * of the Worker, which does not pass on that a caller has left. Workers AI is missing, because it needs an account.
 */
export class Production {
	/** Without a slash at its end. */
	readonly url: string;
	readonly #runtime: Miniflare;
	readonly #directory: string;

	private constructor(runtime: Miniflare, url: string, directory: string) {
		this.#runtime = runtime;
		this.url = url;
		this.#directory = directory;
	}

	/** Starts one, with a database that is migrated and empty. `variables` are further settings. */
	static async start(variables: Record<string, string>): Promise<Production> {
		const directory = await mkdtemp(path.join(tmpdir(), "tollgate-production-"));
		await bundleInto(directory, "");
		const { ai: _, ...settings } = unstable_getMiniflareWorkerOptions(path.join(ROOT, "wrangler.toml")).workerOptions;
		const runtime = new Miniflare(
			convertV4MiniflareOptions({
				...settings,
				rootPath: directory,
				modules: [{ type: "ESModule", path: path.join(directory, "index.js") }],
				bindings: { ...SECRETS, ...variables },
				unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
			}),
		);
		const { origin } = await runtime.unsafeGetDirectURL();
		const production = new Production(runtime, origin, directory);
		await production.#migrate();
		return production;
	}

	/** An admin call that must succeed; returns the answer. */
	async admin(method: string, route: string, body?: object): Promise<Record<string, unknown>> {
		const response = await judged(`${this.url}/admin${route}`, {
			method,
			headers: { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` },
			...(body && { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`${response.status} from ${method} /admin${route}: ${text}`);
		return JSON.parse(text);
	}

	async stop(): Promise<void> {
		await this.#runtime.dispose();
		await rm(this.#directory, { recursive: true, force: true });
	}

	async #migrate(): Promise<void> {
		const database = await this.#runtime.getD1Database("DB");
		for (const { queries } of await readD1Migrations(path.join(ROOT, "migrations"))) {
			await database.batch(queries.map((query) => database.prepare(query)));
		}
	}
}
