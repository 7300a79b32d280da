// OpenAI's errors, as both of its protocols write them.
import type { Problem } from "#simulator/wire/check";
import { Refusal } from "#simulator/wire/wire";

const TYPES: Readonly<Record<number, [type: string, code: string | null, message: string]>> = {
	400: ["invalid_request_error", null, "Bad request."],
	401: [
		"invalid_request_error",
		"invalid_api_key",
		"Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
	],
	403: ["invalid_request_error", "unsupported_country_region_territory", "Country, region, or territory not supported"],
	404: ["invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."],
	429: ["requests", "rate_limit_exceeded", "Rate limit reached. Please try again in 1s."],
	503: ["server_error", "overloaded", "The engine is currently overloaded, please try again later."],
};

/** OpenAI's error envelope. */
export function openaiError(
	status: number,
	message: string,
	param: string | null = null,
	code: string | null = null,
	type = "invalid_request_error",
): Refusal {
	return new Refusal(status, { error: { message, type, param, code } });
}

export function openaiFailure(status: number, message?: string): Refusal {
	const [type, code, text] = TYPES[status] ?? [
		"server_error",
		null,
		"The server had an error while processing your request. Sorry about that!",
	];
	return openaiError(status, message ?? text, null, code, type);
}

export function openaiMalformed(problem: Problem): never {
	const { path, kind, expected, received } = problem;
	if (kind === "missing")
		throw openaiError(400, `Missing required parameter: '${path}'.`, path, "missing_required_parameter");
	if (kind === "type") {
		throw openaiError(
			400,
			`Invalid type for '${path}': expected ${expected}, but got ${received} instead.`,
			path,
			"invalid_type",
		);
	}
	throw openaiError(
		400,
		`Invalid value for '${path}': expected ${expected}, but got ${received} instead.`,
		path,
		"invalid_value",
	);
}

export function openaiTooLong(context: number, tokens: number): Refusal {
	return openaiError(
		400,
		`This model's maximum context length is ${context} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
		"messages",
		"context_length_exceeded",
	);
}

export function unknownParameter(path: string): Refusal {
	return openaiError(400, `Unknown parameter: '${path}'.`, path, "unknown_parameter");
}
