// What adapters share in classifying errors, and in saying them without secrets.
import type { Fault, FaultKind } from "#core/fault";
import { UpstreamError } from "#core/fault";

/** What an HTTP status says by itself, for bodies that say nothing better. */
export function kindOfStatus(status: number): FaultKind {
	if (status === 401) return "credential";
	if (status === 403) return "forbidden";
	if (status === 402) return "vendor_quota";
	if (status === 404) return "model_missing";
	if (status === 408 || status === 504) return "timeout";
	if (status === 413) return "too_large";
	if (status === 429) return "rate_limited";
	if (status === 451) return "content_policy";
	if (status === 503 || status === 529) return "overloaded";
	if (status >= 500) return "server";
	if (status >= 400) return "bad_request";
	// A redirect or an informational status from an API endpoint.
	return "malformed";
}

/** Words of a refusal that mean the key: it is no longer good, or not good from here. */
const ABOUT_KEY =
	/\b(?:api[ -_]?key|token|credentials?|key)\b.{0,40}\b(?:invalid|incorrect|expired|revoked|disabled|deleted|blocked|leaked|suspended|not (?:valid|found|active|recogni[sz]ed))\b|\b(?:invalid|incorrect|expired|revoked|disabled|unknown|missing)\b.{0,20}\b(?:api[ -_]?key|token|credentials?|key)\b|\bip[ -_]address|\bfrom (?:this|your) ip\b/i;
/** Words of a refusal that mean the account as a whole. */
const ABOUT_ACCOUNT =
	/\b(?:account|organi[sz]ation|workspace|project)\b.{0,60}\b(?:disabled|suspended|blocked|banned|deactivated|terminated|locked|closed|frozen|inactive|not active|denied access|restricted)\b|\b(?:disabled|suspended|blocked|banned|deactivated|terminated|locked|closed|frozen|inactive|restricted) (?:account|organi[sz]ation|workspace|project)\b/i;
const ABOUT_BILLING = /\b(?:billing|unpaid|overdue|in arrears|payment (?:required|method|failed))\b/i;

/**
 * What a 403 means by its words. Vendors refuse single models, regions and features with it far more often than an
 * account, so that it is about what was asked for unless the words name the key, the account, its billing or the IP
 * address.
 */
export function kindOfForbidden(message: string): "credential" | "vendor_quota" | "forbidden" {
	if (ABOUT_BILLING.test(message)) return "vendor_quota";
	return ABOUT_KEY.test(message) || ABOUT_ACCOUNT.test(message) ? "credential" : "forbidden";
}

/** What a vendor behind a reseller refuses to the reseller says nothing of the account there: only this model lacks. */
export function relayed(kind: FaultKind): FaultKind {
	return kind === "credential" || kind === "vendor_quota" ? "forbidden" : kind;
}

/**
 * How vendors refuse a conversation for what they alone ask of its history: the reasoning, signatures and sealed blocks
 * of their own turns, and which role may follow which.
 */
export const HISTORY_RULE = new RegExp(
	[
		// DeepSeek, Moonshot.
		"reasoning_content\\b.{0,80}\\b(?:must be passed back|is missing)",
		// Gemini.
		"missing a thought_?signature|(?:invalid|corrupted) thought[ _]?signature|thought[ _]?signature is not valid",
		"function call turn comes immediately after",
		// Anthropic.
		"invalid `signature` in `thinking`|expected `thinking` or `redacted_thinking`",
		"`thinking` or `redacted_thinking` blocks .{0,60}cannot be modified|not support assistant message prefill",
		// OpenAI's Responses.
		"of type '\\w+' was provided without its required|encrypted content .{0,80}could not be verified",
		// Mistral, and the chat templates of open models.
		"expected last role user or tool|unexpected role '\\w+' after role|roles must alternate",
	].join("|"),
	"i",
);

/** Longest upstream message that is passed on, in characters. */
const MESSAGE_LIMIT = 500;

/** One line, bounded, with anything that looks like a credential masked. */
export function cleanMessage(message: string): string {
	const line = message.replace(/\s+/g, " ").trim();
	const masked = line.replace(
		/\b(?:(?:sk|pk|tg|gsk|xai)[-_]|AIza)[-_A-Za-z0-9*.]{12,}/g,
		(secret) => `…${secret.slice(-4)}`,
	);
	return masked.length > MESSAGE_LIMIT ? `${masked.slice(0, MESSAGE_LIMIT)}…` : masked;
}

/** For decoders: the answer or event is not what the protocol allows. */
export function malformed(message: string): UpstreamError {
	return new UpstreamError({ kind: "malformed", status: 200, message } satisfies Fault);
}

/** For decoders: the answer is well-formed but holds nothing. */
export function empty(): UpstreamError {
	return new UpstreamError({ kind: "empty", status: 200, message: "the answer is empty" });
}

/** For decoders: the stream closed before the answer was finished. */
export function truncated(): UpstreamError {
	return new UpstreamError({
		kind: "truncated",
		status: 200,
		message: "the stream ended before the answer was complete",
	});
}
