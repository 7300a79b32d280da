// SiliconFlow's dialect of Chat Completions, with its refusals.
import type { JsonObject } from "#lib/json";
import type { Problem } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import { ECHO_MISSING, forgetsReasoning } from "#simulator/wire/openai-chat/echo";
import { readChat } from "#simulator/wire/openai-chat/index";
import type { ChatBody, Dialect } from "#simulator/wire/openai-chat/schema";
import { type Answer, dataFrame, Refusal, type Wire } from "#simulator/wire/wire";

function error(status: number, code: number, message: string): Refusal {
	return new Refusal(status, { code, message, data: null });
}

/** Error bodies as the vendor has them: not one shape, and for some statuses not even an object. */
function failure(status: number, message?: string): Refusal {
	switch (status) {
		case 401:
			return new Refusal(401, message ?? "Invalid token");
		case 403:
			return error(403, 30001, message ?? "Sorry, your account balance is insufficient");
		case 404:
			return new Refusal(404, message ?? "404 page not found");
		case 429:
			return new Refusal(429, {
				message:
					message ??
					"Request was rejected due to rate limiting. If you want more, please contact contact@siliconflow.cn. Details:TPM limit reached.",
				data: null,
			});
		case 503:
			return error(503, 50505, message ?? "Model service overloaded. Please try again later.");
		case 504:
			return new Refusal(504, message ?? "Gateway Timeout");
		default:
			return status >= 500
				? error(status, 50501, message ?? "Internal error")
				: error(status, 20015, message ?? "The parameter is invalid. Please check it again.");
	}
}

const dialect: Dialect = {
	check(body, seat) {
		const { enable_thinking: enable, thinking_budget: budget } = body;
		if (enable != null && seat.model.traits.thinking !== "toggle") {
			throw error(
				400,
				20015,
				"Value error, current model does not support parameter `enable_thinking`. Please check it.",
			);
		}
		if (budget != null && !(typeof budget === "number" && budget >= 128 && budget <= 32768)) {
			throw error(400, 20015, "Value error, thinking_budget should be between 128 and 32768.");
		}
		if (body.messages.some((message) => message.role === "developer")) {
			throw error(400, 20015, "Value error, messages: role should be one of system, user, assistant, tool.");
		}
		if (body.response_format?.type === "json_schema" && !seat.model.jsonSchema) {
			throw error(400, 20024, "Json mode is not supported for this model.");
		}
		if (body.tools?.some((tool) => tool.type === "custom") === true)
			throw error(400, 20015, "Value error, tools: type should be function.");
		if (enable !== false && forgetsReasoning(body, seat, "reasoning_content")) throw error(400, 20015, ECHO_MISSING);
	},
	malformed(problem: Problem): never {
		throw error(400, 20015, `Value error, ${problem.path}: expected ${problem.expected}, received ${problem.received}`);
	},
	thinking(body, seat) {
		if (!seat.model.reasoning) return 0;
		return seat.model.traits.thinking === "toggle" && body.enable_thinking === false ? 0 : 2;
	},
	limit: (body: ChatBody) => body.max_tokens ?? null,
	answerId: (seat) => seat.id,
	callId: (seat, choice, call) => `${seat.id.slice(0, 16)}${choice}${call}`,
	extra: { system_fingerprint: "" },
	messageExtra: {},
	reasoning: (text, _seat, streamed) =>
		streamed ? { content: null, reasoning_content: text } : { reasoning_content: text },
	finished: () => ({}),
	usage,
	reportsCache: "reads",
	usagePlacement: "every_chunk",
	callDeltas: "fragments",
	roleInEveryDelta: true,
	comments: [],
};

function usage({ usage: { uncachedInput, cacheRead, cacheWrite, output, reasoning } }: Answer): JsonObject {
	const prompt = uncachedInput + cacheRead + cacheWrite;
	return {
		prompt_tokens: prompt,
		completion_tokens: output,
		total_tokens: prompt + output,
		completion_tokens_details: { reasoning_tokens: reasoning },
		...(cacheRead > 0 ? { prompt_cache_hit_tokens: cacheRead, prompt_cache_miss_tokens: prompt - cacheRead } : {}),
	};
}

export const siliconflow: Wire = {
	admit: (headers) => checkCredential(headers, ["authorization"], () => failure(401)),
	read: (body, seat) => readChat(body, seat, dialect),
	failure,
	noModel: () => error(400, 20012, "Model does not exist. Please check it carefully."),
	tooLong: (context, tokens) =>
		error(400, 20015, `length of prompt_tokens (${tokens}) must be less than max_seq_len (${context}).`),
	errorFrame: () =>
		dataFrame({ code: 50505, message: "Model service overloaded. Please try again later.", data: null }),
	lead: "",
	headers: (id) => ({ "x-siliconcloud-trace-id": id }),
};
