// What the Messages format lets a request say; anything else is refused as the vendor does.
import * as v from "valibot";
import { isObject, type JsonObject } from "#lib/json";

const CacheControl = v.exactOptional(
	v.nullable(v.strictObject({ type: v.literal("ephemeral"), ttl: v.exactOptional(v.picklist(["5m", "1h"])) })),
);
const Linked = v.strictObject({ type: v.literal("url"), url: v.string() });
const Kept = v.strictObject({ type: v.literal("file"), file_id: v.string() });
const ImageSource = v.variant("type", [
	v.strictObject({
		type: v.literal("base64"),
		media_type: v.picklist(["image/jpeg", "image/png", "image/gif", "image/webp"]),
		data: v.string(),
	}),
	Linked,
	Kept,
]);
const DocumentSource = v.variant("type", [
	v.strictObject({ type: v.literal("base64"), media_type: v.literal("application/pdf"), data: v.string() }),
	v.strictObject({ type: v.literal("text"), media_type: v.literal("text/plain"), data: v.string() }),
	Linked,
	Kept,
]);
const Text = v.strictObject({
	type: v.literal("text"),
	text: v.string(),
	citations: v.exactOptional(v.nullable(v.array(v.unknown()))),
	cache_control: CacheControl,
});
const Image = v.strictObject({ type: v.literal("image"), source: ImageSource, cache_control: CacheControl });
const Document = v.strictObject({
	type: v.literal("document"),
	source: DocumentSource,
	title: v.exactOptional(v.nullable(v.string())),
	context: v.exactOptional(v.nullable(v.string())),
	citations: v.exactOptional(v.unknown()),
	cache_control: CacheControl,
});
const ToolId = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]+$/));
const Block = v.variant("type", [
	Text,
	Image,
	Document,
	v.strictObject({
		type: v.literal("tool_use"),
		id: ToolId,
		name: v.string(),
		input: v.custom<JsonObject>(isObject, "a valid dictionary"),
		caller: v.exactOptional(v.strictObject({ type: v.literal("direct") })),
		cache_control: CacheControl,
	}),
	v.strictObject({
		type: v.literal("tool_result"),
		tool_use_id: ToolId,
		content: v.exactOptional(v.union([v.string(), v.array(v.variant("type", [Text, Image, Document]))])),
		is_error: v.exactOptional(v.boolean()),
		cache_control: CacheControl,
	}),
	v.strictObject({ type: v.literal("thinking"), thinking: v.string(), signature: v.string() }),
	v.strictObject({ type: v.literal("redacted_thinking"), data: v.string() }),
]);
export type Block = v.InferOutput<typeof Block>;

const Message = v.pipe(
	v.strictObject({ role: v.picklist(["user", "assistant", "system"]), content: v.union([v.string(), v.array(Block)]) }),
	v.transform(({ role, content }) => ({
		role,
		content: typeof content === "string" ? [{ type: "text" as const, text: content }] : content,
	})),
);
export interface Turn {
	readonly role: "user" | "assistant" | "system";
	readonly content: readonly Block[];
}

const OwnTool = v.strictObject({
	type: v.exactOptional(v.nullable(v.literal("custom"))),
	name: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,128}$/)),
	description: v.exactOptional(v.string()),
	input_schema: v.custom<JsonObject>(isObject, "a valid dictionary"),
	strict: v.exactOptional(v.boolean()),
	eager_input_streaming: v.exactOptional(v.nullable(v.boolean())),
	defer_loading: v.exactOptional(v.boolean()),
	input_examples: v.exactOptional(v.array(v.custom<JsonObject>(isObject, "a valid dictionary"))),
	cache_control: CacheControl,
});

type OwnTool = v.InferOutput<typeof OwnTool>;

const SearchTool = v.strictObject({
	type: v.picklist(["web_search_20250305", "web_search_20260209"]),
	name: v.literal("web_search"),
	max_uses: v.exactOptional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1)))),
	allowed_domains: v.exactOptional(v.nullable(v.array(v.string()))),
	blocked_domains: v.exactOptional(v.nullable(v.array(v.string()))),
	user_location: v.exactOptional(v.unknown()),
	cache_control: CacheControl,
});

export const AnthropicSchema = v.strictObject({
	model: v.string(),
	max_tokens: v.pipe(v.number(), v.integer(), v.minValue(1)),
	messages: v.array(Message),
	system: v.exactOptional(v.union([v.string(), v.array(Text)])),
	stream: v.exactOptional(v.boolean()),
	temperature: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
	top_p: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
	top_k: v.exactOptional(v.pipe(v.number(), v.integer())),
	stop_sequences: v.exactOptional(
		v.array(v.pipe(v.string(), v.regex(/\S/, "each stop sequence must contain non-whitespace"))),
	),
	tools: v.exactOptional(v.array(v.union([OwnTool, SearchTool]))),
	tool_choice: v.exactOptional(
		v.variant("type", [
			v.strictObject({ type: v.picklist(["auto", "any"]), disable_parallel_tool_use: v.exactOptional(v.boolean()) }),
			v.strictObject({
				type: v.literal("tool"),
				name: v.string(),
				disable_parallel_tool_use: v.exactOptional(v.boolean()),
			}),
			v.strictObject({ type: v.literal("none") }),
		]),
	),
	thinking: v.exactOptional(
		v.variant("type", [
			v.strictObject({
				type: v.literal("enabled"),
				budget_tokens: v.pipe(v.number(), v.integer()),
				display: v.exactOptional(v.picklist(["summarized", "omitted"])),
			}),
			v.strictObject({ type: v.literal("adaptive"), display: v.exactOptional(v.picklist(["summarized", "omitted"])) }),
			v.strictObject({ type: v.literal("disabled") }),
		]),
	),
	output_config: v.exactOptional(
		v.strictObject({
			effort: v.exactOptional(v.picklist(["low", "medium", "high", "xhigh", "max"])),
			format: v.exactOptional(
				v.strictObject({
					type: v.literal("json_schema"),
					schema: v.custom<JsonObject>(isObject, "a valid dictionary"),
				}),
			),
		}),
	),
	metadata: v.exactOptional(v.strictObject({ user_id: v.exactOptional(v.nullable(v.string())) })),
	service_tier: v.exactOptional(v.picklist(["auto", "standard_only"])),
	cache_control: CacheControl,
	container: v.exactOptional(v.unknown()),
	inference_geo: v.exactOptional(v.unknown()),
});
export type AnthropicBody = v.InferOutput<typeof AnthropicSchema>;

/** The tools that the caller runs. */
export function ownTools({ tools = [] }: AnthropicBody): OwnTool[] {
	return tools.flatMap((tool) => ("input_schema" in tool ? [tool] : []));
}

/** How often Anthropic may search the web. */
export function mostSearches({ tools = [] }: AnthropicBody): number {
	for (const tool of tools) if (!("input_schema" in tool)) return tool.max_uses ?? Number.MAX_SAFE_INTEGER;
	return 0;
}
