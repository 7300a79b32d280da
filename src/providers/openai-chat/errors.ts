// Classifies errors of vendors that speak OpenAI's protocols.
import { type Fault, type FaultKind, type LimitScope, UpstreamError } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import type { ErrorReply } from "#providers/adapter";
import { cleanMessage, HISTORY_RULE, kindOfForbidden, kindOfStatus, relayed } from "#providers/shared/faults";
import { limitScope } from "#providers/shared/rate-limit";
import { momentMs, waitMs } from "#providers/shared/waits";

/** What vendors that speak OpenAI's protocol put into `code` or `type`. */
const KIND_OF_CODE: ReadonlyMap<string, FaultKind> = new Map([
	["context_length_exceeded", "context_length"],
	["exceed_context_size_error", "context_length"],
	["insufficient_quota", "vendor_quota"],
	["billing_hard_limit_reached", "vendor_quota"],
	["billing_not_active", "vendor_quota"],
	["enforced_spend_limit_reached", "vendor_quota"],
	["insufficient_balance", "vendor_quota"],
	["insufficient_credits", "vendor_quota"],
	["payment_required", "vendor_quota"],
	["content_policy_violation", "content_policy"],
	["image_content_policy_violation", "content_policy"],
	["misalignment_policy_violation", "content_policy"],
	["bio_policy", "content_policy"],
	["content_filter", "content_policy"],
	["model_not_found", "model_missing"],
	// SiliconFlow's "Model does not exist" and "Model disabled".
	["20012", "model_missing"],
	["30003", "model_missing"],
	["invalid_api_key", "credential"],
	["authentication_error", "credential"],
	["account_deactivated", "credential"],
	["ip_not_authorized", "credential"],
	["permission_error", "forbidden"],
	["permission_denied", "forbidden"],
	["rate_limit_exceeded", "rate_limited"],
	["rate_limit_error", "rate_limited"],
	["rate_limited", "rate_limited"],
	["too_many_requests", "rate_limited"],
	["overloaded", "overloaded"],
	["overloaded_error", "overloaded"],
	["server_overloaded", "overloaded"],
	["slow_down", "overloaded"],
	["service_unavailable", "overloaded"],
	["provider_unavailable", "overloaded"],
	["provider_overloaded", "overloaded"],
	// SiliconFlow's "Model service overloaded".
	["50505", "overloaded"],
	// BigModel's codes: no balance, no such model, too long, unsafe, too many requests or too busy.
	["1113", "vendor_quota"],
	["1211", "model_missing"],
	["1261", "context_length"],
	["1301", "content_policy"],
	["1302", "rate_limited"],
	["1305", "overloaded"],
	// MiniMax's codes in `base_resp`.
	["minimax_1002", "rate_limited"],
	["minimax_1004", "credential"],
	["minimax_1008", "vendor_quota"],
	["minimax_1026", "content_policy"],
	["minimax_1027", "content_policy"],
	["minimax_1039", "context_length"],
	["minimax_2013", "bad_request"],
	// DashScope's and Ark's words for them.
	["arrearage", "vendor_quota"],
	["data_inspection_failed", "content_policy"],
	["accountoverdueerror", "vendor_quota"],
	["sensitivecontentdetected", "content_policy"],
	["invalidendpointormodel.notfound", "model_missing"],
	["timeout", "timeout"],
	["request_timeout", "timeout"],
	["request_too_large", "too_large"],
	["server_error", "server"],
	["invalid_request_error", "bad_request"],
	["invalid_prompt", "bad_request"],
	["unsupported_parameter", "bad_request"],
	["unsupported_value", "bad_request"],
	["invalid_value", "bad_request"],
]);

/** Kinds that a code proves whatever the status says; the other codes are often wrong beside a status. */
const DECISIVE: ReadonlySet<FaultKind> = new Set(["context_length", "vendor_quota", "content_policy", "model_missing"]);

/** What the wording proves where neither code nor status does, and beside which statuses it is believed. */
const WORDINGS: readonly { readonly kind: FaultKind; readonly statuses: readonly number[]; readonly words: RegExp }[] =
	[
		{
			kind: "vendor_quota",
			statuses: [400, 402, 403, 429],
			words:
				/insufficient[ _](?:account[ _])?(?:balance|quota|credits?|funds)|balance is (?:too low|insufficient|not enough)|credit balance|requires more credits|spend(?:ing)? limit|key limit exceeded/i,
		},
		{
			kind: "context_length",
			statuses: [400, 413, 422],
			words:
				/maximum context|context[ _](?:window|length|size)|max_seq_len|prompt is too long|input (?:is )?too long|too many (?:input )?tokens|input tokens exceed/i,
		},
		// Larger than all that the account may send in a minute: no wait helps.
		{ kind: "context_length", statuses: [413, 429], words: /^request too large for/i },
		{
			kind: "content_policy",
			statuses: [400, 403, 422],
			words:
				/content management policy|content exists risk|\bflagged\b|violat\w+ .{0,60}polic|by (?:our|the) (?:safety|moderation) system/i,
		},
		{ kind: "history", statuses: [400, 422], words: HISTORY_RULE },
		{
			kind: "model_missing",
			statuses: [400, 404],
			words:
				/\bmodel\b.{0,200}?\b(?:does not exist|not exist|not found)|not a valid model|(?:unknown|no such) model|no endpoints found (?!that support)/i,
		},
		{ kind: "bad_request", statuses: [404], words: /no endpoints found that support/i },
		// Where this request came from; the next one may come from elsewhere.
		{
			kind: "server",
			statuses: [400, 403],
			words:
				/country, region, or territory not supported|user location is not supported|not available in your (?:country|region)/i,
		},
	];

/** How much of a message is looked at, in characters: matching more would cost time that an upstream decides. */
const READ_LIMIT = 4000;

interface VendorError {
	/** Empty when there was none. */
	readonly message: string;
	/** The vendor's word for it. */
	readonly code: string | undefined;
	/** All that may tell the kind. */
	readonly codes: readonly string[];
	readonly param: string | undefined;
	/** An HTTP status given as the code, as OpenRouter does. */
	readonly status: number | null;
	readonly metadata: Record<string, unknown>;
}

/** Classifies an answer that is not 2xx: OpenAI's envelope, flat objects, JSON strings, plain text and HTML. */
export function openaiFault(reply: ErrorReply): Fault {
	const parsed = parseJson(reply.body);
	const error = readError(parsed === undefined ? prose(reply.body) : parsed);
	const kind = settled(kindOfReply(reply.status, error), error);
	const limits = kind === "rate_limited" ? limited(error) : undefined;
	const wait = waitMs(kind, reply, error.message) ?? bodyReset(error.metadata, reply.now);
	const requestId = requestIdOf(reply.headers);
	return {
		kind,
		status: reply.status,
		message: cleanMessage(error.message) || `answered with status ${reply.status}`,
		...(error.code !== undefined && { code: error.code }),
		...(error.param !== undefined && { param: error.param }),
		...(limits !== undefined && { limits }),
		...(wait !== undefined && { retryAfterMs: wait }),
		...(requestId !== undefined && { upstreamRequestId: requestId }),
	};
}

/**
 * The error inside a body or event that came with status 200; null when it is none. A truthy `error` is one, and so is
 * a flat error object where choices should be.
 */
export function errorWithin(body: Record<string, unknown>): UpstreamError | null {
	const isFlat =
		body.choices === undefined &&
		typeof body.message === "string" &&
		(body.object === "error" || body.type === "error" || body.code !== undefined);
	return body.error || isFlat || baseResp(body) !== null ? new UpstreamError(faultWithin(body)) : null;
}

/** The same for an event of a stream by that name, which may be the error itself; null when it is none. */
export function errorInEvent(event: string, body: Record<string, unknown>): UpstreamError | null {
	return errorWithin(event === "error" && body.error === undefined ? { error: body } : body);
}

/** The fault that an error object inside an answer with status 200 tells of. */
export function faultWithin(body: unknown): Fault {
	const error = readError(body);
	const byCode = kindOfCode(error);
	const stated =
		(byCode === "bad_request" ? undefined : byCode) ??
		kindOfWording(error, null) ??
		byCode ??
		(error.status === null ? "server" : kindOfStatus(error.status));
	const kind = settled(stated, error);
	const limits = kind === "rate_limited" ? limited(error) : undefined;
	return {
		kind,
		status: error.status ?? 200,
		message: cleanMessage(error.message) || "reported an error without a message",
		...(error.code !== undefined && { code: error.code }),
		...(error.param !== undefined && { param: error.param }),
		...(limits !== undefined && { limits }),
	};
}

/** OpenRouter's limit on the credit that all requests under way may need together. */
const IN_FLIGHT = "openrouter_in_flight_budget";

/** What a vendor behind a reseller limits is the reseller's use of that model. */
function limited({ message, metadata }: VendorError): LimitScope | undefined {
	if (metadata.limit_source === IN_FLIGHT) return "account";
	return typeof metadata.provider_name === "string" ? "model" : limitScope(message);
}

function kindOfReply(status: number, error: VendorError): FaultKind {
	if (status === 402 && error.metadata.limit_source === IN_FLIGHT) return "rate_limited";
	if (status === 403 && error.metadata.reasons !== undefined) return "content_policy";
	const byCode = kindOfCode(error);
	if (byCode !== undefined && DECISIVE.has(byCode)) return byCode;
	const byStatus = kindOfStatus(status);
	const byWording = kindOfWording(error, status);
	if (byWording !== undefined) return byWording;
	if (byStatus === "bad_request") return byCode ?? byStatus;
	return byStatus === "forbidden" && byCode === "credential" ? byCode : byStatus;
}

/** A kind as it concerns the account here: what a 403 is about, and what a reseller only passes on. */
function settled(kind: FaultKind, { message, metadata }: VendorError): FaultKind {
	const meant = kind === "forbidden" ? kindOfForbidden(message) : kind;
	return typeof metadata.provider_name === "string" ? relayed(meant) : meant;
}

function kindOfCode({ codes }: VendorError): FaultKind | undefined {
	for (const code of codes) {
		const kind = KIND_OF_CODE.get(code) ?? KIND_OF_CODE.get(code.toLowerCase());
		if (kind !== undefined) return kind;
	}
	return undefined;
}

function kindOfWording({ message }: VendorError, status: number | null): FaultKind | undefined {
	return WORDINGS.find(({ statuses, words }) => (status === null || statuses.includes(status)) && words.test(message))
		?.kind;
}

function readError(body: unknown): VendorError {
	const error = innermost(body);
	const metadata = isObject(error.metadata) ? error.metadata : {};
	// OpenRouter and several servers repeat the HTTP status as the code.
	const isStatus = typeof error.code === "number" && error.code >= 400 && error.code <= 599;
	const own = [isStatus ? undefined : codeText(error.code), codeText(metadata.error_type)];
	return {
		message: messageOf(error, metadata).slice(0, READ_LIMIT),
		code: own.find((code) => code !== undefined),
		codes: [...own, codeText(error.type)].filter((code) => code !== undefined),
		param: typeof error.param === "string" ? error.param.slice(0, 200) : undefined,
		status: isStatus ? (error.code as number) : null,
		metadata,
	};
}

function codeText(code: unknown): string | undefined {
	if (typeof code === "number") return String(code);
	return typeof code === "string" && code !== "" ? code.slice(0, 100) : undefined;
}

/** The object that holds the message, wherever a vendor puts it. */
function innermost(body: unknown): Record<string, unknown> {
	if (typeof body === "string") return { message: body };
	if (!isObject(body)) return {};
	if (isObject(body.error)) return body.error;
	const failed = baseResp(body);
	if (failed !== null) return failed;
	if (typeof body.error === "string") return { ...body, message: body.error };
	if (Array.isArray(body.errors) && isObject(body.errors[0])) return body.errors[0];
	return body;
}

/** MiniMax tells in every answer how it went; null where it went well. */
function baseResp({ base_resp: told }: Record<string, unknown>): Record<string, unknown> | null {
	if (!isObject(told) || typeof told.status_code !== "number" || told.status_code === 0) return null;
	return { code: `minimax_${told.status_code}`, message: told.status_msg };
}

function messageOf(error: Record<string, unknown>, metadata: Record<string, unknown>): string {
	const own = typeof error.message === "string" ? error.message : typeof error.detail === "string" ? error.detail : "";
	// OpenRouter says "Provider returned error" and hides the provider's own words here.
	const raw = unwrapped(metadata.raw);
	const inner = innermost(isObject(raw) && raw.data !== undefined ? unwrapped(raw.data) : raw).message;
	if (typeof inner !== "string" || inner === "") return own;
	return typeof metadata.provider_name === "string" ? `${metadata.provider_name}: ${inner}` : inner;
}

function unwrapped(raw: unknown): unknown {
	return typeof raw === "string" ? (parseJson(raw) ?? raw) : raw;
}

/** A body that is not JSON. An HTML page is not passed on, only its title. */
function prose(body: string): string {
	const text = body.slice(0, READ_LIMIT).trim();
	if (!text.startsWith("<")) return text;
	return /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1] ?? "";
}

/** OpenRouter's `X-RateLimit-Reset`, in milliseconds since the epoch, comes inside the body. */
function bodyReset({ headers }: Record<string, unknown>, now: number): number | undefined {
	return isObject(headers) ? momentMs(String(headers["X-RateLimit-Reset"] ?? ""), now) : undefined;
}

function requestIdOf(headers: Headers): string | undefined {
	for (const name of ["x-request-id", "x-generation-id", "x-siliconcloud-trace-id"]) {
		const id = headers.get(name);
		if (id !== null && id !== "") return id.slice(0, 200);
	}
	return undefined;
}
