// Follows batches whose vendors are not done with them, and books what they cost.
import type { Config } from "#config";
import type { Env } from "#env";
import { lookAt } from "#gateway/batches/watch-batch";
import { buildServingProviders } from "#gateway/routing/serving-providers";
import { DAY_MS } from "#lib/time";
import { readRegistered } from "#store/config/registered";
import { noteLook, openBatches } from "#store/files/batches";
import type { GoesOn } from "./shift";

/** The most batches that one run looks at. */
const LOOKED_AT = 50;
/** How long a batch is left alone after it was looked at, in milliseconds. */
const BETWEEN_LOOKS_MS = 30_000;

/** A batch that is not done after so long stays charged as estimated, in milliseconds. No vendor works for so long. */
const MAX_BATCH_MS = 20 * DAY_MS;

/** Looks at those that were not looked at for longest. One that fails is logged, and waits for its next turn. */
export async function watchBatches(env: Env, config: Config, now: number, goesOn: GoesOn): Promise<void> {
	const batches = await openBatches(env.DB, { before: now - BETWEEN_LOOKS_MS, since: now - MAX_BATCH_MS }, LOOKED_AT);
	if (batches.length === 0) return;
	const { byName: providers } = await buildServingProviders(env, config, await readRegistered(env.DB));
	const on = {
		env,
		providers,
		caller: new AbortController().signal,
		clock: Date.now,
		newId: () => crypto.randomUUID(),
	};
	for (const batch of batches) {
		if (!goesOn()) return;
		try {
			await lookAt(on, batch);
		} catch (error) {
			const kind = error instanceof Error ? error.name : typeof error;
			console.error(JSON.stringify({ level: "error", event: "batch", batch_id: batch.id, error: kind }));
		}
		await noteLook(env.DB, batch.id, Date.now());
	}
}
