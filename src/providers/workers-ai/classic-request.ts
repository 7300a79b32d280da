// Encodes a chat request for Workers AI's older models.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";
import { instructed } from "#providers/openai-chat/messages";
import { withoutImages } from "#providers/shared/generated-images";
import { withExtension } from "#providers/shared/native-extension";
import { normalMedia } from "#providers/shared/normal-media";
import { isUsual, OWNED_FIELDS, refused, withoutCounterpart } from "#providers/shared/request-fields";
import { type ToolDemand, toolDemand } from "#providers/shared/tools/tool-choice";
import { classicMessages } from "./classic-messages";
import { workersAiLimit } from "./output-limit";

/** Fields whose loss would change what the answer means. */
const PROMISES = ["n", "stop", "logit_bias", "logprobs", "modalities", "web_search_options"] as const;
/** Fields that only hint. */
const HINTS = ["verbosity", "service_tier", "audio", "prediction", "metadata", "store", "prompt_cache_key"] as const;
/** What the schema of these models has beyond OpenAI's fields. */
const EXTENSIONS = ["top_k", "repetition_penalty", "lora"];

/** Builds the inputs of a model of the older shape, by its schema: it refuses every other field. */
export function encodeClassic(request: ChatRequest, model: Model): UpstreamCall {
	for (const field of PROMISES) {
		const value = request[field];
		if (value !== undefined && (field === "stop" || !isUsual(field, value))) throw refused(field, model);
	}
	const dropped = unserved(request);
	const demand = toolDemand(request, model);
	const format = jsonMode(request, model, dropped);
	const conversation = normalMedia(withoutImages(request.messages, dropped), null, model);
	const messages = format.instruction === undefined ? conversation : instructed(conversation, format.instruction);
	const body: JsonObject = {
		...Object.fromEntries(Object.entries(request.extensions).filter(([field]) => EXTENSIONS.includes(field))),
		messages: classicMessages(messages, model),
		stream: request.stream && format.field === undefined,
		max_tokens: workersAiLimit(request, model),
		...sampling(request, dropped),
		...(demand !== null && demand.mode !== "none" && toolFields(demand)),
		...(format.field !== undefined && { response_format: format.field }),
	};
	return {
		path: model.id,
		body: withExtension(body, request, "workers-ai", [...OWNED_FIELDS, "prompt"]),
		dropped,
		// JSON mode does not stream.
		...(request.stream && format.field !== undefined && { unstreamed: true }),
	};
}

function unserved(request: ChatRequest): string[] {
	const effort = request.reasoning_effort;
	return [
		...HINTS.filter((field) => request[field] !== undefined && !isUsual(field, request[field])),
		...(effort !== undefined && effort !== "none" ? ["reasoning_effort"] : []),
		...(request.parallel_tool_calls === false ? ["parallel_tool_calls"] : []),
		...(request.user !== undefined ? ["user"] : []),
		...withoutCounterpart(request).filter((field) => !EXTENSIONS.includes(field)),
	];
}

function sampling(request: ChatRequest, dropped: string[]): JsonObject {
	const { temperature, top_p: topP, seed, presence_penalty: presence, frequency_penalty: frequency } = request;
	const isSeed = seed !== undefined && seed >= 1 && seed <= 9_999_999_999;
	if (seed !== undefined && !isSeed) dropped.push("seed");
	return {
		...(temperature !== undefined && { temperature }),
		// Zero is out of the schema's bounds and means the same as its least.
		...(topP !== undefined && { top_p: Math.max(topP, 0.001) }),
		...(isSeed && { seed }),
		...(presence !== undefined && { presence_penalty: presence }),
		...(frequency !== undefined && { frequency_penalty: frequency }),
	};
}

/** A tool cannot be chosen by name: the others are left out instead. */
function toolFields({ tools, mode, only }: ToolDemand): JsonObject {
	const open = only === undefined ? tools : tools.filter((tool) => only.includes(tool.function.name));
	return {
		tools: open.map(({ function: { name, description = "", parameters = { type: "object", properties: {} } } }) => ({
			type: "function",
			function: { name, description, parameters },
		})),
		...(mode === "required" && { tool_choice: mode }),
	};
}

/** JSON mode takes the bare schema; a model without it gets an instruction. */
function jsonMode(
	{ response_format: format }: ChatRequest,
	model: Model,
	dropped: string[],
): { field?: JsonObject; instruction?: string } {
	if (format === undefined || format.type === "text") return {};
	const wanted = format.type === "json_schema" ? format.json_schema : null;
	const schema = wanted?.schema;
	if (model.jsonSchema) {
		return { field: schema === undefined ? { type: "json_object" } : { type: "json_schema", json_schema: schema } };
	}
	if (wanted?.strict === true) dropped.push("response_format.json_schema.strict");
	const shape = schema === undefined ? "" : ` that conforms to this JSON schema: ${JSON.stringify(schema)}`;
	return { instruction: `Answer with nothing but one JSON object${shape}` };
}
