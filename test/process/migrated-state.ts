// The state of a gateway that has applied all migrations and done nothing else, made once for all process tests: to
// apply them takes longer than all the rest of a start.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
	interface ProvidedContext {
		/** A directory, to be copied and left as it is. */
		migratedState: string;
	}
}

const ROOT = path.join(import.meta.dirname, "../..");

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
	const state = await mkdtemp(path.join(tmpdir(), "tollgate-migrated-"));
	const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
	const args = ["d1", "migrations", "apply", "DB", "--local", "--env", "local", "--persist-to", state];
	await promisify(execFile)(path.join(ROOT, "node_modules/.bin/wrangler"), args, { cwd: ROOT, env });
	provide("migratedState", state);
	return () => rm(state, { recursive: true, force: true });
}
