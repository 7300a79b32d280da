// Classifies Anthropic's errors.
import type { Fault, FaultKind } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import type { ErrorReply } from "#providers/adapter";
import { cleanMessage, HISTORY_RULE, kindOfForbidden, kindOfStatus } from "#providers/shared/faults";
import { limitScope } from "#providers/shared/rate-limit";
import { waitMs } from "#providers/shared/waits";

const KINDS: ReadonlyMap<string, FaultKind> = new Map([
	["invalid_request_error", "bad_request"],
	["authentication_error", "credential"],
	["billing_error", "vendor_quota"],
	["permission_error", "forbidden"],
	// Of where the request came from, which the next one need not.
	["forbidden", "server"],
	["not_found_error", "model_missing"],
	["request_too_large", "too_large"],
	["rate_limit_error", "rate_limited"],
	["timeout_error", "timeout"],
	["overloaded_error", "overloaded"],
	["api_error", "server"],
]);

/** How much of a message is looked at, in characters: matching more would cost time that an upstream decides. */
const READ_LIMIT = 4000;

/** Classifies an answer of Anthropic that is not 2xx. */
export function anthropicFault(reply: ErrorReply): Fault {
	const body = parseJson(reply.body);
	const header = reply.headers.get("request-id");
	const fault = bodyFault(body, reply.status, reply.body);
	const wait = waitMs(fault.kind, reply, fault.message);
	return {
		...fault,
		...(wait !== undefined && { retryAfterMs: wait }),
		...(header !== null && { upstreamRequestId: header }),
	};
}

/** An error body or error event as a fault. `status` is the upstream's HTTP status, `text` the body as it came. */
export function bodyFault(body: unknown, status: number, text = ""): Fault {
	const holder = isObject(body) ? body : {};
	const error = isObject(holder.error) ? holder.error : {};
	const type = typeof error.type === "string" ? error.type : "";
	const details = isObject(error.details) ? error.details : {};
	const detail = typeof details.error_code === "string" ? details.error_code : "";
	const words = typeof error.message === "string" ? error.message : text.trimStart().startsWith("<") ? "" : text;
	const message = words.slice(0, READ_LIMIT);
	const code = detail || type;
	const kind = kindByWording(message, detail) ?? KINDS.get(type) ?? (status < 400 ? "server" : kindOfStatus(status));
	const limits = kind === "rate_limited" ? limitScope(message) : undefined;
	return {
		kind: kind === "forbidden" ? kindOfForbidden(message) : kind,
		status,
		message: cleanMessage(message) || `Anthropic answered ${status}`,
		...(code !== "" && { code }),
		...(limits !== undefined && { limits }),
		...(typeof holder.request_id === "string" && { upstreamRequestId: holder.request_id }),
	};
}

/** Several conditions share the type `invalid_request_error` or `rate_limit_error` and differ in their words only. */
function kindByWording(message: string, detail: string): FaultKind | null {
	if (detail === "enforced_spend_limit_reached") return "vendor_quota";
	if (/credit balance is too low|specified API usage limits|spend(?:ing)? limit/i.test(message)) return "vendor_quota";
	if (/prompt is too long|exceeds? (?:the )?(?:context (?:limit|window)|maximum context)/i.test(message)) {
		return "context_length";
	}
	// Comes as a 400 too.
	if (/organization has been disabled/i.test(message)) return "credential";
	if (HISTORY_RULE.test(message)) return "history";
	return /blocked by content filtering/i.test(message) ? "content_policy" : null;
}
