// Writes who served a request, and how, as headers.
import type { Retirement } from "#catalog/retirements";
import type { Served } from "#gateway/attempts/served";
import { limitHeaders } from "./limit-headers";

/** Says who served a request, how it went and what is left of limits and budgets, on answers and errors alike. */
export function servedHeaders(served: Served, receivedAt: number, now: number): Record<string, string> {
	const gateway = Math.max(0, now - receivedAt - served.upstreamMs);
	const { clampedTo, warnings, insteadOf } = served;
	return {
		...limitHeaders(served.limits),
		"x-tollgate-provider": served.provider,
		"x-tollgate-model": headerText(served.model),
		"x-tollgate-strategy": served.strategy,
		"x-tollgate-attempts": served.attempts.join(","),
		"server-timing": `upstream;dur=${served.upstreamMs}, gw;dur=${gateway}`,
		...(served.simulated && { "x-tollgate-simulated": "true" }),
		...(clampedTo !== null && { "x-tollgate-clamped-output": String(clampedTo) }),
		...(insteadOf !== null && { "x-tollgate-downgraded-from": headerText(insteadOf) }),
		...(warnings.length > 0 && { "x-tollgate-budget-warning": warnings.join(",") }),
		...(served.retirement !== null && { "x-tollgate-model-retired": headerText(retirementText(served.retirement)) }),
		...(served.dropped.length > 0 && { "x-tollgate-dropped": headerText(served.dropped.join(",")) }),
	};
}

/** Such as `2026-10-23;successor=gpt-4.1`; `deprecated` where no day is known. */
function retirementText({ on, successor }: Retirement): string {
	return `${on ?? "deprecated"}${successor === null ? "" : `;successor=${successor}`}`;
}

/** Field names are the caller's text: only what a header may hold is written. */
function headerText(text: string): string {
	return text.replace(/[^\x21-\x7e]/g, "?").slice(0, 1024);
}
