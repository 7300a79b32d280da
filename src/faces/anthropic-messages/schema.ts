/** The wire shape of a Messages request, as far as the gateway reads it; `null` means absent. */
import * as v from "valibot";
import { ProviderSchema } from "#faces/openai-chat/preference";
import { TargetName, TargetNames } from "#faces/openai-chat/target-name";
import { choiceBy } from "#faces/schema-choice";
import { isObject, type JsonObject } from "#lib/json";

/** An end user's name stands in each line of a budget that counts end users apart. */
const END_USER_BYTES = 512;
/** More tokens than any model writes; sums with it stay exact. */
const MAX_OUTPUT_TOKENS = 1_000_000_000;
/** The most names in `models`. */
const MAX_MODELS = 32;
/** The most stop sequences that all providers take. */
const MAX_STOPS = 4;

const Text = v.string();
const Name = v.pipe(v.string(), v.minLength(1));
const Schema = v.custom<JsonObject>(isObject, "must be an object");
const count = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const between = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));

/** Where a cached prefix ends. */
const Mark = v.nullish(v.object({ type: v.literal("ephemeral"), ttl: v.nullish(v.picklist(["5m", "1h"])) }));

const Base64 = v.object({ type: v.literal("base64"), media_type: Name, data: Name });
const Link = v.object({ type: v.literal("url"), url: Name });
const FileId = v.object({ type: v.literal("file"), file_id: Name });

const TextBlock = v.object({ type: v.literal("text"), text: Text, cache_control: Mark });
const ImageBlock = v.object({
	type: v.literal("image"),
	source: v.variant("type", [Base64, Link, FileId]),
	cache_control: Mark,
});
const PlainText = v.object({ type: v.literal("text"), media_type: v.literal("text/plain"), data: Text });
const Pieces = v.object({
	type: v.literal("content"),
	content: listOr(v.variant("type", [TextBlock, ImageBlock])),
});
const DocumentBlock = v.object({
	type: v.literal("document"),
	source: v.variant("type", [Base64, PlainText, Pieces, Link, FileId]),
	title: v.nullish(Text),
	context: v.nullish(Text),
	citations: v.nullish(v.object({ enabled: v.nullish(v.boolean()) })),
	cache_control: Mark,
});
const SearchResultBlock = v.object({
	type: v.literal("search_result"),
	source: Text,
	title: Text,
	content: v.array(v.object({ type: v.literal("text"), text: Text })),
	cache_control: Mark,
});
const ToolReference = v.object({ type: v.literal("tool_reference"), tool_name: Name, cache_control: Mark });
const RESULTS = [TextBlock, ImageBlock, DocumentBlock, SearchResultBlock, ToolReference] as const;
const ToolResultBlock = v.object({
	type: v.literal("tool_result"),
	tool_use_id: Name,
	content: v.nullish(listOr(choiceBy("type", RESULTS, v.variant("type", RESULTS)))),
	is_error: v.nullish(v.boolean()),
	cache_control: Mark,
});
const ContainerUpload = v.object({ type: v.literal("container_upload"), file_id: Name, cache_control: Mark });

const USER_BLOCKS = [
	TextBlock,
	ImageBlock,
	DocumentBlock,
	SearchResultBlock,
	ToolResultBlock,
	ContainerUpload,
] as const;
const UserBlock = choiceBy("type", USER_BLOCKS, v.variant("type", USER_BLOCKS));
const SPOKEN_BLOCKS = [
	TextBlock,
	v.object({ type: v.literal("thinking"), thinking: Text, signature: v.nullish(Text) }),
	v.object({ type: v.literal("redacted_thinking"), data: Text }),
	v.object({ type: v.literal("tool_use"), id: Name, name: Name, input: v.optional(Schema, {}) }),
] as const;
const SpokenBlock = choiceBy("type", SPOKEN_BLOCKS, v.variant("type", SPOKEN_BLOCKS));
const SPOKEN: ReadonlySet<unknown> = new Set(["text", "thinking", "redacted_thinking", "tool_use"]);
/** What the vendor's own tools said and found in an earlier turn, and blocks of a later day. */
const OtherBlock = v.pipe(
	v.object({ type: Name }),
	v.transform(({ type }) => ({ type: "other" as const, name: type })),
);
const AssistantBlock = v.lazy<typeof SpokenBlock | typeof OtherBlock>((block) =>
	isObject(block) && typeof block.type === "string" && !SPOKEN.has(block.type) ? OtherBlock : SpokenBlock,
);

/** A string or an array of blocks; chosen by what was sent, so that an error names the block and not the whole. */
function listOr<Block extends v.GenericSchema>(block: Block) {
	const text = v.string("must be a string or an array of content blocks");
	const list = v.array(block);
	return v.lazy<typeof text | typeof list>((input) => (Array.isArray(input) ? list : text));
}

const MESSAGES = [
	v.object({ role: v.literal("user"), content: listOr(UserBlock) }),
	v.object({ role: v.literal("assistant"), content: listOr(AssistantBlock) }),
	v.object({ role: v.literal("system"), content: listOr(TextBlock) }),
] as const;
const MessageSchema = choiceBy("role", MESSAGES, v.variant("role", MESSAGES));

const OwnTool = v.object({
	type: v.nullish(v.literal("custom")),
	name: Name,
	description: v.nullish(Text),
	input_schema: Schema,
	strict: v.nullish(v.boolean()),
	cache_control: Mark,
});
/** A tool that Anthropic defines, with whatever fields it has. */
const VendorTool = v.pipe(
	v.looseObject({ type: Name }),
	v.transform((tool) => ({ vendor: tool as JsonObject })),
);
const ToolSchema = v.lazy<typeof OwnTool | typeof VendorTool>((tool) =>
	isObject(tool) && typeof tool.type === "string" && tool.type !== "custom" ? VendorTool : OwnTool,
);

const parallel = { disable_parallel_tool_use: v.nullish(v.boolean()) };
const ToolChoice = v.variant("type", [
	v.object({ type: v.literal("auto"), ...parallel }),
	v.object({ type: v.literal("any"), ...parallel }),
	v.object({ type: v.literal("tool"), name: Name, ...parallel }),
	v.object({ type: v.literal("none") }),
]);

/** Beside `summarized` and `omitted`, Claude Code asks for ways to see a thought that Anthropic tries out. */
const display = { display: v.nullish(Text) };
const Thinking = v.variant("type", [
	v.object({ type: v.literal("enabled"), budget_tokens: count(1, MAX_OUTPUT_TOKENS), ...display }),
	v.object({ type: v.literal("adaptive"), ...display }),
	v.object({ type: v.literal("disabled") }),
]);

const JsonFormat = v.object({ type: v.literal("json_schema"), schema: Schema });

/** What a prompt consists of: all that is counted. */
const PROMPT_FIELDS = {
	model: v.nullish(TargetName),
	messages: v.pipe(
		v.array(MessageSchema, 'must be an array of messages, such as [{"role":"user","content":"Hello"}]'),
		v.minLength(1, "must not be empty"),
	),
	system: v.nullish(listOr(TextBlock)),
	tools: v.nullish(v.pipe(v.array(ToolSchema), v.maxLength(1024))),
	tool_choice: v.nullish(ToolChoice),
	thinking: v.nullish(Thinking),
	output_config: v.nullish(
		v.object({
			effort: v.nullish(v.picklist(["low", "medium", "high", "xhigh", "max"])),
			format: v.nullish(JsonFormat),
		}),
	),
	/** What `output_config.format` was called before. */
	output_format: v.nullish(JsonFormat),
	/** Has Anthropic mark the last block by itself. */
	cache_control: Mark,
	/** OpenRouter's: further names, and who should serve. */
	models: v.nullish(v.pipe(TargetNames, v.maxLength(MAX_MODELS, `must have at most ${MAX_MODELS} entries`))),
	provider: v.nullish(ProviderSchema),
	/** Of the vendor's account; whether they may be used is decided by the key's policy. */
	container: v.nullish(v.custom<string | JsonObject>((value) => typeof value === "string" || isObject(value))),
	mcp_servers: v.nullish(v.array(Schema)),
};

const REQUEST_FIELDS = {
	...PROMPT_FIELDS,
	max_tokens: count(1, MAX_OUTPUT_TOKENS),
	stream: v.nullish(v.boolean()),
	temperature: v.nullish(between(0, 1)),
	top_p: v.nullish(between(0, 1)),
	top_k: v.nullish(count(0, MAX_OUTPUT_TOKENS)),
	stop_sequences: v.nullish(v.pipe(v.array(Name), v.maxLength(MAX_STOPS))),
	metadata: v.nullish(
		v.object({
			user_id: v.nullish(
				v.pipe(Text, v.maxBytes(END_USER_BYTES, `must have at most ${END_USER_BYTES} bytes in UTF-8`)),
			),
		}),
	),
	service_tier: v.nullish(v.picklist(["auto", "standard_only"])),
};

export const KNOWN_FIELDS: ReadonlySet<string> = new Set(Object.keys(REQUEST_FIELDS));

export const RequestSchema = v.object(REQUEST_FIELDS);
/** The same without what only an answer needs: a prompt that is counted has no limit. */
export const CountSchema = v.object({ ...REQUEST_FIELDS, max_tokens: v.nullish(REQUEST_FIELDS.max_tokens) });

export type WireRequest = v.InferOutput<typeof CountSchema>;
export type WireMessage = WireRequest["messages"][number];
export type WireUserBlock = v.InferOutput<typeof UserBlock>;
export type WireSpokenBlock = v.InferOutput<typeof AssistantBlock>;
export type WireToolResult = v.InferOutput<typeof ToolResultBlock>;
export type WireText = v.InferOutput<typeof TextBlock>;
export type WireMark = v.InferOutput<typeof Mark>;
/** What can be shown to a model. */
export type WireShown = Exclude<WireUserBlock, { type: "tool_result" }> | v.InferOutput<typeof ToolReference>;
