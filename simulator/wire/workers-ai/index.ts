/**
 * Workers AI: models of the older, own shape, and models that speak OpenAI's; both refuse what their schema does not
 * name.
 */

import { isForChat } from "#catalog/purpose";
import type { Effort } from "#core/chat/chat";
import type { Json, JsonObject } from "#lib/json";
import { isObject } from "#lib/json";
import { readRecording, readWorkersAiSpeech } from "#simulator/wire/audio/workers-ai";
import { unknownKey } from "#simulator/wire/check";
import { readEmbeddings } from "#simulator/wire/embeddings/workers-ai";
import { readImages } from "#simulator/wire/images/workers-ai";
import { readGuard } from "#simulator/wire/moderations/workers-ai";
import { ECHO_MISSING, forgetsReasoning } from "#simulator/wire/openai-chat/echo";
import { readChat } from "#simulator/wire/openai-chat/index";
import type { ChatBody, Dialect } from "#simulator/wire/openai-chat/schema";
import { readRerank } from "#simulator/wire/rerank/workers-ai";
import { openaiUsage, thinkingOf } from "#simulator/wire/vendors/openai";
import { dataFrame, type Seat, type Wire } from "#simulator/wire/wire";
import { readClassic } from "./classic";
import { badInput, inferenceError, typeMismatch, unknownProperty, workersAiFailure } from "./errors";

const KEYS = new Set(
	`model messages stream stream_options max_tokens max_completion_tokens temperature top_p top_k seed stop n
	presence_penalty frequency_penalty repetition_penalty logit_bias logprobs top_logprobs tools tool_choice
	parallel_tool_calls response_format reasoning_effort chat_template_kwargs user metadata`.split(/\s+/),
);

const dialect: Dialect = {
	check(body, seat) {
		const key = unknownKey(body, KEYS);
		if (key !== undefined) throw unknownProperty(`/${key}`);
		for (const [at, message] of body.messages.entries()) {
			if (message.content === null)
				throw badInput(`Type mismatch of '/messages/${at}/content', 'null' not in 'string','array'`);
			if (message.role === "assistant" && "reasoning_details" in message)
				throw unknownProperty(`/messages/${at}/reasoning_details`);
		}
		if (dialect.thinking(body, seat) !== 0 && forgetsReasoning(body, seat, "reasoning_content")) {
			throw badInput(ECHO_MISSING);
		}
		if (typeof body.tool_choice === "object" && body.tool_choice !== null) {
			throw badInput("Type mismatch of '/tool_choice', 'object' not in 'string'");
		}
		const { efforts } = seat.model.traits;
		if (
			body.reasoning_effort != null &&
			efforts !== undefined &&
			!(efforts as readonly string[]).includes(body.reasoning_effort)
		) {
			throw badInput(`'/reasoning_effort' must be one of ${efforts.join(", ")}`);
		}
	},
	malformed: typeMismatch,
	thinking(body, seat) {
		const kwargs = isObject(body.chat_template_kwargs) ? body.chat_template_kwargs : {};
		const isOff = !seat.model.reasoning || kwargs.enable_thinking === false || kwargs.thinking === false;
		return isOff ? 0 : thinkingOf((body.reasoning_effort ?? "medium") as Effort);
	},
	limit: (body: ChatBody) => body.max_completion_tokens ?? body.max_tokens ?? null,
	answerId: (seat) => `id-${seat.id.slice(0, 24)}`,
	callId: (seat, choice, call) => `chatcmpl-tool-${seat.id.slice(0, 16)}${choice}${call}`,
	extra: {},
	messageExtra: { refusal: null },
	reasoning: (text, seat) =>
		seat.model.id.startsWith("@cf/openai/") ? { reasoning: text } : { reasoning_content: text },
	callEnd: (call) => ({ tool_calls: [{ index: call, id: null, type: null, function: { name: null, arguments: "" } }] }),
	finished: () => ({}),
	usage: openaiUsage,
	reportsCache: "reads and writes",
	usagePlacement: "own_chunk_if_asked",
	callDeltas: "fragments",
	comments: [],
};

/** Models of whose streams the service makes one JSON answer, whatever was asked for. */
const UNSTREAMED = new Set(["@cf/openai/gpt-oss-20b"]);

function readOpenaiShaped(body: JsonObject, seat: Seat) {
	const play = readChat({ ...body, model: seat.modelId } as Record<string, Json>, seat, dialect);
	return UNSTREAMED.has(seat.model.id) ? { ...play, stream: false } : play;
}

export const workersAi: Wire = {
	admit: () => {},
	read(body, seat) {
		if (seat.model.output.includes("embedding")) return readEmbeddings(body, seat);
		if (seat.model.output.includes("rerank")) return readRerank(body, seat);
		if (seat.model.output.includes("moderation")) return readGuard(body);
		if (seat.model.output.includes("transcript")) return readRecording(body, seat);
		if (seat.model.output.includes("speech")) return readWorkersAiSpeech(body, seat);
		if (!isForChat(seat.model)) return readImages(body, seat);
		return seat.model.traits.classic === true ? readClassic(body, seat) : readOpenaiShaped(body, seat);
	},
	failure: workersAiFailure,
	noModel: (id) => inferenceError(5007, `No such model ${id} or task`),
	tooLong: (context, tokens) =>
		inferenceError(
			5021,
			`The estimated number of input and maximum output tokens (${tokens}) exceeded this model context window limit (${context}).`,
		),
	errorFrame: () =>
		dataFrame({
			errors: [{ message: "AiError: Internal server error", code: 3043 }],
			success: false,
			result: {},
			messages: [],
		}),
	lead: "",
	headers: (id) => ({ "cf-ai-req-id": id }),
};
