// Bundles the Worker for process tests.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.join(import.meta.dirname, "../..");

/** Bundles the Worker of an environment as `wrangler deploy` uploads it, into `directory`; production's has no name. */
export async function bundleInto(directory: string, environment: "" | "local"): Promise<void> {
	await promisify(execFile)("wrangler", ["deploy", "--dry-run", `--env=${environment}`, "--outdir", directory], {
		cwd: ROOT,
		env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
	});
}
