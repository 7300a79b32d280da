// Reads the input items of a Responses request as a conversation.
import type {
	AssistantMessage,
	Message,
	PlacedItem,
	ReasoningDetail,
	RefusalPart,
	TextPart,
	ToolPart,
	UserPart,
	VendorExtra,
} from "#core/chat/chat";
import { RESPONSES_FORMAT, reasoningItems } from "#core/chat/responses-reasoning";
import { unsupportedParameter } from "#core/errors";
import { unpacked } from "#faces/carried";
import { append } from "#lib/list";
import type { InputItem, InputPart } from "./schema";
import type { ToolNames } from "./tools";

type ReasoningItem = Extract<InputItem, { type: "reasoning" }>;

/** A conversation, and the items for which it has no form, where they stood. */
interface Conversation {
	readonly messages: Message[];
	readonly placed: PlacedItem[];
}

/** The conversation that `items` are. Throws `GatewayError` 400 for a part that has no form in one. */
export function conversationOf(items: readonly InputItem[], names: ToolNames): Conversation {
	const messages: Message[] = [];
	const placed: PlacedItem[] = [];
	let turn = new AssistantTurn();
	const endTurn = () => {
		append(messages, turn.end());
		turn = new AssistantTurn();
	};
	for (const [position, item] of items.entries()) {
		const param = `input[${position}]`;
		switch (item.type) {
			case "message":
				if (item.role === "assistant") {
					turn.say(
						typeof item.content === "string" ? [text(item.content)] : item.content.map(assistantPart),
						item.phase ?? undefined,
					);
					break;
				}
				endTurn();
				if (item.role === "user") messages.push({ role: item.role, content: userContent(item.content, param) });
				else messages.push({ role: item.role, content: systemContent(item.content) });
				break;
			case "function_call":
			case "custom_tool_call":
				turn.call(item, names.known(item.name, item.namespace));
				break;
			case "own_call":
				turn.call(item, names.ofOwn(item.tool));
				break;
			case "function_call_output":
			case "custom_tool_call_output":
				endTurn();
				messages.push({ role: "tool", tool_call_id: item.call_id, content: toolContent(item.output, param) });
				break;
			case "reasoning":
				turn.think(item);
				break;
			case "image_generation_call":
				if (item.result) turn.show(item.result, item.output_format ?? "png");
				break;
			case "other": {
				// Reasoning alone led to this item, and goes before it.
				const thought = turn.thoughtAlone();
				if (thought === null) endTurn();
				else if (thought.length > 0) turn = new AssistantTurn();
				const after = messages.length;
				for (const reasoning of reasoningItems(thought ?? [])) placed.push({ item: reasoning, after });
				placed.push({ item: item.item, after, param });
			}
		}
	}
	endTurn();
	return { messages, placed };
}

/** Puts the items of one turn of the model's together. */
class AssistantTurn {
	readonly #done: AssistantMessage[] = [];
	#message: AssistantMessage = { role: "assistant" };
	#parts: (TextPart | RefusalPart)[] = [];
	/** Reasoning that came after a text: it belongs to what follows, if anything does. */
	#next: AssistantMessage | null = null;
	readonly #extras = new Map<string, VendorExtra>();

	think(item: ReasoningItem): void {
		const { details, calls } = blocksOf(item);
		for (const [id, extra] of Object.entries(calls)) this.#extras.set(id, extra);
		const shown = [...(item.summary ?? []), ...(item.content ?? [])].map((part) => part.text).join("\n\n");
		if (details.length === 0 && shown === "") return;
		// A vendor wants reasoning before what came of it; but results follow all calls of a turn.
		const isLater = this.#parts.length > 0 && this.#message.tool_calls === undefined;
		if (isLater) this.#next ??= { role: "assistant" };
		const message = this.#next ?? this.#message;
		if (details.length > 0) message.reasoning_details = [...(message.reasoning_details ?? []), ...details];
		if (shown === "") return;
		const before = message.reasoning_content;
		message.reasoning_content = before === undefined ? shown : `${before}\n\n${shown}`;
	}

	say(parts: readonly (TextPart | RefusalPart)[], phase?: string): void {
		if (this.#parts.length > 0 && this.#message.phase !== phase) this.#next ??= { role: "assistant" };
		this.#goOn();
		if (phase !== undefined) this.#message.phase = phase;
		append(this.#parts, parts);
	}

	/** The blocks of a turn that has nothing but reasoning so far; null for another. */
	thoughtAlone(): readonly ReasoningDetail[] | null {
		const { tool_calls: calls, images, reasoning_details: blocks = [] } = this.#message;
		const isAlone = this.#done.length === 0 && this.#parts.length === 0 && calls === undefined && images === undefined;
		return isAlone ? blocks : null;
	}

	call(item: Extract<InputItem, { type: "function_call" | "custom_tool_call" | "own_call" }>, name: string): void {
		this.#goOn();
		const { call_id: id } = item;
		const extra = this.#extras.get(id);
		const signed = { id, ...(extra !== undefined && { extra_content: extra }) };
		this.#message.tool_calls ??= [];
		this.#message.tool_calls.push(
			item.type === "custom_tool_call"
				? { ...signed, type: "custom", custom: { name, input: item.input } }
				: { ...signed, type: "function", function: { name, arguments: item.arguments || "{}" } },
		);
	}

	/** A picture that the model made, as base64. */
	show(data: string, format: string): void {
		this.#goOn();
		this.#message.images ??= [];
		this.#message.images.push({ type: "image_url", image_url: { url: `data:image/${format};base64,${data}` } });
	}

	/** The messages of the turn; none when there was nothing in it. */
	end(): AssistantMessage[] {
		const rest = this.#next;
		if (rest?.reasoning_details !== undefined) {
			this.#message.reasoning_details = [...(this.#message.reasoning_details ?? []), ...rest.reasoning_details];
		}
		this.#close();
		return this.#done;
	}

	#goOn(): void {
		if (this.#next === null) return;
		this.#close();
		this.#message = this.#next;
		this.#next = null;
	}

	#close(): void {
		const [only, second] = this.#parts;
		const content = second === undefined && only?.type === "text" ? only.text : this.#parts;
		if (this.#parts.length > 0) this.#message.content = content;
		if (Object.keys(this.#message).length > 1) this.#done.push(this.#message);
		this.#parts = [];
	}
}

/** What a reasoning item holds for the vendor that wrote it. */
function blocksOf(item: ReasoningItem): {
	details: readonly ReasoningDetail[];
	calls: Readonly<Record<string, VendorExtra>>;
} {
	const { encrypted_content: data, id = null } = item;
	if (!data) return { details: [], calls: {} };
	const carried = unpacked(data);
	if (carried === "spoilt") return { details: [], calls: {} };
	if (carried !== null) return carried;
	const summaries = (item.summary ?? []).map(
		({ text: summary }, index): ReasoningDetail => ({
			type: "reasoning.summary",
			format: RESPONSES_FORMAT,
			id,
			index,
			summary,
		}),
	);
	const encrypted = { type: "reasoning.encrypted", format: RESPONSES_FORMAT, id, index: summaries.length, data };
	return { details: [...summaries, encrypted], calls: {} };
}

function text(value: string): TextPart {
	return { type: "text", text: value };
}

function assistantPart(
	part: { type: "input_text" | "output_text"; text: string } | RefusalPart,
): TextPart | RefusalPart {
	return part.type === "refusal" ? { type: "refusal", refusal: part.refusal } : text(part.text);
}

function systemContent(content: string | readonly { text: string }[]): string | TextPart[] {
	return typeof content === "string" ? content : content.map((part) => text(part.text));
}

function userContent(content: string | readonly InputPart[], param: string): string | UserPart[] {
	if (typeof content === "string") return content;
	return content.map((part, index) =>
		part.type === "input_audio"
			? { type: part.type, input_audio: { data: part.input_audio.data, format: part.input_audio.format } }
			: toolPart(part, `${param}.content[${index}]`),
	);
}

type ToolInputPart = Exclude<InputPart, { type: "input_audio" }>;

function toolContent(output: string | readonly ToolInputPart[], param: string): string | ToolPart[] {
	return typeof output === "string" ? output : output.map((part, index) => toolPart(part, `${param}.output[${index}]`));
}

function toolPart(part: ToolInputPart, param: string): ToolPart {
	switch (part.type) {
		case "input_text":
			return text(part.text);
		case "input_image": {
			const { image_url: url, detail } = part;
			if (url == null) {
				throw unsupportedParameter(param, "an image must come as `image_url`, a link or a data URL");
			}
			return { type: "image_url", image_url: { url, ...(detail != null && { detail }) } };
		}
		case "input_file": {
			const { file_data, file_id, file_url, filename } = part;
			if (file_data == null && file_id == null && file_url == null) {
				throw unsupportedParameter(param, "a file must come as `file_data`, a data URL, or as `file_url`, a link");
			}
			return {
				type: "file",
				file: {
					...(file_data != null && { file_data }),
					...(file_id != null && { file_id }),
					...(file_url != null && { file_url }),
					...(filename != null && { filename }),
				},
			};
		}
	}
}
