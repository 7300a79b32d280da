import * as v from "valibot";
import { isObject } from "../../../core/json";
import { type KeyLimits, LIMIT_NAMES } from "../../../core/limits";
import type { LimitChanges } from "../../../store/keys";

const count = (most: number) =>
	v.exactOptional(
		v.nullable(
			v.pipe(
				v.number(),
				v.integer("must be a whole number"),
				v.minValue(1, "must be at least 1; null takes the limit away"),
				v.maxValue(most, `must be at most ${most}`),
			),
		),
	);

/** The limits of a key as the admin API writes them. Null takes all of them away, or one. */
export const Limits = v.nullable(
	v.pipe(
		v.unknown(),
		v.check(isObject, "must be an object of limits"),
		v.strictObject({
			requests_per_minute: count(1_000_000),
			requests_per_day: count(10_000_000),
			tokens_per_minute: count(1_000_000_000),
			concurrent_requests: count(10_000),
		}),
	),
);
type LimitsBody = v.InferOutput<typeof Limits> | undefined;

/** The limits that a body mentions, in the gateway's own form. */
export function limitChanges(body: LimitsBody): LimitChanges {
	if (body === null) return Object.fromEntries(LIMIT_NAMES.map((name) => [name, null]));
	const { requests_per_minute, requests_per_day, tokens_per_minute, concurrent_requests } = body ?? {};
	return {
		...(requests_per_minute !== undefined && { requestsPerMinute: requests_per_minute }),
		...(requests_per_day !== undefined && { requestsPerDay: requests_per_day }),
		...(tokens_per_minute !== undefined && { tokensPerMinute: tokens_per_minute }),
		...(concurrent_requests !== undefined && { concurrentRequests: concurrent_requests }),
	};
}

/** The limits of a new key or team. */
export function newLimits(body: LimitsBody): KeyLimits {
	const { requests_per_minute, requests_per_day, tokens_per_minute, concurrent_requests } = body ?? {};
	return {
		...(requests_per_minute != null && { requestsPerMinute: requests_per_minute }),
		...(requests_per_day != null && { requestsPerDay: requests_per_day }),
		...(tokens_per_minute != null && { tokensPerMinute: tokens_per_minute }),
		...(concurrent_requests != null && { concurrentRequests: concurrent_requests }),
	};
}
