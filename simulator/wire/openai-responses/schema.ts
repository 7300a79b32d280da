// What the Responses format lets a request say; anything else is refused as the vendor does.
import * as v from "valibot";

export const KEYS = new Set(
	`model input instructions max_output_tokens max_tool_calls tools tool_choice parallel_tool_calls reasoning text stream
	stream_options store previous_response_id conversation include metadata temperature top_p top_logprobs truncation
	background service_tier prompt prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier
	context_management moderation user`.split(/\s+/),
);

const Part = v.variant("type", [
	v.looseObject({ type: v.literal("input_text"), text: v.string() }),
	v.looseObject({ type: v.literal("output_text"), text: v.string() }),
	v.looseObject({ type: v.literal("refusal"), refusal: v.string() }),
	v.looseObject({ type: v.literal("input_image"), image_url: v.optional(v.string()), file_id: v.optional(v.string()) }),
	v.looseObject({
		type: v.literal("input_file"),
		file_data: v.optional(v.string()),
		file_id: v.optional(v.string()),
		file_url: v.optional(v.string()),
	}),
]);
const Content = v.union([v.string(), v.array(Part)]);
export type Content = v.InferOutput<typeof Content>;
export type Part = v.InferOutput<typeof Part>;

const Item = v.union([
	v.variant("type", [
		v.looseObject({
			type: v.literal("function_call"),
			call_id: v.string(),
			name: v.string(),
			arguments: v.string(),
		}),
		v.looseObject({ type: v.literal("function_call_output"), call_id: v.string(), output: Content }),
		v.looseObject({ type: v.literal("custom_tool_call"), call_id: v.string(), name: v.string(), input: v.string() }),
		v.looseObject({ type: v.literal("custom_tool_call_output"), call_id: v.string(), output: Content }),
		v.looseObject({
			type: v.literal("reasoning"),
			id: v.optional(v.string()),
			summary: v.array(v.looseObject({ type: v.literal("summary_text"), text: v.string() })),
			encrypted_content: v.nullish(v.string()),
		}),
		v.looseObject({ type: v.literal("compaction"), encrypted_content: v.string() }),
	]),
	v.looseObject({
		type: v.optional(v.literal("message"), "message"),
		role: v.picklist(["user", "assistant", "system", "developer"]),
		content: Content,
	}),
]);
export type Item = v.InferOutput<typeof Item>;

const Tool = v.variant("type", [
	v.looseObject({
		type: v.literal("function"),
		name: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/)),
		parameters: v.nullish(v.record(v.string(), v.unknown())),
		strict: v.nullish(v.boolean()),
	}),
	v.looseObject({ type: v.literal("custom"), name: v.string() }),
	v.looseObject({ type: v.picklist(["web_search", "web_search_2025_08_26"]) }),
]);
const ToolChoice = v.union([
	v.picklist(["none", "auto", "required"]),
	v.looseObject({ type: v.picklist(["function", "custom"]), name: v.string() }),
	v.looseObject({ type: v.picklist(["web_search", "web_search_2025_08_26"]) }),
	v.looseObject({
		type: v.literal("allowed_tools"),
		mode: v.picklist(["auto", "required"]),
		tools: v.array(v.looseObject({ name: v.string() })),
	}),
]);
const Format = v.variant("type", [
	v.looseObject({ type: v.literal("text") }),
	v.looseObject({ type: v.literal("json_object") }),
	v.looseObject({
		type: v.literal("json_schema"),
		name: v.string(),
		schema: v.record(v.string(), v.unknown()),
		strict: v.nullish(v.boolean()),
	}),
]);

export const ResponsesSchema = v.looseObject({
	model: v.string(),
	input: v.union([v.string(), v.pipe(v.array(Item), v.minLength(1))]),
	instructions: v.nullish(v.string()),
	max_output_tokens: v.nullish(v.pipe(v.number(), v.integer())),
	tools: v.nullish(v.pipe(v.array(Tool), v.maxLength(128))),
	max_tool_calls: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
	tool_choice: v.nullish(ToolChoice),
	parallel_tool_calls: v.nullish(v.boolean()),
	reasoning: v.nullish(
		v.looseObject({ effort: v.nullish(v.string()), summary: v.nullish(v.picklist(["auto", "concise", "detailed"])) }),
	),
	text: v.nullish(v.looseObject({ format: v.nullish(Format) })),
	stream: v.nullish(v.boolean()),
	stream_options: v.nullish(v.looseObject({ include_obfuscation: v.nullish(v.boolean()) })),
	store: v.nullish(v.boolean()),
	previous_response_id: v.nullish(v.string()),
	include: v.nullish(v.array(v.string())),
	temperature: v.nullish(v.number()),
	top_p: v.nullish(v.number()),
	top_logprobs: v.nullish(v.number()),
	service_tier: v.nullish(v.string()),
	prompt_cache_key: v.nullish(v.string()),
});
export type ResponsesBody = v.InferOutput<typeof ResponsesSchema>;
