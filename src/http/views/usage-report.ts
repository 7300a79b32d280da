// Usage as the API reports it.
import * as v from "valibot";
import { latencyQuantile } from "#core/usage/latency-buckets";
import { USAGE_INTERVALS, type UsageSum } from "#core/usage/usage-sum";
import type { UsageLag } from "#gateway/control/flush-before-read";
import { signedUsdString } from "#metering/money";
import { instant } from "./instant";
import { Dollars, Instant, type Shown } from "./shown";

const Count = v.pipe(v.number(), v.integer());
const Group = v.exactOptional(v.nullable(v.string()));
const Quantiles = v.object({ p50: v.nullable(Count), p95: v.nullable(Count), p99: v.nullable(Count) });

const UsageLineView = v.object({
	period: v.exactOptional(Instant),
	team_id: Group,
	key_id: Group,
	app: Group,
	provider: Group,
	model: Group,
	end_user: Group,
	tag: Group,
	operation: Group,
	requests: Count,
	errors: Count,
	errors_by_type: v.object({
		invalid_request_error: Count,
		permission_error: Count,
		insufficient_quota: Count,
		rate_limit_error: Count,
		server_error: Count,
	}),
	cancelled: Count,
	attempts: Count,
	input_tokens: Count,
	cached_input_tokens: Count,
	cache_write_tokens: Count,
	output_tokens: Count,
	reasoning_tokens: Count,
	images: v.pipe(Count, v.description("images whose vendor bills them one by one")),
	image_tiles: v.pipe(Count, v.description("tiles of images whose vendor bills those")),
	image_steps: v.pipe(Count, v.description("steps of models whose vendor bills those")),
	audio_ms: v.pipe(Count, v.description("sound whose vendor bills it by time, in milliseconds")),
	spoken_characters: v.pipe(Count, v.description("text read aloud whose vendor bills its characters")),
	spoken_bytes: v.pipe(Count, v.description("text read aloud whose vendor bills its bytes")),
	unpriced: Count,
	cost: Dollars,
	estimated_cost: Dollars,
	expired_holds: Count,
	implausible: Count,
	possible_overrun: Dollars,
	cache_discount: v.pipe(
		Dollars,
		v.description("what vendors' caches saved of the cost; negative where they cost more"),
	),
	latency_ms: v.exactOptional(Quantiles),
	ttft_ms: v.exactOptional(Quantiles),
});

export const UsageView = v.object({
	object: v.literal("usage"),
	data: v.array(UsageLineView),
	has_more: v.boolean(),
	from: Instant,
	to: Instant,
	interval: v.nullable(v.picklist(USAGE_INTERVALS)),
	group_by: v.array(v.string()),
	log_from: v.pipe(
		v.nullable(Instant),
		v.description("where the log of requests answers, from when on it is kept; null where roll-ups do"),
	),
	lag: v.pipe(
		v.object({ keys: Count, since: v.nullable(Instant) }),
		v.description("of how many keys something is missing, and since when"),
	),
});

/** One line of a usage report. */
export function renderUsage({ period, group, figures, latency, ttft }: UsageSum): Shown<typeof UsageLineView> {
	const { requests, cost, estimated_cost, expired, implausible, possible_overrun, cache_discount, ...others } = figures;
	const { invalid_requests, permission_errors, quota_errors, rate_limit_errors, server_errors, ...counts } = others;
	return {
		...(period !== null && { period: instant(period) }),
		...grouped(group),
		requests,
		errors: invalid_requests + permission_errors + quota_errors + rate_limit_errors + server_errors,
		errors_by_type: {
			invalid_request_error: invalid_requests,
			permission_error: permission_errors,
			insufficient_quota: quota_errors,
			rate_limit_error: rate_limit_errors,
			server_error: server_errors,
		},
		...counts,
		cost: signedUsdString(cost),
		estimated_cost: signedUsdString(estimated_cost),
		expired_holds: expired,
		implausible,
		possible_overrun: signedUsdString(possible_overrun),
		cache_discount: signedUsdString(cache_discount),
		...(latency !== null && { latency_ms: quantiles(latency) }),
		...(ttft !== null && { ttft_ms: quantiles(ttft) }),
	};
}

/** Null where there is none, as for requests that no provider was called for. */
function grouped(group: UsageSum["group"]): { readonly [Name in keyof UsageSum["group"]]: string | null } {
	return Object.fromEntries(Object.entries(group).map(([name, value]) => [name, value === "" ? null : value]));
}

/** In whole milliseconds; null when nothing was timed. */
function quantiles(counts: readonly number[]) {
	const at = (share: number) => {
		const ms = latencyQuantile(counts, share);
		return ms === null ? null : Math.round(ms);
	};
	return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Of how many keys something is missing, and since when. */
export function renderLag({ keys, since }: UsageLag) {
	return { keys, since: instant(since) };
}
