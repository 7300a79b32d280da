// The one place where whatever was thrown becomes an answer.
import { type ErrorDetails, GatewayError } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { Face } from "#faces/face";

/** What the caller is told of whatever is not meant for it. */
export const INTERNAL: ErrorDetails = GatewayError.of(
	"internal_error",
	"something went wrong on our side; give your administrator the request id",
).details;

/** The details of anything thrown. What is not meant for the caller is logged and hidden: it may hold secrets. */
export function errorDetails(error: unknown, requestId: RequestId): ErrorDetails {
	if (error instanceof GatewayError) return error.details;
	logUnexpected(error, requestId);
	return INTERNAL;
}

/** The one place where an error becomes an answer, in the envelope of a face. */
export function errorResponse(error: unknown, requestId: RequestId, face: Face): Response {
	const details = errorDetails(error, requestId);
	const headers = new Headers(details.headers);
	if (details.retryAfterMs !== undefined) {
		headers.set("retry-after", String(Math.ceil(details.retryAfterMs / 1000)));
		headers.set("retry-after-ms", String(Math.ceil(details.retryAfterMs)));
	}
	if (details.shouldRetry !== undefined) headers.set("x-should-retry", String(details.shouldRetry));
	const { reply, status } = details;
	if (reply === undefined) return Response.json(face.error(details, requestId), { status, headers });
	headers.set("content-type", reply.contentType ?? "text/plain");
	return new Response(reply.body, { status, headers });
}

/** Name and place only: a message may quote what a caller or an upstream sent. */
function logUnexpected(error: unknown, requestId: RequestId): void {
	const { name, stack } = error instanceof Error ? error : new Error(typeof error);
	const frames = stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")) ?? [];
	console.error(JSON.stringify({ level: "error", request_id: requestId, error: name, stack: frames.slice(0, 8) }));
}
