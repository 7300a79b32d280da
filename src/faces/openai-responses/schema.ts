/** The wire shape of a Responses request, as far as the gateway reads it. Fields at the top have no `null` any more. */
import * as v from "valibot";
import { ProviderSchema } from "#faces/openai-chat/preference";
import { CHAT_FIELDS, WIRE_FIELDS } from "#faces/openai-chat/schema";
import { choiceBy } from "#faces/schema-choice";
import { isObject, type JsonObject } from "#lib/json";

const Text = v.string();
const Name = v.pipe(v.string(), v.minLength(1));
const Flag = v.boolean();
const JsonObjectSchema = v.custom<JsonObject>(isObject, "must be an object");
const maybe = <Schema extends v.GenericSchema>(schema: Schema) => v.nullish(schema);

const InputText = v.looseObject({ type: v.literal("input_text"), text: Text });
const InputImage = v.looseObject({
	type: v.literal("input_image"),
	image_url: maybe(Name),
	file_id: maybe(Name),
	detail: maybe(v.picklist(["auto", "low", "high", "original"])),
});
const InputFile = v.looseObject({
	type: v.literal("input_file"),
	file_data: maybe(Text),
	file_id: maybe(Text),
	file_url: maybe(Text),
	filename: maybe(Text),
});
const InputAudio = v.looseObject({
	type: v.literal("input_audio"),
	input_audio: v.looseObject({ data: Name, format: Name }),
});
const USER_PARTS = [InputText, InputImage, InputFile, InputAudio] as const;
const UserPart = choiceBy("type", USER_PARTS, v.variant("type", USER_PARTS));
const TOOL_PARTS = [InputText, InputImage, InputFile] as const;
const ToolPart = choiceBy("type", TOOL_PARTS, v.variant("type", TOOL_PARTS));
const ASSISTANT_PARTS = [
	InputText,
	v.looseObject({ type: v.literal("output_text"), text: Text }),
	v.looseObject({ type: v.literal("refusal"), refusal: Text }),
] as const;
const AssistantPart = choiceBy("type", ASSISTANT_PARTS, v.variant("type", ASSISTANT_PARTS));
export type InputPart = v.InferOutput<typeof UserPart>;

/** A string or an array of parts; chosen by what was sent, so that an error names the part and not the whole. */
function parts<Part extends v.GenericSchema>(part: Part) {
	const text = v.string("must be a string or an array of content parts");
	const array = v.array(part);
	return v.lazy<typeof text | typeof array>((input) => (Array.isArray(input) ? array : text));
}

const Message = v.literal("message");
const Paragraphs = maybe(v.array(v.looseObject({ text: Text })));

const MESSAGES = [
	v.looseObject({ type: Message, role: v.literal("system"), content: parts(InputText) }),
	v.looseObject({ type: Message, role: v.literal("developer"), content: parts(InputText) }),
	v.looseObject({ type: Message, role: v.literal("user"), content: parts(UserPart) }),
	v.looseObject({
		type: Message,
		role: v.literal("assistant"),
		content: parts(AssistantPart),
		phase: maybe(v.picklist(["commentary", "final_answer"])),
	}),
] as const;
const OTHER_ITEMS = [
	v.looseObject({
		type: v.literal("function_call"),
		call_id: Name,
		name: Name,
		namespace: maybe(Text),
		arguments: Text,
	}),
	v.looseObject({ type: v.literal("function_call_output"), call_id: Name, output: parts(ToolPart) }),
	v.looseObject({
		type: v.literal("custom_tool_call"),
		call_id: Name,
		name: Name,
		namespace: maybe(Text),
		input: Text,
	}),
	v.looseObject({ type: v.literal("custom_tool_call_output"), call_id: Name, output: parts(ToolPart) }),
	v.looseObject({
		type: v.literal("reasoning"),
		id: maybe(Text),
		summary: Paragraphs,
		content: Paragraphs,
		encrypted_content: maybe(Text),
	}),
	v.looseObject({ type: v.literal("image_generation_call"), result: maybe(Text), output_format: maybe(Name) }),
	v.looseObject({ type: v.literal("own_call"), call_id: Name, tool: Text, arguments: Text }),
	v.looseObject({ type: v.literal("other"), item: JsonObjectSchema }),
] as const;
/**
 * Items by their type, once each has one that is named here: `own_call` is one of a tool of the caller's own, and
 * `other` stands for all the rest, as they came.
 */
const ItemSchema = choiceBy(
	"type",
	OTHER_ITEMS,
	choiceBy("role", MESSAGES, v.variant("type", [v.variant("role", MESSAGES), ...OTHER_ITEMS])),
);
export type InputItem = v.InferOutput<typeof ItemSchema>;

const FunctionTool = v.looseObject({
	type: v.literal("function"),
	name: Name,
	description: maybe(Text),
	parameters: maybe(JsonObjectSchema),
	strict: maybe(Flag),
});
const CustomTool = v.looseObject({
	type: v.literal("custom"),
	name: Name,
	description: maybe(Text),
	format: maybe(JsonObjectSchema),
});
const CallersTool = v.variant("type", [FunctionTool, CustomTool]);
/** Tools by their type, once each has one that is named here; `other` stands for all the rest, `tool` for what came. */
const ToolSchema = v.variant("type", [
	FunctionTool,
	CustomTool,
	v.looseObject({ type: v.literal("namespace"), name: Name, tools: v.array(CallersTool) }),
	v.looseObject({ type: v.literal("other"), tool: JsonObjectSchema }),
]);
export type WireTool = v.InferOutput<typeof ToolSchema>;
export type CallersTool = v.InferOutput<typeof CallersTool>;

const TypedObject = v.looseObject({ type: Name, name: maybe(Name), namespace: maybe(Text) });
const ToolChoiceSchema = v.union(
	[
		v.picklist(["none", "auto", "required"]),
		v.looseObject({
			type: v.literal("allowed_tools"),
			mode: v.picklist(["auto", "required"]),
			tools: v.array(TypedObject),
		}),
		TypedObject,
	],
	'must be "none", "auto", "required", or an object naming a tool',
);
export type WireToolChoice = v.InferOutput<typeof ToolChoiceSchema>;

const FormatSchema = v.variant("type", [
	v.looseObject({ type: v.literal("text") }),
	v.looseObject({ type: v.literal("json_object") }),
	v.looseObject({
		type: v.literal("json_schema"),
		name: Name,
		description: maybe(Text),
		schema: maybe(JsonObjectSchema),
		strict: maybe(Flag),
	}),
]);
export type WireFormat = v.InferOutput<typeof FormatSchema>;

/** Fields that Chat Completions has under the same name and in the same form. */
const SAME = {
	temperature: CHAT_FIELDS.temperature,
	top_p: CHAT_FIELDS.top_p,
	top_logprobs: CHAT_FIELDS.top_logprobs,
	parallel_tool_calls: CHAT_FIELDS.parallel_tool_calls,
	service_tier: CHAT_FIELDS.service_tier,
	metadata: CHAT_FIELDS.metadata,
	prompt_cache_key: CHAT_FIELDS.prompt_cache_key,
};
export const SAME_FIELDS = Object.keys(SAME) as readonly (keyof typeof SAME)[];

/** Fields that the Responses API alone has, and that go there as they came. */
const OWN = {
	max_tool_calls: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	prompt_cache_options: v.exactOptional(JsonObjectSchema),
	prompt_cache_retention: v.exactOptional(Text),
	truncation: v.exactOptional(v.picklist(["auto", "disabled"])),
};
export const OWN_FIELDS = Object.keys(OWN) as readonly (keyof typeof OWN)[];

export const RequestSchema = v.looseObject({
	...SAME,
	...OWN,
	model: WIRE_FIELDS.model,
	models: WIRE_FIELDS.models,
	provider: v.exactOptional(ProviderSchema),
	input: v.pipe(
		v.array(ItemSchema, 'must be a string or an array of items, such as [{"role":"user","content":"Hello"}]'),
		v.minLength(1, "must not be empty"),
	),
	instructions: v.exactOptional(Text),
	tools: v.exactOptional(v.pipe(v.array(ToolSchema), v.maxLength(1024))),
	tool_choice: v.exactOptional(ToolChoiceSchema),
	text: v.exactOptional(
		v.looseObject({ format: maybe(FormatSchema), verbosity: maybe(v.picklist(["low", "medium", "high"])) }),
	),
	reasoning: v.exactOptional(
		v.looseObject({
			effort: maybe(v.picklist(["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
			summary: maybe(v.picklist(["auto", "concise", "detailed"])),
		}),
	),
	max_output_tokens: WIRE_FIELDS.max_completion_tokens,
	include: v.exactOptional(v.array(Text)),
	stream: WIRE_FIELDS.stream,
	stream_options: v.exactOptional(JsonObjectSchema),
	store: v.exactOptional(Flag),
	previous_response_id: v.exactOptional(Text),
	background: v.exactOptional(Flag),
	user: WIRE_FIELDS.user,
	safety_identifier: WIRE_FIELDS.safety_identifier,
});
export type WireRequest = v.InferOutput<typeof RequestSchema>;
