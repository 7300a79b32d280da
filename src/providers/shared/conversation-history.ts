// Reads a conversation as turns with their tool results, for protocols that demand that form.
import type {
	AssistantMessage,
	Message,
	RefusalPart,
	SystemMessage,
	ToolCall,
	ToolMessage,
	UserMessage,
	UserPart,
} from "#core/chat/chat";
import { invalidRequest } from "#core/errors";
import { isObject, type JsonObject, parseJson } from "#lib/json";

/** A tool call and the message that answers it. */
export interface ToolResult {
	call: ToolCall;
	message: ToolMessage;
	/** The message's position in the request. */
	at: number;
}

/** One step of a conversation; `at` is the message's position in the request. */
export type Turn =
	| { role: "user"; message: UserMessage; at: number }
	| { role: "assistant"; message: AssistantMessage; at: number }
	/** The answers to all calls of the assistant turn before it, in the order of those calls. */
	| { role: "results"; results: ToolResult[] };

export interface History {
	system: SystemMessage[];
	turns: Turn[];
}

/**
 * Sorts a conversation for upstreams that take the system prompt apart and pair tool calls with their results by
 * position. Throws `GatewayError` for a call without a result and for a result without a call.
 */
export function readHistory(messages: readonly Message[]): History {
	const system: SystemMessage[] = [];
	const turns: Turn[] = [];
	let open = new OpenCalls([], 0);
	for (const [at, message] of messages.entries()) {
		switch (message.role) {
			case "system":
			case "developer":
				system.push(message);
				break;
			case "tool":
				if (!open.answer(message, at)) {
					throw invalidRequest(
						`no tool call with the id "${message.tool_call_id}" waits for this result`,
						`messages[${at}].tool_call_id`,
					);
				}
				break;
			case "user":
				open.close();
				open = new OpenCalls([], at);
				turns.push({ role: "user", message, at });
				break;
			case "assistant":
				open.close();
				turns.push({ role: "assistant", message, at });
				open = new OpenCalls(message.tool_calls ?? [], at);
				if (message.tool_calls?.length) turns.push({ role: "results", results: open.results });
		}
	}
	open.close();
	return { system, turns };
}

/** The calls of one assistant turn while their results come in. */
class OpenCalls {
	/** Filled completely once `close` has passed. */
	readonly results: ToolResult[] = [];
	readonly #calls: readonly ToolCall[];
	/** By id, the positions of the calls that wait: results of calls with equal ids belong to them in their order. */
	readonly #waiting = new Map<string, number[]>();
	/** By the position of the call. */
	readonly #answers = new Map<number, Omit<ToolResult, "call">>();
	readonly #at: number;

	constructor(calls: readonly ToolCall[], at: number) {
		this.#calls = calls;
		this.#at = at;
		for (const [position, { id }] of calls.entries()) {
			const waiting = this.#waiting.get(id);
			if (waiting === undefined) this.#waiting.set(id, [position]);
			else waiting.push(position);
		}
	}

	/** False when no call waits for this message. */
	answer(message: ToolMessage, at: number): boolean {
		const position = this.#waiting.get(message.tool_call_id)?.shift();
		if (position === undefined) return false;
		this.#answers.set(position, { message, at });
		return true;
	}

	close(): void {
		for (const [index, call] of this.#calls.entries()) {
			const answer = this.#answers.get(index);
			if (answer === undefined) {
				throw invalidRequest(
					`the tool call "${call.id}" has no result: a message with role "tool" must follow for each call`,
					`messages[${this.#at}].tool_calls[${index}]`,
				);
			}
			this.results.push({ call, ...answer });
		}
	}
}

/** The name of what is called. */
export function callName(call: ToolCall): string {
	return call.type === "custom" ? call.custom.name : call.function.name;
}

/** A call's arguments as an object; arguments that are not one, which a model may well have written, become empty. */
export function callArguments(call: ToolCall): JsonObject {
	if (call.type === "custom") return { input: call.custom.input };
	const parsed = parseJson(call.function.arguments);
	return isObject(parsed) ? (parsed as JsonObject) : {};
}

/** The non-empty texts of a message's content. */
export function texts(content: string | readonly (UserPart | RefusalPart)[]): string[] {
	const all = typeof content === "string" ? [content] : content.map(textOf);
	return all.filter((text) => text !== "");
}

function textOf(part: UserPart | RefusalPart): string {
	return part.type === "text" ? part.text : part.type === "refusal" ? part.refusal : "";
}
