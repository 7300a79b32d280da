import type { Fault, FaultKind } from "#core/fault";
import { isObject } from "#lib/json";
import type { ErrorReply } from "#providers/adapter";
import {
	cleanMessage,
	HISTORY_RULE,
	kindOfForbidden,
	kindOfStatus,
	parseJson,
	retryAfterMs,
} from "#providers/shared/faults";

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
	const wait = fault.retryAfterMs ?? retryAfterMs(reply);
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
	const kind = kindOf(message, rpcCode, String(reason), details) ?? kindOfStatus(number);
	const delay = kind === "vendor_quota" ? undefined : retryDelay(details);
	const field = firstOf(details, "fieldViolations", "field");
	const requestId = details.map((detail) => detail.requestId).find((value) => typeof value === "string");
	return {
		kind,
		status,
		message: cleanMessage(message === "" ? `Gemini answered ${number}` : message),
		...(code !== "" && { code }),
		...(field !== undefined && { param: field }),
		...(delay !== undefined && { retryAfterMs: delay }),
		...(typeof requestId === "string" && { upstreamRequestId: requestId }),
	};
}

function kindOf(
	message: string,
	rpcCode: string,
	reason: string,
	details: readonly Record<string, unknown>[],
): FaultKind | null {
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
			return firstOf(details, "violations", "quotaId")?.includes("PerDay") ? "vendor_quota" : "rate_limited";
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

/** The `key` of the first object in the lists named `list` of an error's details. */
function firstOf(details: readonly Record<string, unknown>[], list: string, key: string): string | undefined {
	for (const detail of details) {
		const entries = detail[list];
		if (!Array.isArray(entries)) continue;
		for (const entry of entries) {
			const value = isObject(entry) ? entry[key] : undefined;
			if (typeof value === "string") return value;
		}
	}
	return undefined;
}

/** `RetryInfo` says "34.4s". */
function retryDelay(details: readonly Record<string, unknown>[]): number | undefined {
	const delay = details.map((detail) => detail.retryDelay).find((value) => typeof value === "string");
	const seconds = /^(\d+(?:\.\d+)?)s$/.exec(typeof delay === "string" ? delay : "")?.[1];
	return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

function unreadable(reply: ErrorReply): Fault {
	const text = reply.body.slice(0, READ_LIMIT).trim();
	// An HTML page from a proxy in between says nothing that a caller could use.
	const message = text === "" || text.startsWith("<") ? `Gemini answered ${reply.status}` : text;
	return { kind: kindOfStatus(reply.status), status: reply.status, message: cleanMessage(message) };
}
