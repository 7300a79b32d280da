// The adapter of Workers AI behind its binding.
import type { Model } from "#catalog/model";
import type { ChatRequest, Completion } from "#core/chat/chat";
import { isObject, type JsonObject } from "#lib/json";
import type { ChatAdapter, UpstreamCall } from "#providers/adapter";
import { workersAiModels } from "#providers/model-lists/listers";
import { nativeCodec } from "#providers/native/codec";
import { type Dialect, encodeChat } from "#providers/openai-chat/request";
import { decodeCompletion } from "#providers/openai-chat/response";
import { effortFor } from "#providers/shared/effort";
import { customToolsAsFunctions } from "#providers/shared/tools/custom-tools";
import { toolDemand } from "#providers/shared/tools/tool-choice";
import { answerWithin } from "./answer";
import { encodeClassic } from "./classic-request";
import { decodeClassic } from "./classic-response";
import { workersAiEmbeddings } from "./embeddings";
import { workersAiFault } from "./errors";
import { workersAiImages } from "./images";
import { workersAiModerations } from "./moderations";
import { workersAiLimit } from "./output-limit";
import { workersAiNative } from "./own-api";
import { workersAiRerank } from "./rerank";
import { workersAiSpeech } from "./speech";
import { WorkersAiStream } from "./stream";
import { workersAiTranscription } from "./transcription";

/**
 * Workers AI behind its binding: the path is the model's id and the body its inputs. Older models have a shape of their
 * own; newer ones speak Chat Completions, as far as their schema goes.
 */
export const workersAi: ChatAdapter = {
	credentialHeader: "authorization",
	version: "v1",
	models: workersAiModels,
	fault: workersAiFault,
	chat: customToolsAsFunctions({
		encode: (request, model) =>
			model.traits.classic === true ? encodeClassic(request, model) : encodeOpenaiShaped(request, model),
		decode: decodeAnswer,
		decoder: (request, model) => new WorkersAiStream(request, model),
	}),
	embeddings: workersAiEmbeddings,
	rerank: workersAiRerank,
	moderations: workersAiModerations,
	images: workersAiImages,
	speech: workersAiSpeech,
	transcription: workersAiTranscription,
	native: nativeCodec(workersAiNative),
};

/** Unknown fields that the newer models' schema has. */
const EXTENSIONS = ["chat_template_kwargs"];

const OPENAI_SHAPED: Dialect = {
	outputLimit: "max_tokens",
	messages: "text",
	lacks: ["verbosity", "service_tier", "audio", "prediction", "metadata", "store", "prompt_cache_key"],
	refuses: ["modalities", "web_search_options"],
	customTools: false,
	own(request, model, dropped) {
		if (request.user !== undefined) dropped.push("user");
		return reasoning(request, model, dropped);
	},
};

/** Strict schemas refuse unknown fields, so only known ones go out. */
function encodeOpenaiShaped(request: ChatRequest, model: Model): UpstreamCall {
	const demand = toolDemand(request, model);
	const known = Object.entries(request.extensions).filter(([field]) => EXTENSIONS.includes(field));
	const prepared: ChatRequest = {
		...request,
		max_completion_tokens: workersAiLimit(request, model),
		extensions: Object.fromEntries(known),
	};
	if (demand?.only !== undefined) {
		// A tool cannot be chosen by name: the others are left out instead.
		const { only } = demand;
		prepared.tools = demand.tools.filter((tool) => only.includes(tool.function.name));
		prepared.tool_choice = demand.mode;
	}
	const { body, dropped } = encodeChat(OPENAI_SHAPED, prepared, model);
	const { model: _, ...inputs } = body;
	const unknown = Object.keys(request.extensions).filter((field) => !EXTENSIONS.includes(field));
	return { path: model.id, body: inputs, dropped: [...dropped, ...unknown] };
}

function reasoning(request: ChatRequest, model: Model, dropped: string[]): JsonObject {
	const effort = effortFor(request, model, dropped);
	if (effort === "none") {
		const given = request.extensions.chat_template_kwargs;
		return { chat_template_kwargs: { ...(isObject(given) && given), enable_thinking: false } };
	}
	if (effort === undefined) return {};
	const level = effort === "minimal" ? "low" : effort === "xhigh" || effort === "max" ? "high" : effort;
	return { reasoning_effort: level };
}

function decodeAnswer(body: unknown, request: ChatRequest, model: Model): Completion {
	const answer = answerWithin(body);
	if (Array.isArray(answer.choices) || answer.error !== undefined) return decodeCompletion(answer, request);
	return decodeClassic(answer, request, model);
}
