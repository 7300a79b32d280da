// Books what a job truly cost at its key's object, which may fail: the clock asks again until it has.
import type { KeyId } from "#core/ids";
import type { LateCost } from "#core/key-object/late-cost";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";

/**
 * Whether the key's object has booked the true cost of a job, now or before. False where it cannot yet, did not answer
 * in time, or failed: it may have booked it then, and does so once however often it is asked.
 */
export async function bookLateCost(env: Pick<Env, "API_KEYS">, keyId: KeyId, cost: LateCost): Promise<boolean> {
	try {
		return (await new KeyClient(env.API_KEYS, keyId).lateCost(cost)) !== "early";
	} catch (error) {
		const kind = error instanceof Error ? error.name : typeof error;
		console.error(JSON.stringify({ level: "warn", event: "late_cost", job: cost.jobId, error: kind }));
		return false;
	}
}
