// DeepSeek's dialect of Chat Completions, with its refusals.
import { isObject, type JsonObject } from "#lib/json";
import type { Problem } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import { ECHO_MISSING, forgetsReasoning } from "#simulator/wire/openai-chat/echo";
import { readChat, textOf } from "#simulator/wire/openai-chat/index";
import type { ChatBody, Dialect } from "#simulator/wire/openai-chat/schema";
import { type Answer, dataFrame, Refusal, type Seat, type Wire } from "#simulator/wire/wire";
import { checkAnswered } from "./openai";

function error(status: number, message: string, type = "invalid_request_error", code: string = type): Refusal {
	return new Refusal(status, { error: { message, type, param: null, code } });
}

function failure(status: number, message?: string): Refusal {
	if (status === 401)
		return error(
			401,
			message ?? "Authentication Fails, Your api key is invalid",
			"authentication_error",
			"invalid_request_error",
		);
	if (status === 402) return error(402, message ?? "Insufficient Balance", "unknown_error", "invalid_request_error");
	if (status === 429)
		return error(429, message ?? "Too many concurrent requests. Please try again later.", "rate_limit_error");
	if (status === 503)
		return error(503, message ?? "Service is too busy. Please try again later.", "service_unavailable_error");
	if (status >= 500) return error(status, message ?? "Internal server error", "internal_error");
	return error(status, message ?? "Invalid request");
}

const dialect: Dialect = {
	check(body, seat) {
		checkShapes(body, seat);
		if (body.n != null && body.n > 1) throw error(400, "Invalid n value (currently only n = 1 is supported)");
		const { maxOutput } = seat.model;
		if (maxOutput !== null && (body.max_tokens ?? 1) > maxOutput) {
			throw error(400, `Invalid max_tokens value, the valid range of max_tokens is [1, ${maxOutput}]`);
		}
		if (body.response_format?.type === "json_schema") throw error(400, "This response_format type is unavailable now");
		if (
			body.response_format?.type === "json_object" &&
			!body.messages.some((message) => /json/i.test(textOf(message)))
		) {
			throw error(
				400,
				"Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
			);
		}
		if (body.reasoning_effort != null && !EFFORTS.has(body.reasoning_effort)) {
			throw error(
				400,
				`Failed to deserialize the JSON body into the target type: reasoning_effort: unknown variant \`${body.reasoning_effort}\``,
			);
		}
		checkAnswered(body.messages);
		if (isThinking(body) && forgetsReasoning(body, seat, "reasoning_content")) throw error(400, ECHO_MISSING);
	},
	malformed,
	thinking: (body) =>
		isThinking(body) ? (body.reasoning_effort === "low" || body.reasoning_effort === "minimal" ? 1 : 3) : 0,
	// The newer spelling is unknown here and ignored like any unknown key.
	limit: (body) => body.max_tokens ?? null,
	answerId: ({ id }) => `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
	callId: (seat, choice, call) => `call_${String(call).padStart(2, "0")}_${seat.id.slice(0, 24)}${choice}`,
	extra: { system_fingerprint: "fp_simulated" },
	messageExtra: {},
	reasoning: (text, _seat, streamed) =>
		streamed ? { content: null, reasoning_content: text } : { reasoning_content: text },
	finished: () => ({}),
	usage,
	reportsCache: "reads",
	usagePlacement: "finish_chunk",
	callDeltas: "fragments",
	callIndex: true,
	comments: ["keep-alive", "keep-alive"],
};

const EFFORTS = new Set(["minimal", "low", "medium", "high", "xhigh", "max", "ultra"]);

function isThinking(body: ChatBody): boolean {
	return !(isObject(body.thinking) && body.thinking.type === "disabled");
}

function checkShapes(body: ChatBody, seat: Seat): void {
	const { thinking } = body;
	if (thinking != null && !(isObject(thinking) && (thinking.type === "enabled" || thinking.type === "disabled"))) {
		throw error(
			400,
			"Failed to deserialize the JSON body into the target type: thinking: expected `enabled` or `disabled`",
		);
	}
	for (const [at, message] of body.messages.entries()) {
		if (message.role === "developer") {
			throw error(
				400,
				`Failed to deserialize the JSON body into the target type: messages[${at}].role: unknown variant \`developer\`, expected one of \`system\`, \`user\`, \`assistant\`, \`tool\``,
			);
		}
		if (!Array.isArray(message.content)) continue;
		const known = seat.model.input.includes("image") ? ["text", "image_url"] : ["text"];
		const stranger = message.content.find((part) => !known.includes(part.type));
		if (stranger !== undefined) {
			throw error(
				400,
				`Failed to deserialize the JSON body into the target type: messages[${at}]: unknown variant \`${stranger.type}\`, expected ${known.map((type) => `\`${type}\``).join(", ")}`,
			);
		}
	}
	if (body.tools?.some((tool) => tool.type === "custom") === true) {
		throw error(
			400,
			"Failed to deserialize the JSON body into the target type: tools: unknown variant `custom`, expected `function`",
		);
	}
}

function malformed(problem: Problem): never {
	const what =
		problem.kind === "missing" ? "missing field" : `invalid value: ${problem.received}, expected ${problem.expected}`;
	throw error(
		problem.kind === "value" ? 422 : 400,
		`Failed to deserialize the JSON body into the target type: ${problem.path}: ${what}`,
	);
}

function usage({ usage: { uncachedInput, cacheRead, cacheWrite, output, reasoning } }: Answer): JsonObject {
	const miss = uncachedInput + cacheWrite;
	return {
		prompt_tokens: miss + cacheRead,
		completion_tokens: output,
		total_tokens: miss + cacheRead + output,
		prompt_tokens_details: { cached_tokens: cacheRead },
		completion_tokens_details: { reasoning_tokens: reasoning },
		prompt_cache_hit_tokens: cacheRead,
		prompt_cache_miss_tokens: miss,
	};
}

export const deepseek: Wire = {
	admit: (headers) => checkCredential(headers, ["authorization"], () => failure(401)),
	read: (body, seat) => readChat(body, seat, dialect),
	failure,
	noModel: () => error(400, "Model Not Exist"),
	tooLong: (context, tokens) =>
		error(
			400,
			`This model's maximum context length is ${context} tokens. However, you requested ${tokens} tokens. Please reduce the length of the messages.`,
		),
	errorFrame: () =>
		dataFrame({
			error: {
				message: "Service is too busy",
				type: "service_unavailable_error",
				param: null,
				code: "service_unavailable_error",
			},
		}),
	lead: "\n\n",
	headers: (id) => ({ "x-ds-trace-id": id }),
};
