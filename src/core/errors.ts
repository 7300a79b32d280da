/** Errors that are meant for the caller, built from the code of the catalogue and a sentence. */

import { ERROR_CATALOG, type ErrorCode, type ErrorType } from "./error-catalog";
import type { UpstreamReply } from "./fault";

/** What an error carries for the caller beside the code and the message. */
interface ErrorParticulars {
	/** The offending field, as a path like `messages[0].content`. */
	param?: string | undefined;
	/** Milliseconds until a retry may help. */
	retryAfterMs?: number | undefined;
	/** Tells SDKs whether to retry, whatever the status suggests. */
	shouldRetry?: boolean | undefined;
	metadata?: Record<string, unknown> | undefined;
	/** Further response headers, such as `allow`. */
	headers?: Record<string, string> | undefined;
	/** A provider's refusal as it came, which goes out in place of the gateway's own words. */
	reply?: UpstreamReply | undefined;
}

/** An error as the caller sees it. */
export interface ErrorDetails extends ErrorParticulars {
	status: number;
	type: ErrorType;
	/** Of the catalogue, or the provider's own where that names a caller's mistake best. Clients branch on it. */
	code: string;
	/** A readable sentence that says who speaks, whose fault it is and what to do. */
	message: string;
}

/** The longest message and field path that a caller is told, in characters: both may quote what it sent. */
const MAX_MESSAGE_CHARACTERS = 2_000;
const MAX_PARAM_CHARACTERS = 256;
/** The most of a caller's name for something that a message quotes, in characters. */
const MAX_QUOTED_CHARACTERS = 80;

/** An error meant for the caller. Anything else that is thrown becomes a bare 500 that tells nothing. */
export class GatewayError extends Error {
	readonly details: ErrorDetails;

	private constructor(details: ErrorDetails) {
		super(details.message);
		this.name = "GatewayError";
		this.details = details;
	}

	/**
	 * An error of the catalogue. `message` is the sentence without a prefix: it is put behind `[gateway]`, or behind the
	 * name of the provider that `speaker` names. Particulars stand before what the catalogue says, even as undefined.
	 */
	static of(
		code: ErrorCode,
		message: string,
		{ speaker = "gateway", ...particulars }: ErrorParticulars & { speaker?: string } = {},
	): GatewayError {
		return new GatewayError({
			...ERROR_CATALOG[code],
			code,
			message: cut(`[${speaker}] ${message}`, MAX_MESSAGE_CHARACTERS),
			...particulars,
			...(particulars.param !== undefined && { param: cut(particulars.param, MAX_PARAM_CHARACTERS) }),
		});
	}

	/** The same error with other details; one that is given as undefined is taken off. */
	with(changes: Partial<ErrorDetails>): GatewayError {
		return new GatewayError({ ...this.details, ...changes });
	}
}

/** 400: the request is malformed or asks for what cannot be done. */
export function invalidRequest(message: string, param?: string): GatewayError {
	return GatewayError.of("invalid_request", message, { param });
}

/** 400: the serving model or provider cannot honour a parameter that changes meaning. */
export function unsupportedParameter(param: string, message: string): GatewayError {
	return GatewayError.of("unsupported_parameter", message, { param });
}

/** A name that the caller sent, as a message quotes it: in backquotes, and cut where it is long. */
export function quoted(name: string): string {
	return `\`${cut(name, MAX_QUOTED_CHARACTERS)}\``;
}

function cut(text: string, most: number): string {
	return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
