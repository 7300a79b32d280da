// The kinds of failure of an upstream, and what each means for a retry, for health and for the caller.

/**
 * What went wrong at an upstream, in the gateway's own terms. The status line alone does not decide it; adapters read
 * the body.
 */
export type FaultKind =
	/** DNS, TLS, refused, or reset before any header. */
	| "connect"
	/** No response headers, no first content, or silence between chunks, for longer than allowed. */
	| "timeout"
	/** The vendor has no capacity for anyone: 503, 529. */
	| "overloaded"
	/** Any other 5xx, or an error event of that class. */
	| "server"
	/** The vendor limits how much this account may ask, of one model or of all (`limits`): 429. */
	| "rate_limited"
	/** The gateway's credential was refused, or its account is shut: 401, or a 403 that says so. */
	| "credential"
	/** The vendor denies the account what the request asks for, such as this model: any other 403. */
	| "forbidden"
	/** The vendor account is out of money or over its spend cap, whatever the status says. */
	| "vendor_quota"
	/** The request itself is wrong: the caller's fault. */
	| "bad_request"
	/**
	 * The conversation lacks what this vendor alone asks of its history, such as signatures of its own: another may take
	 * it.
	 */
	| "history"
	| "context_length"
	| "content_policy"
	| "model_missing"
	| "too_large"
	/** An answer that cannot be understood: wrong type, broken JSON, a shape that the protocol does not have. */
	| "malformed"
	/** A well-formed answer with nothing in it. */
	| "empty"
	/** A stream that stopped before it finished. */
	| "truncated";

/** What a limit on rate is about: one model, or all that the account asks. */
export type LimitScope = "model" | "account";

export interface Fault {
	readonly kind: FaultKind;
	/** The upstream's HTTP status; null when there was none. */
	readonly status: number | null;
	/** The upstream's words, shortened, without secrets; goes to the caller behind the provider's name. */
	readonly message: string;
	readonly code?: string;
	readonly param?: string;
	/** Milliseconds until a retry may help, as the upstream asked. */
	readonly retryAfterMs?: number;
	/** Of a refusal for rate: what the vendor says is limited; absent when it does not say. */
	readonly limits?: LimitScope;
	readonly upstreamRequestId?: string;
	/** The provider certainly does not bill the attempt. Set by the code that made the call, never by an adapter. */
	readonly unbilled?: true;
}

/** A refusal as an upstream wrote it. */
export interface UpstreamReply {
	readonly status: number;
	readonly contentType: string | null;
	/** Without the gateway's credential, should it quote it. */
	readonly body: string;
}

/** Thrown by decoders and by the sender; caught by the gateway, which decides what becomes of the attempt. */
export class UpstreamError extends Error {
	readonly fault: Fault;
	/** Null where the refusal is no business of the caller's, or there was none. */
	readonly reply: UpstreamReply | null;

	constructor(fault: Fault, reply: UpstreamReply | null = null) {
		super(fault.message);
		this.name = "UpstreamError";
		this.fault = fault;
		this.reply = reply;
	}
}
