// Classifies errors of Workers AI.

import { type Fault, type FaultKind, UpstreamError } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import { DAY_MS } from "#lib/time";
import type { ErrorReply } from "#providers/adapter";
import { openaiFault } from "#providers/openai-chat/errors";
import { cleanMessage, HISTORY_RULE, relayed } from "#providers/shared/faults";

/** What Cloudflare's internal codes mean; the HTTP status beside them says less. */
const KINDS: ReadonlyMap<number, FaultKind> = new Map([
	[5007, "model_missing"],
	[3042, "model_missing"],
	// Closed to the account, or waiting for its consent: other models are not.
	[5016, "model_missing"],
	[5018, "model_missing"],
	[5021, "context_length"],
	[3006, "too_large"],
	[3007, "timeout"],
	[3008, "timeout"],
	[3036, "vendor_quota"],
	[3040, "overloaded"],
	[3023, "credential"],
	[3041, "credential"],
	[10000, "credential"],
	[3003, "bad_request"],
	[5004, "bad_request"],
	[5005, "bad_request"],
	[5006, "bad_request"],
	[5019, "bad_request"],
	[5023, "bad_request"],
	[5025, "bad_request"],
	[3043, "server"],
]);
/** The free allowance is used up until midnight UTC. */
const ALLOWANCE_USED = 3036;

/** Classifies an answer of Workers AI that is not 2xx: of the inference service, of Cloudflare's API, or plain text. */
export function workersAiFault(reply: ErrorReply): Fault {
	const body = parseJson(reply.body);
	const error = readError(body, reply.body);
	const requestId = reply.headers.get("cf-ai-req-id") ?? reply.headers.get("cf-ray");
	const base = openaiFault(reply);
	return {
		...base,
		...described(error, isVendors(body) ? relayed(base.kind) : base.kind, reply.status),
		...(error.code === ALLOWANCE_USED && { retryAfterMs: DAY_MS - (reply.now % DAY_MS) }),
		...(requestId !== null && { upstreamRequestId: requestId }),
	};
}

/** The error inside an answer or event with status 200; null when it is none. */
export function workersAiErrorWithin(body: Record<string, unknown>): UpstreamError | null {
	const isOne = body.success === false || typeof body.internalCode === "number" || isFilled(body.errors);
	if (!isOne) return null;
	return new UpstreamError(described(readError(body, ""), "server", 200));
}

/** Other vendors' models are served too, and their errors passed on as they are: without Cloudflare's list. */
function isVendors(body: unknown): boolean {
	return isObject(body) && body.errors === undefined && isObject(body.error);
}

function isFilled(value: unknown): boolean {
	return Array.isArray(value) && value.length > 0;
}

function described(
	{ code, message }: WorkersAiError,
	otherwise: FaultKind,
	status: number,
): Pick<Fault, "kind" | "status" | "message" | "code"> {
	return {
		kind: kindByWording(message) ?? KINDS.get(code ?? 0) ?? otherwise,
		status,
		message: cleanMessage(message) || `Workers AI answered ${status}`,
		...(code !== null && { code: String(code) }),
	};
}

interface WorkersAiError {
	code: number | null;
	/** Empty when there was none. */
	message: string;
}

function readError(body: unknown, text: string): WorkersAiError {
	if (!isObject(body)) {
		// The binding writes "<code>: <message>".
		const [, code, message] = /^(\d{4,5}): (.*)/s.exec(text) ?? [];
		const prose = text.trimStart().startsWith("<") ? "" : text;
		return code === undefined ? { code: null, message: prose } : { code: Number(code), message: message ?? "" };
	}
	const first = Array.isArray(body.errors) ? body.errors[0] : body.error;
	const error = isObject(first) ? first : body;
	const code = error.internalCode ?? error.code;
	const message = error.description ?? error.message;
	return {
		code: typeof code === "number" ? code : typeof code === "string" && /^\d+$/.test(code) ? Number(code) : null,
		message: typeof message === "string" ? message.slice(0, 4000) : "",
	};
}

/** Conditions that the service reports under the code of bad input. */
function kindByWording(message: string): FaultKind | null {
	if (/context window limit|maximum context length/i.test(message)) return "context_length";
	if (HISTORY_RULE.test(message)) return "history";
	return /JSON Mode couldn't be met/i.test(message) ? "malformed" : null;
}
