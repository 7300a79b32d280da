// What an outcome shows about each of the three cells that its attempt went through.
import type { Outcome } from "#core/health/health";
import { type CellVerdict, verdictsOf } from "#core/health/outcome-table";
import type { Evidence } from "./breaker";
import { MAX_WAIT_MS } from "./open-time";
import { isSlow } from "./trip";

/**
 * Two models that are throttled at once hint at a limit of the whole account. Without the vendor saying so, the account
 * is spared for at most this many milliseconds: where the hint is right, the next refusal renews it.
 */
const MAX_HINTED_THROTTLE_MS = 60_000;

/**
 * `usualP95Ms` is the model's, as `isSlow` takes it; `isOtherThrottled`: another model of the credential is throttled
 * now.
 */
export function attributed(
	outcome: Outcome,
	usualP95Ms: number | null,
	isOtherThrottled: boolean,
): { readonly provider: Evidence; readonly credential: Evidence; readonly model: Evidence } {
	const verdicts = verdictsOf(outcome);
	const slow = outcome.result === "ok" && outcome.ttftMs !== null && isSlow(outcome.ttftMs, usualP95Ms);
	const retryAfterMs = outcome.retryAfterMs === null ? null : Math.ceil(outcome.retryAfterMs);
	const evidenceOf = (verdict: CellVerdict): Evidence => ({ ...outcome, retryAfterMs, verdict, slow: false });
	const isParked = verdicts.credential === "throttled" && (retryAfterMs ?? 0) > MAX_WAIT_MS;
	const isHint = outcome.limits === null && verdicts.model === "throttled" && isOtherThrottled;
	const hinted = {
		...evidenceOf("throttled"),
		retryAfterMs: retryAfterMs && Math.min(retryAfterMs, MAX_HINTED_THROTTLE_MS),
	};
	// A stall after content shows nothing about how soon answers begin.
	const isBreak = verdicts.model === "stalled" && outcome.midstream;
	return {
		provider: evidenceOf(verdicts.provider),
		credential: isHint ? hinted : evidenceOf(isParked ? "dead" : verdicts.credential),
		model: { ...evidenceOf(isBreak ? "failed" : verdicts.model), slow },
	};
}
