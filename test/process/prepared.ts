// What process tests share, made once for all of them: the state of a gateway that has applied all migrations and done
// nothing else, and the bundle of the local environment.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { migrate } from "#scripts/migrate";
import { bundleInto } from "./bundle";
import type { WorkerSettings } from "./serve";

/** Where the bundle is, and what wrangler.toml says of its Worker. */
export interface LocalWorker {
	readonly bundle: string;
	readonly settings: WorkerSettings;
}

declare module "vitest" {
	interface ProvidedContext {
		/** A directory, to be copied and left as it is. */
		migratedState: string;
		localWorker: LocalWorker;
	}
}

const ROOT = path.join(import.meta.dirname, "../..");

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
	const directory = await mkdtemp(path.join(tmpdir(), "tollgate-prepared-"));
	const [state, bundle] = [path.join(directory, "state"), path.join(directory, "bundle")];
	await Promise.all([migrate(state), bundleInto(bundle, "local")]);
	// What stands in for Workers AI is a service of that name.
	const { ai: _, ...settings } = unstable_getMiniflareWorkerOptions(
		path.join(ROOT, "wrangler.toml"),
		"local",
	).workerOptions;
	provide("migratedState", state);
	provide("localWorker", { bundle, settings });
	return () => rm(directory, { recursive: true, force: true });
}
