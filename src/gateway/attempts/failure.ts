/** The error of a request that no attempt could serve. */

import { type ErrorDetails, GatewayError } from "#core/errors";
import type { Fault, UpstreamReply } from "#core/fault";
import { MAX_LAST_RESORT_GAP_MS } from "#core/health/health";
import { faultError } from "#gateway/upstream/fault-error";
import { leastOf } from "#lib/list";
import { didYouMean } from "#router/errors";
import { targetOf } from "#router/models/model-access";
import type { RoutePlan } from "#router/plan";
import type { Attempt } from "./attempt";
import type { SkippedCandidate } from "./candidate-queue";
import { isProviderFault, mostTellingFault } from "./fault-policy";

/** An attempt that failed before anything reached the caller. */
export interface Failure {
	readonly attempt: Attempt;
	readonly fault: Fault;
	/** The refusal as it came, where it is the caller's business; absent for none. */
	readonly reply?: UpstreamReply | null;
}

/** Why no further attempt was made although there was a candidate for it. */
export type Stopped = "attempts" | "deadline" | GatewayError;

/** All that is known of a request that no target could serve. */
interface Failed {
	/** At least one. */
	readonly failures: readonly Failure[];
	readonly skipped: readonly SkippedCandidate[];
	readonly plan: RoutePlan | null;
	/** Null when no candidate was left, or the fault forbids another one. */
	readonly stopped: Stopped | null;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** The model that an attempt's may be a misspelling of; it is only asked of a model that is not known here. */
	readonly nearest: (attempt: Attempt) => string | undefined;
}

/**
 * The error of a request whose attempts have failed: the most telling of them, with every attempt's reason in
 * `metadata.attempts`. SDKs are told not to repeat what was already tried more than once, or could not be for lack of
 * money.
 */
export function failedError({ failures, skipped, plan, stopped, now, nearest }: Failed): GatewayError {
	const telling = mostTellingFault(failures);
	if (telling === null) throw new Error("nothing has failed");
	const error = faultError(telling.fault, telling.attempt.upstream.provider.name);
	const { details } = error;
	const isTheirs = isProviderFault(telling.fault.kind);
	const retryAfterMs = isTheirs ? earliest(failures, plan, now) : details.retryAfterMs;
	const isSpent = failures.length > 1 || skipped.length > 0 || stopped !== null;
	return error.with({
		message: withHints(details.message, [
			modelHint(telling, nearest),
			stopped instanceof GatewayError ? noFurther(stopped.details) : "",
		]),
		retryAfterMs,
		...(isTheirs && isSpent && { shouldRetry: false }),
		...(telling.reply && { reply: telling.reply, status: telling.reply.status }),
		metadata: { ...details.metadata, attempts: failures.map(attemptEntry), ...skippedMetadata(skipped, plan, stopped) },
	});
}

/** 503: some targets could serve, and health lets none of them through now. */
export function noProviderAvailable(
	plan: RoutePlan | null,
	skipped: readonly SkippedCandidate[],
	now: number,
): GatewayError {
	const retryAfterMs = earliest([], plan, now) ?? 1_000;
	return GatewayError.of(
		"no_provider_available",
		"every provider that could serve this request is out of service just now; try again later",
		{ retryAfterMs, metadata: skippedMetadata(skipped, plan, null) },
	);
}

/** What to use instead of a model that its vendor does not have, or no longer has. */
function modelHint({ fault, attempt }: Failure, nearest: Failed["nearest"]): string {
	const { provider, retirement, unlisted } = attempt.upstream.model;
	if (fault.kind !== "model_missing") return "";
	if (retirement === undefined) return unlisted ? didYouMean(nearest(attempt)) : "";
	const { on, successor } = retirement;
	const end = on === null ? "; its vendor has given it up" : `; its vendor retired it on ${on}`;
	return successor === null ? end : `${end}: use \`${provider}/${successor}\``;
}

/** Hints go on with the sentence of a vendor that may have ended it. */
function withHints(message: string, hints: readonly string[]): string {
	const told = hints.join("");
	return told === "" ? message : message.replace(/\.$/, "") + told;
}

function noFurther({ message }: ErrorDetails): string {
	return `; no further attempt was made: ${message}`;
}

function attemptEntry({ attempt, fault }: Failure): Record<string, unknown> {
	return {
		target: targetOf(attempt.upstream.model),
		reason: fault.kind,
		...(fault.status !== null && { upstream_status: fault.status }),
		message: fault.message,
	};
}

/** The targets that the request named and no attempt called, with the reason. */
function skippedMetadata(skipped: readonly SkippedCandidate[], plan: RoutePlan | null, stopped: Stopped | null) {
	const excluded = (plan?.excluded ?? []).map(({ target, reason }) => ({ target, reason }));
	const all = [...excluded, ...skipped];
	return {
		...(all.length > 0 && { skipped: all }),
		...(stopped !== null && { stopped: stopped instanceof GatewayError ? stopped.details.code : stopped }),
	};
}

/** Milliseconds until the first of all targets may serve again, as far as a provider or its health said. */
function earliest(failures: readonly Failure[], plan: RoutePlan | null, now: number): number | undefined {
	const reopenings = [
		...(plan?.excluded ?? []).map(({ until }) => until),
		// As the last resort a target is tried before its time.
		...(plan?.candidates ?? []).map(({ needsTrial, shutUntil }) =>
			needsTrial && shutUntil !== null ? Math.min(shutUntil, now + MAX_LAST_RESORT_GAP_MS) : shutUntil,
		),
	];
	const waits = [
		...failures.flatMap(({ fault }) => fault.retryAfterMs ?? []),
		...reopenings.flatMap((until) => (until === null ? [] : Math.max(0, until - now))),
	];
	return waits.length === 0 ? undefined : leastOf(waits);
}
