// The error envelope of Google's APIs.
import type { ErrorDetails } from "#core/errors";

const STATUSES: ReadonlyMap<number, string> = new Map([
	[400, "INVALID_ARGUMENT"],
	[401, "UNAUTHENTICATED"],
	[402, "RESOURCE_EXHAUSTED"],
	[403, "PERMISSION_DENIED"],
	[404, "NOT_FOUND"],
	[409, "ABORTED"],
	[413, "INVALID_ARGUMENT"],
	[429, "RESOURCE_EXHAUSTED"],
	[501, "UNIMPLEMENTED"],
	[503, "UNAVAILABLE"],
	[504, "DEADLINE_EXCEEDED"],
]);

/** An error as Google writes it: its status goes by HTTP's, and the gateway's own code is the reason. */
export function geminiErrorBody(details: ErrorDetails, requestId: string): Record<string, unknown> {
	const { status, message, code, param, metadata } = details;
	const reason = {
		"@type": "type.googleapis.com/google.rpc.ErrorInfo",
		reason: code,
		domain: "tollgate",
		metadata: { ...metadata, request_id: requestId, ...(param !== undefined && { param }) },
	};
	return {
		error: {
			code: status,
			message,
			status: STATUSES.get(status) ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL"),
			details: [reason],
		},
	};
}
