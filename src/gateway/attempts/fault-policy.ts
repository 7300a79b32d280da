/** Whose fault a fault is, and whether another candidate is asked after it. */

import type { Fault, FaultKind } from "#core/fault";
import type { Alias } from "#core/routing/alias";

/** Who caused a fault, which decides whether it counts against the provider and whether another target is tried. */
type Cause = "provider" | "caller" | "history" | "content" | "context";

/**
 * `credential`, `vendor_quota`, `forbidden` and `model_missing` are the gateway's account at the provider: no caller
 * can help it.
 */
const CAUSES: Record<FaultKind, Cause> = {
	connect: "provider",
	timeout: "provider",
	overloaded: "provider",
	server: "provider",
	rate_limited: "provider",
	credential: "provider",
	vendor_quota: "provider",
	forbidden: "provider",
	model_missing: "provider",
	malformed: "provider",
	empty: "provider",
	truncated: "provider",
	bad_request: "caller",
	too_large: "caller",
	history: "history",
	context_length: "context",
	content_policy: "content",
};

/** Whether a fault says something about the provider's health. Callers' mistakes never do. */
export function isProviderFault(kind: FaultKind): boolean {
	return CAUSES[kind] === "provider";
}

/**
 * Whether another target is tried after a fault before the first byte; refusals of the request only where the alias
 * says so.
 */
export function failsOver(kind: FaultKind, alias: Alias | null): boolean {
	switch (CAUSES[kind]) {
		case "provider":
		case "history":
			return true;
		case "caller":
			return false;
		case "content":
			return alias?.fallThrough.content ?? false;
		case "context":
			return alias?.fallThrough.context ?? false;
	}
}

/**
 * Whether the same target may well serve a moment later, and the failure cost nothing: a connection that was lost
 * before the request was read, a server that says that it has failed or has no capacity.
 */
export function isHiccup({ kind, status, unbilled }: Fault): boolean {
	const isPassing = kind === "connect" || kind === "overloaded" || kind === "server";
	return unbilled === true && isPassing && (status === null || status >= 500);
}

/**
 * The kinds of faults, most telling first, for a caller whose request failed everywhere: what it can mend itself, then
 * what passes with time, then what is broken, and last what only an administrator can mend.
 */
const TELLING: readonly FaultKind[] = [
	"bad_request",
	"too_large",
	"context_length",
	"content_policy",
	"history",
	"rate_limited",
	"overloaded",
	"timeout",
	"server",
	"truncated",
	"connect",
	"malformed",
	"empty",
	"model_missing",
	"forbidden",
	"vendor_quota",
	"credential",
];

/** Of several faults the most telling one; of equals the earliest. */
export function mostTellingFault<T extends { readonly fault: { readonly kind: FaultKind } }>(
	failures: readonly T[],
): T | null {
	let best: T | null = null;
	for (const failure of failures) {
		if (best === null || TELLING.indexOf(failure.fault.kind) < TELLING.indexOf(best.fault.kind)) best = failure;
	}
	return best;
}
