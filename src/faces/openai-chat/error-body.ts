// The error envelope of OpenAI's APIs.
import type { ErrorDetails } from "#core/errors";

/** The error envelope of the OpenAI faces. */
export function errorBody(details: ErrorDetails, requestId: string): Record<string, unknown> {
	const { message, type, param, code, metadata } = details;
	return {
		error: { message, type, param: param ?? null, code, request_id: requestId, ...(metadata && { metadata }) },
	};
}
