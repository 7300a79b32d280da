import * as v from "valibot";
import type { AttemptRecord } from "../core/request-record";
import type { AttemptEntry, LoneCharge, RequestRow, UsageCount, UsageEntry } from "../core/usage-entry";
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

const RequestRowSchema: v.GenericSchema<unknown, RequestRow> = v.object({
	id: word<RequestRow["id"]>(),
	at: Instant,
	teamId: word<RequestRow["teamId"]>(),
	keyId: word<RequestRow["keyId"]>(),
	app: Text,
	session: Text,
	endUser: Text,
	metadata: v.nullable(v.record(v.string(), v.string())),
	face: v.nullable(word<NonNullable<RequestRow["face"]>>()),
	stream: v.nullable(v.boolean()),
	requestedModel: Text,
	alias: Text,
	strategy: v.nullable(word<NonNullable<RequestRow["strategy"]>>()),
	candidates: v.nullable(v.array(v.object({ target: v.string(), score: Figure }))),
	provider: v.nullable(word<NonNullable<RequestRow["provider"]>>()),
	model: Text,
	status: Figure,
	errorType: v.nullable(word<NonNullable<RequestRow["errorType"]>>()),
	errorCode: Text,
	inputTokens: Instant,
	cachedInputTokens: Instant,
	cacheWriteTokens: Instant,
	outputTokens: Instant,
	reasoningTokens: Instant,
	cost: Instant,
	estimated: Instant,
	latencyMs: Figure,
	ttftMs: Figure,
	cache: v.nullable(word<NonNullable<RequestRow["cache"]>>()),
	attempts: AttemptEntriesSchema,
});

const UsageCountSchema: v.GenericSchema<unknown, UsageCount> = v.object({
	at: Instant,
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
	latencyBucket: Figure,
	ttftBucket: Figure,
});

/** An entry of a key's outbox, as it is stored. */
export const UsageEntrySchema: v.GenericSchema<unknown, UsageEntry> = v.object({
	rows: v.array(RequestRowSchema),
	refused: v.array(UsageCountSchema),
});
