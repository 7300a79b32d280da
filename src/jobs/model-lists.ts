// Asks providers for their models once a day.
import type { Config } from "#config";
import { newId, type RequestId } from "#core/ids";
import type { Env } from "#env";
import { syncDaily } from "#gateway/models/sync";
import { buildServingProviders } from "#gateway/routing/serving-providers";
import { DAY_MS } from "#lib/time";
import { lastAsked } from "#store/config/model-syncs";
import { readRegistered } from "#store/config/registered";
import type { GoesOn } from "./shift";

/** Asks those that were not asked for a day, the longest ago first. Returns how many were asked. */
export async function readModelLists(env: Env, config: Config, now: number, goesOn: GoesOn): Promise<number> {
	const [asked, registered] = await Promise.all([lastAsked(env.DB), readRegistered(env.DB)]);
	const { byName } = await buildServingProviders(env, config, registered);
	const askedAt = ({ name }: { readonly name: string }) => asked.get(name) ?? 0;
	const due = [...byName.values()].filter((provider) => askedAt(provider) <= now - DAY_MS);
	let count = 0;
	for (const provider of due.toSorted((a, b) => askedAt(a) - askedAt(b))) {
		if (!goesOn()) break;
		const author = { who: "gateway", requestId: newId("req", now, crypto.randomUUID()) as RequestId, at: now };
		await syncDaily(provider, { db: env.DB, registered, clock: Date.now, now }, author);
		count++;
	}
	return count;
}
