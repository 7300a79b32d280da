/** Asks providers about the jobs that no caller asks about, so that what they cost is booked all the same. */
import type { Config } from "#config";
import type { Env } from "#env";
import { buildServingProviders } from "#gateway/routing/serving-providers";
import { follow } from "#gateway/videos/follow";
import { mapConcurrent } from "#lib/map-concurrent";
import { readRegistered } from "#store/config/registered";
import { dueVideos } from "#store/jobs/videos";
import type { GoesOn } from "./shift";

/** How many jobs are read at once. */
const BATCH = 16;

/** Follows the jobs that are due, until none is left or `goesOn` says no. Throws `DatabaseUnavailable`. */
export async function followVideos(env: Env, config: Config, now: number, goesOn: GoesOn): Promise<void> {
	let due = await dueVideos(env.DB, now, BATCH);
	if (due.length === 0) return;
	const { byName } = await buildServingProviders(env, config, await readRegistered(env.DB));
	const following = { env, providers: byName, clock: Date.now };
	const seen = new Set<string>();
	while (due.length > 0 && goesOn()) {
		for (const { id } of due) seen.add(id);
		await mapConcurrent(due, (video) => follow(video, following));
		// One whose cost could not be booked stays due until the next run.
		due = (await dueVideos(env.DB, now, BATCH)).filter(({ id }) => !seen.has(id));
	}
}
