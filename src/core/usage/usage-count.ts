// Counts requests and attempts into the roll-ups of their hour.

import { promptTokens, type Usage } from "#core/chat/usage";
import type { ErrorType } from "#core/error-catalog";
import { HOUR_MS } from "#lib/time";
import { latencyBucket } from "./latency-buckets";
import type { AttemptRecord } from "./request-record";
import { NO_USAGE, type UsageFigures } from "./rollup-columns";
import type { AttemptEntry, RequestRow, UsageCount } from "./usage-entry";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Count extends Mutable<Omit<UsageCount, "latency" | "ttft">> {
	readonly latency: number[];
	readonly ttft: number[];
}

const FAILED: Readonly<Record<ErrorType, keyof UsageFigures>> = {
	invalid_request_error: "invalidRequests",
	permission_error: "permissionErrors",
	insufficient_quota: "quotaErrors",
	rate_limit_error: "rateLimitErrors",
	server_error: "serverErrors",
};

/**
 * Adds up what rows add to the roll-ups: the request where it was served, and what each attempt used where it was made.
 */
export class UsageTally {
	readonly #counts = new Map<string, Count>();

	get counts(): readonly UsageCount[] {
		return [...this.#counts.values()];
	}

	add(row: RequestRow): void {
		const { status, errorType } = row;
		if (status !== null) {
			const count = this.#count(row, row.provider, row.model);
			const failed = status === 499 ? "cancelled" : errorType === null ? null : FAILED[errorType];
			count.requests++;
			if (failed !== null) count[failed]++;
			else {
				time(count.latency, row.latencyMs);
				time(count.ttft, row.ttftMs);
			}
		}
		for (const attempt of row.attempts) addAttempt(this.#count(row, attempt.provider, attempt.model), attempt);
	}

	#count({ at, teamId, keyId, app: named }: RequestRow, servedBy: string | null, served: string | null): Count {
		const hour = hourOf(at);
		const [app, provider, model] = [named ?? "", servedBy ?? "", served ?? ""];
		const place = `${hour} ${teamId} ${keyId} ${provider} ${model} ${app}`;
		let count = this.#counts.get(place);
		if (count === undefined) {
			count = { hour, teamId, keyId, app, provider, model, ...NO_USAGE, latency: [], ttft: [] };
			this.#counts.set(place, count);
		}
		return count;
	}
}

/** The start of the hour that a time is in, in milliseconds since the epoch. */
export function hourOf(at: number): number {
	return at - (at % HOUR_MS);
}

function addAttempt(count: Count, attempt: AttemptEntry): void {
	count.cost += attempt.cost;
	if (!isWhole(attempt)) {
		count.estimatedCost += attempt.estimatedCost;
		if (attempt.why === "expired") count.expired++;
		return;
	}
	const { cost, estimated, usage, claim, unpriced } = attempt;
	count.attempts++;
	if (estimated) count.estimatedCost += cost;
	if (claim !== undefined) {
		count.implausible++;
		count.possibleOverrun += claim.beyond;
	}
	if (unpriced === true) count.unpriced++;
	if (usage === null) return;
	count.cacheDiscount += usage.cacheDiscount ?? 0;
	addTokens(count, usage);
	addUnits(count, usage);
}

type TokenSums = Mutable<
	Pick<UsageFigures, "inputTokens" | "cachedInputTokens" | "cacheWriteTokens" | "outputTokens" | "reasoningTokens">
>;

/** Adds the tokens of one attempt to sums as the usage log has them. */
export function addTokens(sums: TokenSums, usage: Usage): void {
	sums.inputTokens += promptTokens(usage);
	sums.cachedInputTokens += usage.cacheRead;
	sums.cacheWriteTokens += usage.cacheWrite + usage.cacheWriteHour;
	sums.outputTokens += usage.output;
	sums.reasoningTokens += usage.reasoning;
}

type UnitSums = Mutable<
	Pick<UsageFigures, "images" | "imageTiles" | "imageSteps" | "audioMs" | "spokenCharacters" | "spokenBytes">
>;

/** Adds what was billed of one attempt beside its tokens. */
function addUnits(sums: UnitSums, { images = {}, audio = {} }: Usage): void {
	sums.images += images.image ?? 0;
	sums.imageTiles += images.tile ?? 0;
	sums.imageSteps += images.step ?? 0;
	sums.audioMs += audio.millisecond ?? 0;
	sums.spokenCharacters += audio.character ?? 0;
	sums.spokenBytes += audio.byte ?? 0;
}

/** Whether the attempt comes from its request's record, and not from a charge alone. */
export function isWhole(attempt: AttemptEntry): attempt is AttemptRecord {
	return "end" in attempt;
}

function time(histogram: number[], ms: number | null): void {
	if (ms === null) return;
	const bucket = latencyBucket(ms);
	while (histogram.length <= bucket) histogram.push(0);
	histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}
