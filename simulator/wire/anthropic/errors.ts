// Anthropic's errors, as the Messages API writes them.
import type { Problem } from "#simulator/wire/check";
import { Refusal } from "#simulator/wire/wire";

const TYPES: Readonly<Record<number, [type: string, message: string]>> = {
	400: ["invalid_request_error", "Invalid request."],
	401: ["authentication_error", "invalid x-api-key"],
	402: ["billing_error", "Your credit balance is too low to access the Anthropic API."],
	403: ["permission_error", "Your API key does not have permission to use the specified resource."],
	404: ["not_found_error", "Not found."],
	409: ["conflict_error", "Conflict."],
	413: ["request_too_large", "Request exceeds the maximum size"],
	429: ["rate_limit_error", "This request would exceed the rate limit for your organization."],
	504: ["timeout_error", "Request timed out."],
	529: ["overloaded_error", "Overloaded"],
};

export function anthropicFailure(status: number, message?: string): Refusal {
	const [type, text] =
		TYPES[status] ??
		(status < 500 ? ["invalid_request_error", "Invalid request."] : ["api_error", "Internal server error"]);
	const headers: Record<string, string> = status === 429 ? { "retry-after": "1" } : {};
	return new Refusal(
		status,
		{ type: "error", error: { type, message: message ?? text }, request_id: "req_simulated" },
		headers,
	);
}

export function invalidMessage(message: string): Refusal {
	return anthropicFailure(400, message);
}

export function anthropicMalformed({ path, kind, expected, received }: Problem): never {
	const field = path.replace(/\[(\d+)\]/g, ".$1");
	if (kind === "missing") throw invalidMessage(`${field}: Field required`);
	if (kind === "unknown") throw invalidMessage(`${field}: Extra inputs are not permitted`);
	throw invalidMessage(`${field}: Input should be ${expected}, not ${received}`);
}
