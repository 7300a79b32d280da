import * as v from "valibot";
import { isObject, type JsonObject } from "../core/json";
import type { AttemptRecord } from "../core/request-record";
import { hourOf, UsageTally } from "../core/usage-count";
import type { AttemptEntry, LoneCharge, RequestRow, UsageCount } from "../core/usage-entry";
import { Instant } from "./key-schemas";

/** A word of a vocabulary, or an id. Another release may know other words, and what it wrote must not get stuck. */
function word<T extends string>() {
	return v.custom<T>((value) => typeof value === "string");
}

const Text = v.nullable(v.string());
const Figure = v.nullable(v.number());

const AttemptRecordSchema: v.GenericSchema<unknown, AttemptRecord> = v.object({
	attemptId: v.string(),
	provider: word<AttemptRecord["provider"]>(),
	model: v.string(),
	credential: word<AttemptRecord["credential"]>(),
	simulated: v.boolean(),
	startedMs: v.number(),
	endedMs: v.number(),
	ttftMs: Figure,
	end: word<AttemptRecord["end"]>(),
	fault: v.nullable(word<NonNullable<AttemptRecord["fault"]>>()),
	upstreamStatus: Figure,
	usage: v.nullable(
		v.object({
			uncachedInput: Instant,
			cacheRead: Instant,
			cacheWrite: Instant,
			cacheWriteHour: Instant,
			output: Instant,
			reasoning: Instant,
			audioInput: Instant,
			imageInput: Instant,
			audioOutput: Instant,
			imageOutput: Instant,
			source: v.picklist(["provider", "estimated"]),
		}),
	),
	cost: Instant,
	estimated: v.boolean(),
});

const LoneChargeSchema: v.GenericSchema<unknown, LoneCharge> = v.object({
	attemptId: v.string(),
	provider: v.nullable(word<NonNullable<LoneCharge["provider"]>>()),
	model: Text,
	cost: Instant,
	estimatedCost: Instant,
	why: v.picklist(["settled", "expired", "corrected"]),
});

export const AttemptEntriesSchema: v.GenericSchema<unknown, AttemptEntry[]> = v.array(
	v.union([AttemptRecordSchema, LoneChargeSchema]),
);

const Counted = v.object({
	teamId: word<UsageCount["teamId"]>(),
	keyId: word<UsageCount["keyId"]>(),
	app: v.string(),
	provider: v.string(),
	model: v.string(),
	requests: Instant,
	invalidRequests: Instant,
	permissionErrors: Instant,
	quotaErrors: Instant,
	rateLimitErrors: Instant,
	serverErrors: Instant,
	cancelled: Instant,
	attempts: Instant,
	cacheHits: Instant,
	inputTokens: Instant,
	cachedInputTokens: Instant,
	cacheWriteTokens: Instant,
	outputTokens: Instant,
	reasoningTokens: Instant,
	cost: Instant,
	estimatedCost: Instant,
	expired: Instant,
});

/** Rows go on as they were stored, and D1 checks their types. */
const Rows = v.array(v.custom<RequestRow & JsonObject>(isObject));

const Entry = v.object({
	rows: Rows,
	counts: v.array(v.object({ hour: Instant, ...Counted.entries, latency: v.array(Instant), ttft: v.array(Instant) })),
});

/** As the first release to keep usage stored it: rows were counted when they were shipped. Refusals are not timed. */
const FormerEntry = v.pipe(
	v.object({ rows: Rows, refused: v.array(v.object({ at: Instant, ...Counted.entries })) }),
	v.transform(({ rows, refused }) => {
		const tally = new UsageTally();
		for (const row of rows) tally.add(row);
		const others = refused.map(({ at, ...count }) => ({ ...count, hour: hourOf(at), latency: [], ttft: [] }));
		return { rows, counts: [...tally.counts, ...others] };
	}),
);

/** An entry of a key's outbox as it is shipped. */
export const UsageEntrySchema = v.union([Entry, FormerEntry]);
