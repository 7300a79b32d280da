import type { ErrorType } from "./errors";
import { latencyBucket } from "./latency-buckets";
import type { AttemptRecord } from "./request-record";
import { promptTokens } from "./usage";
import type { AttemptEntry, RequestRow, UsageCount, UsageFigures } from "./usage-entry";

const NOTHING: UsageFigures = {
	requests: 0,
	invalidRequests: 0,
	permissionErrors: 0,
	quotaErrors: 0,
	rateLimitErrors: 0,
	serverErrors: 0,
	cancelled: 0,
	attempts: 0,
	cacheHits: 0,
	inputTokens: 0,
	cachedInputTokens: 0,
	cacheWriteTokens: 0,
	outputTokens: 0,
	reasoningTokens: 0,
	cost: 0,
	estimatedCost: 0,
	expired: 0,
};

const FIGURES = Object.keys(NOTHING) as readonly (keyof UsageFigures)[];

const FAILED: Readonly<Record<ErrorType, keyof UsageFigures>> = {
	invalid_request_error: "invalidRequests",
	permission_error: "permissionErrors",
	insufficient_quota: "quotaErrors",
	rate_limit_error: "rateLimitErrors",
	server_error: "serverErrors",
};

/** What a row adds to the roll-ups: the request where it was served, and what each attempt used where it was made. */
export function countsOf(row: RequestRow): UsageCount[] {
	const { at, teamId, keyId, app, provider, model, status, errorType } = row;
	const key = { at, teamId, keyId, app: app ?? "" };
	const counts = new Map<string, UsageCount>();
	const add = (provider: string, model: string, more: Partial<UsageCount>): void => {
		const place = `${provider} ${model}`;
		const before = counts.get(place) ?? { ...NOTHING, ...key, provider, model, latencyBucket: null, ttftBucket: null };
		counts.set(place, sumOf(before, more));
	};
	if (status !== null) {
		const failed = status === 499 ? "cancelled" : errorType === null ? null : FAILED[errorType];
		add(provider ?? "", model ?? "", {
			requests: 1,
			...(failed !== null && { [failed]: 1 }),
			...(row.cache === "hit" && { cacheHits: 1 }),
			...(failed === null && { latencyBucket: bucketOf(row.latencyMs), ttftBucket: bucketOf(row.ttftMs) }),
		});
	}
	for (const attempt of row.attempts) add(attempt.provider ?? "", attempt.model ?? "", figuresOf(attempt));
	return [...counts.values()];
}

/** One count with the figures of two; of the rest, the later word. */
export function sumOf(count: UsageCount, more: Partial<UsageCount>): UsageCount {
	const sums = FIGURES.map((name) => [name, count[name] + (more[name] ?? 0)]);
	return { ...count, ...more, ...Object.fromEntries(sums) };
}

function figuresOf(attempt: AttemptEntry): Partial<UsageFigures> {
	if (!isWhole(attempt)) {
		const { cost, estimatedCost, why } = attempt;
		return { cost, estimatedCost, expired: why === "expired" ? 1 : 0 };
	}
	const { cost, estimated, usage } = attempt;
	return {
		attempts: 1,
		cost,
		estimatedCost: estimated ? cost : 0,
		inputTokens: usage === null ? 0 : promptTokens(usage),
		cachedInputTokens: usage?.cacheRead ?? 0,
		cacheWriteTokens: usage === null ? 0 : usage.cacheWrite + usage.cacheWriteHour,
		outputTokens: usage?.output ?? 0,
		reasoningTokens: usage?.reasoning ?? 0,
	};
}

/** Whether the attempt is told of by its request's record, and not by a charge alone. */
export function isWhole(attempt: AttemptEntry): attempt is AttemptRecord {
	return "end" in attempt;
}

function bucketOf(ms: number | null): number | null {
	return ms === null ? null : latencyBucket(ms);
}
