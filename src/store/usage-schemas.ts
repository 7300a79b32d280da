import * as v from "valibot";
import { isObject, type JsonObject } from "../core/json";
import { hourOf, UsageTally } from "../core/usage-count";
import type { RequestRow, UsageCount } from "../core/usage-entry";
import { Integer, Millis, NanoDollars } from "./columns";

/** A word of a vocabulary, or an id. Another release may know other words, and what it wrote must not get stuck. */
function word<T extends string>() {
	return v.custom<T>((value) => typeof value === "string");
}

const Counted = v.object({
	teamId: word<UsageCount["teamId"]>(),
	keyId: word<UsageCount["keyId"]>(),
	app: v.string(),
	provider: v.string(),
	model: v.string(),
	requests: Integer,
	invalidRequests: Integer,
	permissionErrors: Integer,
	quotaErrors: Integer,
	rateLimitErrors: Integer,
	serverErrors: Integer,
	cancelled: Integer,
	attempts: Integer,
	cacheHits: Integer,
	inputTokens: Integer,
	cachedInputTokens: Integer,
	cacheWriteTokens: Integer,
	outputTokens: Integer,
	reasoningTokens: Integer,
	cost: NanoDollars,
	estimatedCost: NanoDollars,
	expired: Integer,
});

/** Rows go on as they were stored, and D1 checks their types. */
const Rows = v.array(v.custom<RequestRow & JsonObject>(isObject));

const Entry = v.object({
	rows: Rows,
	counts: v.array(v.object({ hour: Millis, ...Counted.entries, latency: v.array(Integer), ttft: v.array(Integer) })),
});

/** As the first release to keep usage stored it: rows were counted when they were shipped. Refusals are not timed. */
const FormerEntry = v.pipe(
	v.object({ rows: Rows, refused: v.array(v.object({ at: Millis, ...Counted.entries })) }),
	v.transform(({ rows, refused }) => {
		const tally = new UsageTally();
		for (const row of rows) tally.add(row);
		const others = refused.map(({ at, ...count }) => ({ ...count, hour: hourOf(at), latency: [], ttft: [] }));
		return { rows, counts: [...tally.counts, ...others] };
	}),
);

/** An entry of a key's outbox as it is shipped. */
export const UsageEntrySchema = v.union([Entry, FormerEntry]);
