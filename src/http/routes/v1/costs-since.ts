// What a key used, in whole days as the books have it, for clients of other gateways that ask for a balance.
import { flushBeforeRead } from "#gateway/control/flush-before-read";
import type { KeyCall } from "#http/call";
import { DAY_MS } from "#lib/time";
import { queryUsage } from "#store/usage/usage-query";

/** What the key used from the day of each start until the end of the day of `until`, in nano-dollars. */
export async function costsSince(
	{ env, principal }: KeyCall,
	starts: readonly number[],
	until: number,
): Promise<number[]> {
	const whose = { teamId: null, keyId: principal.keyId };
	await flushBeforeRead(env, whose);
	const question = {
		...whose,
		app: null,
		provider: null,
		model: null,
		groups: [],
		interval: null,
		unit: "day",
	} as const;
	const to = Math.ceil(until / DAY_MS) * DAY_MS;
	return Promise.all(
		starts.map(async (start) => {
			const from = Math.floor(start / DAY_MS) * DAY_MS;
			const { sums } = await queryUsage(env.DB, { ...question, from, to, histograms: false, limit: 1 });
			return sums[0]?.figures.cost ?? 0;
		}),
	);
}
