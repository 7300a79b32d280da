/** The wire shape of a Chat Completions request, as far as the gateway reads it; everything else is kept. */
import * as v from "valibot";
import { isObject } from "#lib/json";
import { ProviderSchema } from "./preference";
import { TargetName, TargetNames } from "./target-name";
import { areUsualMessages, areUsualTools, MAX_TOOLS } from "./usual";

/** The most names in `models`. */
const MAX_MODELS = 32;
/** An end user's name stands in each line of a budget that counts end users apart. */
const END_USER_BYTES = 512;

/** More tokens than any model writes; sums with it stay exact. */
const MAX_OUTPUT_TOKENS = 1_000_000_000;

const Text = v.string();
const Name = v.pipe(v.string(), v.minLength(1));
export const EndUser = v.pipe(Text, v.maxBytes(END_USER_BYTES, `must have at most ${END_USER_BYTES} bytes in UTF-8`));
const Flag = v.boolean();
const between = (least: number, most: number) => v.pipe(v.number(), v.minValue(least), v.maxValue(most));
const count = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const JsonObject = v.custom<Record<string, never>>(isObject, "must be an object");

const TextPart = v.looseObject({ type: v.literal("text"), text: Text });
const ImagePart = v.looseObject({
	type: v.literal("image_url"),
	image_url: v.looseObject({ url: Name, detail: v.exactOptional(v.picklist(["auto", "low", "high", "original"])) }),
});
const FilePart = v.looseObject({
	type: v.literal("file"),
	file: v.looseObject({
		file_data: v.exactOptional(Text),
		file_id: v.exactOptional(Text),
		file_url: v.exactOptional(Text),
		filename: v.exactOptional(Text),
	}),
});
const UserPart = v.variant("type", [
	TextPart,
	ImagePart,
	FilePart,
	v.looseObject({ type: v.literal("input_audio"), input_audio: v.looseObject({ data: Name, format: Name }) }),
	v.looseObject({ type: v.literal("video_url"), video_url: v.looseObject({ url: Name }) }),
]);
/** OpenAI's own types have text alone here; its Responses API and Anthropic take media as well. */
const ToolPart = v.variant("type", [TextPart, ImagePart, FilePart]);
const AssistantPart = v.variant("type", [TextPart, v.looseObject({ type: v.literal("refusal"), refusal: Text })]);

/** A string or an array of parts; chosen by what was sent, so that an error names the part and not the whole. */
function parts<Part extends v.GenericSchema>(part: Part) {
	const text = v.string("must be a string or an array of content parts");
	const array = v.array(part);
	return v.lazy<typeof text | typeof array>((input) => (Array.isArray(input) ? array : text));
}

const ToolCall = v.variant("type", [
	v.looseObject({
		id: Name,
		type: v.literal("function"),
		function: v.looseObject({ name: Name, arguments: v.exactOptional(Text, "{}") }),
		extra_content: v.exactOptional(v.looseObject({})),
	}),
	v.looseObject({ id: Name, type: v.literal("custom"), custom: v.looseObject({ name: Name, input: Text }) }),
]);

const ReasoningDetail = v.looseObject({ type: Text });

/** Roles with `null` fields taken out before. The deprecated `function` role has become `tool` by then. */
const MessageSchema = v.variant("role", [
	v.looseObject({ role: v.literal("system"), content: parts(TextPart) }),
	v.looseObject({ role: v.literal("developer"), content: parts(TextPart) }),
	v.looseObject({ role: v.literal("user"), content: parts(UserPart), name: v.exactOptional(Text) }),
	v.looseObject({
		role: v.literal("assistant"),
		content: v.exactOptional(parts(AssistantPart)),
		refusal: v.exactOptional(Text),
		name: v.exactOptional(Text),
		tool_calls: v.exactOptional(v.array(ToolCall)),
		audio: v.exactOptional(v.looseObject({ id: Name })),
		reasoning_content: v.exactOptional(Text),
		reasoning_details: v.exactOptional(v.array(ReasoningDetail)),
		images: v.exactOptional(v.array(v.unknown(), "must be an array of images, as an answer has it")),
	}),
	v.looseObject({ role: v.literal("tool"), tool_call_id: Name, content: parts(ToolPart) }),
]);

const ToolSchema = v.variant("type", [
	v.looseObject({
		type: v.literal("function"),
		function: v.looseObject({
			name: Name,
			description: v.exactOptional(Text),
			parameters: v.exactOptional(JsonObject),
			strict: v.exactOptional(Flag),
		}),
	}),
	v.looseObject({
		type: v.literal("custom"),
		custom: v.looseObject({ name: Name, description: v.exactOptional(Text), format: v.exactOptional(JsonObject) }),
	}),
]);

const ToolChoiceSchema = v.union(
	[
		v.picklist(["none", "auto", "required"]),
		v.looseObject({ type: v.literal("function"), function: v.looseObject({ name: Name }) }),
		v.looseObject({ type: v.literal("custom"), custom: v.looseObject({ name: Name }) }),
		v.looseObject({
			type: v.literal("allowed_tools"),
			allowed_tools: v.looseObject({ mode: v.picklist(["auto", "required"]), tools: v.array(JsonObject) }),
		}),
	],
	'must be "none", "auto", "required", or an object naming a tool',
);

const ResponseFormatSchema = v.variant("type", [
	v.looseObject({ type: v.literal("text") }),
	v.looseObject({ type: v.literal("json_object") }),
	v.looseObject({
		type: v.literal("json_schema"),
		json_schema: v.looseObject({
			name: Name,
			description: v.exactOptional(Text),
			schema: v.exactOptional(JsonObject),
			strict: v.exactOptional(Flag),
		}),
	}),
]);

const Names = v.array(Name);

/** A list that is taken as it is where it is recognised as what the schema changes nothing of. */
function recognised<Schema extends v.GenericSchema>(areUsual: (input: unknown) => boolean, schema: Schema) {
	const asItIs = v.custom<v.InferOutput<Schema>>(() => true);
	return v.lazy<typeof asItIs | Schema>((input) => (areUsual(input) ? asItIs : schema));
}

export const Tools = v.pipe(v.array(ToolSchema), v.maxLength(MAX_TOOLS));
export const Messages = v.pipe(
	v.array(MessageSchema, 'must be an array of messages, such as [{"role":"user","content":"Hello"}]'),
	v.minLength(1, "must not be empty"),
);

/** The fields of the canonical request that are taken over as they are. */
export const CHAT_FIELDS = {
	temperature: v.exactOptional(between(0, 2)),
	top_p: v.exactOptional(between(0, 1)),
	presence_penalty: v.exactOptional(between(-2, 2)),
	frequency_penalty: v.exactOptional(between(-2, 2)),
	logit_bias: v.exactOptional(v.record(Text, between(-100, 100))),
	seed: v.exactOptional(v.pipe(v.number(), v.integer())),
	n: v.exactOptional(count(1, 128)),
	logprobs: v.exactOptional(Flag),
	top_logprobs: v.exactOptional(count(0, 20)),
	tools: v.exactOptional(recognised(areUsualTools, Tools)),
	tool_choice: v.exactOptional(ToolChoiceSchema),
	parallel_tool_calls: v.exactOptional(Flag),
	response_format: v.exactOptional(ResponseFormatSchema),
	reasoning_effort: v.exactOptional(v.picklist(["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
	verbosity: v.exactOptional(v.picklist(["low", "medium", "high"])),
	service_tier: v.exactOptional(Name),
	modalities: v.exactOptional(Names),
	audio: v.exactOptional(JsonObject),
	prediction: v.exactOptional(JsonObject),
	web_search_options: v.exactOptional(JsonObject),
	metadata: v.exactOptional(v.record(Text, Text)),
	store: v.exactOptional(Flag),
	prompt_cache_key: v.exactOptional(Text),
};

/** The fields that the face or the router reads and that are not part of the canonical request. */
export const WIRE_FIELDS = {
	messages: recognised(areUsualMessages, Messages),
	model: v.exactOptional(TargetName),
	models: v.exactOptional(v.pipe(TargetNames, v.maxLength(MAX_MODELS, `must have at most ${MAX_MODELS} entries`))),
	provider: v.exactOptional(ProviderSchema),
	stream: v.exactOptional(Flag),
	stream_options: v.exactOptional(v.looseObject({ include_usage: v.exactOptional(Flag) })),
	stop: v.exactOptional(v.union([Name, v.pipe(Names, v.maxLength(4))], "must be a string or at most four strings")),
	max_tokens: v.exactOptional(count(1, MAX_OUTPUT_TOKENS)),
	max_completion_tokens: v.exactOptional(count(1, MAX_OUTPUT_TOKENS)),
	user: v.exactOptional(EndUser),
	safety_identifier: v.exactOptional(EndUser),
};

export const RequestSchema = v.looseObject({ ...CHAT_FIELDS, ...WIRE_FIELDS });
export type WireRequest = v.InferOutput<typeof RequestSchema>;
