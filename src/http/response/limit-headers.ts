// Writes what is left of the key's limits as headers.
import type { LimitFigure } from "#core/budget/limits";
import type { LimitSnapshot } from "#gateway/spending/reservation";
import { nanoUsd, usdString } from "#metering/money";

/** OpenAI's six headers for the key's own limits, and what is left of its tightest budget in USD. */
export function limitHeaders({ figures, tightest }: LimitSnapshot): Record<string, string> {
	return {
		...(figures.requests !== null && limitTriple("requests", figures.requests)),
		...(figures.tokens !== null && limitTriple("tokens", figures.tokens)),
		...(tightest !== null && { "x-tollgate-budget-remaining": usdString(nanoUsd(tightest.remaining)) }),
	};
}

function limitTriple(what: "requests" | "tokens", { limit, remaining, resetMs }: LimitFigure): Record<string, string> {
	return {
		[`x-ratelimit-limit-${what}`]: String(limit),
		[`x-ratelimit-remaining-${what}`]: String(remaining),
		[`x-ratelimit-reset-${what}`]: duration(resetMs),
	};
}

/** As OpenAI writes durations, which are Go's: "12ms", "1.5s", "6m0s", "1h2m3s". */
export function duration(ms: number): string {
	const whole = Math.max(0, Math.ceil(ms));
	if (whole < 1000) return `${whole}ms`;
	const seconds = (whole % 60_000) / 1000;
	const minutes = Math.floor(whole / 60_000) % 60;
	const hours = Math.floor(whole / 3_600_000);
	if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
	return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
