// The state of a gateway that has applied all migrations and done nothing else, made once for all process tests.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { migrate } from "#scripts/migrate";

declare module "vitest" {
	interface ProvidedContext {
		/** A directory, to be copied and left as it is. */
		migratedState: string;
	}
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
	const state = await mkdtemp(path.join(tmpdir(), "tollgate-migrated-"));
	await migrate(state);
	provide("migratedState", state);
	return () => rm(state, { recursive: true, force: true });
}
