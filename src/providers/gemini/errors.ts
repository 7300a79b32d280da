// Classifies Gemini's errors.
import type { Fault, FaultKind, LimitScope } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import type { ErrorReply } from "#providers/adapter";
import { cleanMessage, HISTORY_RULE, kindOfForbidden, kindOfStatus } from "#providers/shared/faults";
import { limitScope } from "#providers/shared/rate-limit";
import { durationMs, waitMs } from "#providers/shared/waits";

/** How much of a message is looked at, in characters: matching more would cost time that an upstream decides. */
const READ_LIMIT = 4000;

/** Reasons of `google.rpc.ErrorInfo` that mean the key or its project, not what was asked for. */
const ACCOUNT_REASONS: ReadonlySet<string> = new Set([
	"API_KEY_INVALID",
	"API_KEY_SERVICE_BLOCKED",
	"API_KEY_HTTP_REFERRER_BLOCKED",
	"API_KEY_IP_ADDRESS_BLOCKED",
	"CONSUMER_INVALID",
	"CONSUMER_SUSPENDED",
	"SERVICE_DISABLED",
	"USER_PROJECT_DENIED",
]);

/** Classifies an answer of Gemini that is not 2xx. */
export function geminiFault(reply: ErrorReply): Fault {
	const error = errorOf(parseJson(reply.body));
	const fault = error === null ? unreadable(reply) : statusFault(error, reply.status);
	const isDaily = fault.kind === "rate_limited" && error !== null && quotasOf(error).some(isPerDay);
	const wait = isDaily
		? untilPacificMidnight(reply.now)
		: (fault.retryAfterMs ?? waitMs(fault.kind, reply, fault.message));
	return wait === undefined ? fault : { ...fault, retryAfterMs: wait };
}

/** The `error` object of a body or of a frame, which may come inside an array; null when there is none. */
export function errorOf(body: unknown): Record<string, unknown> | null {
	const holder = Array.isArray(body) ? body[0] : body;
	return isObject(holder) && isObject(holder.error) ? holder.error : null;
}

/** A `google.rpc.Status` as a fault. `status` is the upstream's HTTP status. */
export function statusFault(error: Record<string, unknown>, status: number): Fault {
	const message = typeof error.message === "string" ? error.message.slice(0, READ_LIMIT) : "";
	const rpcCode = typeof error.status === "string" ? error.status : "";
	const details = Array.isArray(error.details) ? error.details.filter(isObject) : [];
	const reason = details.map((detail) => detail.reason).find((value) => typeof value === "string") ?? "";
	const code = typeof reason === "string" && reason !== "" ? reason : rpcCode;
	const number = typeof error.code === "number" ? error.code : status;
	const kind = kindOf(message, rpcCode, String(reason)) ?? kindOfStatus(number);
	const delay = kind === "vendor_quota" ? undefined : retryDelay(details);
	const [field] = allOf(details, "fieldViolations", "field");
	const limits = kind === "rate_limited" ? limited(message, quotasOf(error)) : undefined;
	const requestId = details.map((detail) => detail.requestId).find((value) => typeof value === "string");
	return {
		kind,
		status,
		message: cleanMessage(message === "" ? `Gemini answered ${number}` : message),
		...(code !== "" && { code }),
		...(field !== undefined && { param: field }),
		...(limits !== undefined && { limits }),
		...(delay !== undefined && { retryAfterMs: delay }),
		...(typeof requestId === "string" && { upstreamRequestId: requestId }),
	};
}

function kindOf(message: string, rpcCode: string, reason: string): FaultKind | null {
	// Every 429 of Gemini advises to "check your plan and billing details"; that alone says nothing.
	const text = message.replace(/check your plan and billing details/i, "").toLowerCase();
	if (ACCOUNT_REASONS.has(reason) || /api key (not valid|expired|not found)/.test(text)) return "credential";
	if (
		reason === "BILLING_DISABLED" ||
		/billing|spend(ing)? (cap|limit)|credits (are|is|have been) depleted/.test(text)
	) {
		return "vendor_quota";
	}
	if (reason === "MODEL_CAPACITY_EXHAUSTED") return "overloaded";
	if (/user location is not supported/.test(text)) return "server";
	switch (rpcCode) {
		case "INVALID_ARGUMENT":
			if (/token count .*exceeds|exceeds the maximum number of tokens|context window/.test(text))
				return "context_length";
			if (/payload size exceeds/.test(text)) return "too_large";
			if (HISTORY_RULE.test(text)) return "history";
			return null;
		case "RESOURCE_EXHAUSTED":
			return "rate_limited";
		case "UNAUTHENTICATED":
			return "credential";
		case "PERMISSION_DENIED":
			return kindOfForbidden(text);
		case "NOT_FOUND":
			return "model_missing";
		case "UNAVAILABLE":
			return "overloaded";
		case "DEADLINE_EXCEEDED":
			return "timeout";
		case "CANCELLED":
		case "INTERNAL":
		case "UNKNOWN":
			return "server";
		default:
			return null;
	}
}

/** The names of the quotas that are used up, such as `GenerateRequestsPerMinutePerProjectPerModel-FreeTier`. */
function quotasOf({ details }: Record<string, unknown>): string[] {
	return Array.isArray(details) ? allOf(details.filter(isObject), "violations", "quotaId") : [];
}

function isPerDay(quota: string): boolean {
	return quota.includes("PerDay");
}

/** Daily quotas begin anew then, whatever the error suggests. In milliseconds. */
function untilPacificMidnight(now: number): number {
	const clock = new Intl.DateTimeFormat("en-US", {
		timeZone: "America/Los_Angeles",
		hourCycle: "h23",
		...{ hour: "numeric", minute: "numeric", second: "numeric" },
	});
	const parts = new Map(clock.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
	const seconds = (parts.get("hour") ?? 0) * 3600 + (parts.get("minute") ?? 0) * 60 + (parts.get("second") ?? 0);
	return (24 * 3600 - seconds) * 1000;
}

/** A quota says by its name whose it is. */
function limited(message: string, quotas: readonly string[]): LimitScope | undefined {
	if (quotas.length === 0) return limitScope(message);
	return quotas.every((quota) => quota.includes("PerModel")) ? "model" : "account";
}

/** The `key` of the objects in the lists named `list` of an error's details. */
function allOf(details: readonly Record<string, unknown>[], list: string, key: string): string[] {
	const entries = details.flatMap((detail) => detail[list]).filter(isObject);
	return entries.map((entry) => entry[key]).filter((value) => typeof value === "string");
}

/** `RetryInfo` says "34.4s". */
function retryDelay(details: readonly Record<string, unknown>[]): number | undefined {
	const delay = details.map((detail) => detail.retryDelay).find((value) => typeof value === "string");
	return typeof delay === "string" ? durationMs(delay) : undefined;
}

function unreadable(reply: ErrorReply): Fault {
	const text = reply.body.slice(0, READ_LIMIT).trim();
	// An HTML page from a proxy in between says nothing that a caller could use.
	const message = text === "" || text.startsWith("<") ? `Gemini answered ${reply.status}` : text;
	return { kind: kindOfStatus(reply.status), status: reply.status, message: cleanMessage(message) };
}
