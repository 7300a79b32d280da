import * as v from "valibot";
import { isObject, type JsonObject } from "../core/json";
import type { AttemptRecord } from "../core/request-record";
import type { AttemptEntry, LoneCharge, UsageCount } from "../core/usage-entry";
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

const UsageCountSchema: v.GenericSchema<unknown, UsageCount> = v.object({
	hour: Instant,
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
	latency: v.array(Instant),
	ttft: v.array(Instant),
});

/** A `UsageEntry` of a key's outbox as it is shipped: its rows go on as they are, and D1 checks their types. */
export const UsageEntrySchema = v.object({
	rows: v.array(v.custom<JsonObject>(isObject)),
	counts: v.array(UsageCountSchema),
});
