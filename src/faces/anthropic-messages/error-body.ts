// The error envelope of Anthropic's API.
import type { ErrorDetails } from "#core/errors";

const TYPES: ReadonlyMap<number, string> = new Map([
	[401, "authentication_error"],
	[402, "billing_error"],
	[403, "permission_error"],
	[404, "not_found_error"],
	[409, "conflict_error"],
	[413, "request_too_large"],
	[429, "rate_limit_error"],
	[503, "overloaded_error"],
	[504, "timeout_error"],
]);

/**
 * An error as Anthropic writes it: its type goes by the status. The gateway's own code stands where Anthropic puts its
 * finer ones.
 */
export function errorBody(details: ErrorDetails, requestId: string): Record<string, unknown> {
	const { status, message, code, param, metadata } = details;
	return {
		type: "error",
		error: {
			type: TYPES.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error"),
			// Claude Code shortens its conversation when it reads these words.
			message: code === "context_length_exceeded" ? `prompt is too long: ${message}` : message,
			details: { error_code: code, ...(param !== undefined && { param }), ...(metadata && { metadata }) },
		},
		request_id: requestId,
	};
}
