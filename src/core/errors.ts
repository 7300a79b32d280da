export type ErrorType =
	| "invalid_request_error"
	| "permission_error"
	| "insufficient_quota"
	| "rate_limit_error"
	| "server_error";

export interface ErrorDetails {
	status: number;
	type: ErrorType;
	/** From the vocabulary of docs/api.md; clients branch on it. */
	code: string;
	/** A readable sentence that says whose fault it is and what to do. */
	message: string;
	/** The offending field, as a path like `messages[0].content`. */
	param?: string;
	/** Milliseconds until a retry may help. */
	retryAfterMs?: number;
	/** Tells SDKs whether to retry, whatever the status suggests. */
	shouldRetry?: boolean;
	metadata?: Record<string, unknown>;
	/** Further response headers, such as `allow`. */
	headers?: Record<string, string>;
}

/** An error meant for the caller. Anything else that is thrown becomes a bare 500 that tells nothing. */
export class GatewayError extends Error {
	readonly details: ErrorDetails;

	constructor(details: ErrorDetails) {
		super(details.message);
		this.name = "GatewayError";
		this.details = details;
	}
}

/** 400: the request is malformed or asks for what cannot be done. */
export function invalidRequest(message: string, param?: string, code = "invalid_request"): GatewayError {
	return new GatewayError({
		status: 400,
		type: "invalid_request_error",
		code,
		message,
		...(param === undefined ? {} : { param }),
	});
}

/** 400: the serving model or provider cannot honour a parameter that changes meaning. */
export function unsupportedParameter(param: string, message: string): GatewayError {
	return invalidRequest(message, param, "unsupported_parameter");
}
