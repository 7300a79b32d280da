// What the faces answer, for the API's description: the fields that every provider's answer has. Vendors add their own.
import * as v from "valibot";
import { IMAGE_UNITS } from "#core/images/units";
import { AnyObject } from "./shown";

export const Count = v.pipe(v.number(), v.integer());
export const Cost = v.pipe(v.nullable(v.number()), v.description("in USD; null where the model's price is not known"));
export const Estimated = v.pipe(v.exactOptional(v.boolean()), v.description("set where the provider told no usage"));

export const ChatCompletionView = v.looseObject({
	id: v.string(),
	object: v.literal("chat.completion"),
	created: Count,
	model: v.string(),
	choices: v.array(
		v.looseObject({
			index: Count,
			message: v.looseObject({
				role: v.literal("assistant"),
				content: v.nullable(v.string()),
				reasoning_content: v.exactOptional(v.nullable(v.string())),
				tool_calls: v.exactOptional(v.array(AnyObject)),
			}),
			finish_reason: v.nullable(v.string()),
		}),
	),
	usage: v.looseObject({
		prompt_tokens: Count,
		completion_tokens: Count,
		total_tokens: Count,
		cost: Cost,
		estimated: Estimated,
	}),
});

export const CompletionView = v.looseObject({
	id: v.string(),
	object: v.literal("text_completion"),
	created: Count,
	model: v.string(),
	choices: v.array(v.looseObject({ index: Count, text: v.string(), finish_reason: v.nullable(v.string()) })),
	usage: v.looseObject({
		prompt_tokens: Count,
		completion_tokens: Count,
		total_tokens: Count,
		cost: Cost,
		estimated: Estimated,
	}),
});

export const EmbeddingsView = v.looseObject({
	object: v.literal("list"),
	data: v.array(
		v.looseObject({
			object: v.literal("embedding"),
			index: Count,
			embedding: v.union([v.array(v.number()), v.string()]),
		}),
	),
	model: v.string(),
	usage: v.looseObject({ prompt_tokens: Count, total_tokens: Count, cost: Cost, estimated: Estimated }),
});

export const RankingView = v.looseObject({
	id: v.string(),
	model: v.string(),
	results: v.array(
		v.looseObject({
			index: Count,
			relevance_score: v.number(),
			document: v.exactOptional(v.looseObject({ text: v.string() })),
		}),
	),
	meta: v.looseObject({ tokens: v.looseObject({ input_tokens: Count, output_tokens: Count }) }),
	usage: v.looseObject({ prompt_tokens: Count, total_tokens: Count, cost: Cost, estimated: Estimated }),
});

export const ModerationView = v.looseObject({
	id: v.string(),
	model: v.string(),
	results: v.array(
		v.looseObject({
			flagged: v.boolean(),
			categories: v.record(v.string(), v.nullable(v.boolean())),
			category_scores: v.record(v.string(), v.nullable(v.number())),
			category_applied_input_types: v.exactOptional(v.record(v.string(), v.nullable(v.array(v.string())))),
		}),
	),
	usage: v.looseObject({ prompt_tokens: Count, total_tokens: Count, cost: Cost, estimated: Estimated }),
});

export const ImagesView = v.looseObject({
	created: Count,
	model: v.string(),
	data: v.array(v.looseObject({ b64_json: v.exactOptional(v.string()), url: v.exactOptional(v.string()) })),
	usage: v.looseObject({
		input_tokens: Count,
		output_tokens: Count,
		total_tokens: Count,
		billed_units: v.exactOptional(v.object(v.entriesFromList(IMAGE_UNITS, v.exactOptional(Count)))),
		cost: Cost,
		estimated: Estimated,
	}),
});

export const TranscriptView = v.looseObject({
	text: v.string(),
	language: v.exactOptional(v.string()),
	duration: v.exactOptional(v.number()),
	segments: v.exactOptional(v.array(v.looseObject({ start: v.number(), end: v.number(), text: v.string() }))),
	words: v.exactOptional(v.array(v.object({ start: v.number(), end: v.number(), word: v.string() }))),
	usage: v.looseObject({
		type: v.picklist(["duration", "tokens"]),
		seconds: v.exactOptional(v.number()),
		input_tokens: v.exactOptional(Count),
		output_tokens: v.exactOptional(Count),
		total_tokens: v.exactOptional(Count),
		cost: Cost,
		estimated: Estimated,
	}),
});

export const MessageView = v.looseObject({
	id: v.string(),
	type: v.literal("message"),
	role: v.literal("assistant"),
	model: v.string(),
	content: v.array(v.looseObject({ type: v.string() })),
	stop_reason: v.nullable(v.string()),
	stop_sequence: v.nullable(v.string()),
	usage: v.looseObject({ input_tokens: Count, output_tokens: Count, cost: Cost, estimated: Estimated }),
});

export const TokensCountView = v.object({ input_tokens: Count });

export const ResponseView = v.looseObject({
	id: v.string(),
	object: v.literal("response"),
	status: v.string(),
	model: v.string(),
	output: v.array(v.looseObject({ type: v.string() })),
	usage: v.nullable(
		v.looseObject({ input_tokens: Count, output_tokens: Count, total_tokens: Count, cost: Cost, estimated: Estimated }),
	),
});

export const CompactedView = v.looseObject({
	id: v.string(),
	object: v.literal("response.compaction"),
	created_at: Count,
	output: v.array(v.looseObject({ type: v.string() })),
	usage: v.looseObject({ input_tokens: Count, output_tokens: Count, total_tokens: Count, cost: Cost }),
});

export const InputTokensView = v.object({ object: v.literal("response.input_tokens"), input_tokens: Count });

export const DeletedResponseView = v.object({
	id: v.string(),
	object: v.literal("response"),
	deleted: v.literal(true),
});

export const InputItemsView = v.object({
	object: v.literal("list"),
	data: v.array(v.looseObject({ id: v.string(), type: v.string() })),
	first_id: v.nullable(v.string()),
	last_id: v.nullable(v.string()),
	has_more: v.boolean(),
});

/** A model as OpenAI's list shows it, with OpenRouter's fields beside. */
const OpenAiModelView = v.object({
	id: v.string(),
	object: v.literal("model"),
	created: Count,
	owned_by: v.string(),
	name: v.string(),
	context_length: v.nullable(Count),
	max_output_tokens: v.nullable(Count),
	architecture: v.object({ input_modalities: v.array(v.string()), output_modalities: v.array(v.string()) }),
	supported_parameters: v.array(v.string()),
	capabilities_known: v.exactOptional(v.literal(false)),
	pricing: v.nullable(
		v.object({
			prompt: v.string(),
			completion: v.string(),
			input_cache_read: v.string(),
			input_cache_write: v.string(),
		}),
	),
	deprecated: v.exactOptional(v.literal(true)),
	shutdown_date: v.exactOptional(v.nullable(v.string())),
	successor: v.exactOptional(v.nullable(v.string())),
	models: v.exactOptional(v.array(v.string())),
});

/** The same as Anthropic's list shows it. */
const AnthropicModelView = v.looseObject({
	type: v.literal("model"),
	id: v.string(),
	display_name: v.string(),
	created_at: v.string(),
	max_input_tokens: v.nullable(Count),
	max_tokens: v.nullable(Count),
});

export const ModelView = v.union([OpenAiModelView, AnthropicModelView]);
export const ModelsView = v.union([
	v.object({ object: v.literal("list"), data: v.array(OpenAiModelView) }),
	v.object({
		data: v.array(AnthropicModelView),
		has_more: v.boolean(),
		first_id: v.nullable(v.string()),
		last_id: v.nullable(v.string()),
	}),
]);
