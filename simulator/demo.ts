// Sees to it that the demo key of the local environment exists.
import { readConfig } from "#config";
import type { KeyId, TeamId } from "#core/ids";
import type { Env } from "#env";
import { seedKey } from "./demo-key-seed";

let seeded = false;

/** Registers the demo key once per isolate, so that a first call needs no admin. */
export async function ensureDemoKey(env: Env, now: number): Promise<void> {
	if (seeded) return;
	const { demoKey, keyPepper } = readConfig(env);
	if (demoKey !== null) {
		const seed = {
			teamId: "team_demo" as TeamId,
			teamName: "Demo team",
			keyId: "key_demo" as KeyId,
			keyName: "Demo key",
			secret: demoKey,
		};
		await seedKey(env.DB, keyPepper, seed, now);
	}
	seeded = true;
}
