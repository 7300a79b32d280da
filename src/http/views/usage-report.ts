// Usage as the API reports it.
import { latencyQuantile } from "#core/usage/latency-buckets";
import type { UsageSum } from "#core/usage/usage-sum";
import type { UsageLag } from "#gateway/control/flush-before-read";
import { signedUsdString } from "#metering/money";
import { instant } from "./instant";

/** One line of a usage report. */
export function renderUsage({ period, group, figures, latency, ttft }: UsageSum) {
	const { requests, cost, estimated_cost, expired, implausible, possible_overrun, ...others } = figures;
	const { invalid_requests, permission_errors, quota_errors, rate_limit_errors, server_errors, ...counts } = others;
	return {
		...(period !== null && { period: instant(period) }),
		...Object.fromEntries(Object.entries(group).map(([name, value]) => [name, value === "" ? null : value])),
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
		...(latency !== null && { latency_ms: quantiles(latency) }),
		...(ttft !== null && { ttft_ms: quantiles(ttft) }),
	};
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
