// Maps the request forms that OpenAI deprecated onto today's.
import { isObject } from "#lib/json";

/**
 * Maps the forms that OpenAI deprecated with tools onto tools: `functions`, `function_call`, the `function` role and
 * an assistant's `function_call`. A call had no id then; its position in the conversation serves as one. An assistant's
 * `reasoning`, OpenRouter's name for it, becomes `reasoning_content`.
 */
export function modernise(body: Record<string, unknown>): Record<string, unknown> {
	const { functions, function_call: choice, ...rest } = body;
	const modern: Record<string, unknown> = { ...rest };
	if (functions !== undefined && rest.tools === undefined) {
		modern.tools = Array.isArray(functions) ? functions.map((fn) => ({ type: "function", function: fn })) : functions;
	}
	if (choice !== undefined && rest.tool_choice === undefined) {
		modern.tool_choice = isObject(choice) ? { type: "function", function: choice } : choice;
	}
	if (Array.isArray(rest.messages) && rest.messages.some(isOldMessage)) modern.messages = modernMessages(rest.messages);
	return modern;
}

function isOldMessage(message: unknown): boolean {
	if (!isObject(message)) return false;
	return message.role === "function" || isObject(message.function_call) || typeof message.reasoning === "string";
}

function modernMessages(messages: unknown[]): unknown[] {
	let lastCall = "";
	return messages.map((entry, position) => {
		if (!isObject(entry)) return entry;
		const message = withReasoningContent(entry);
		if (message.role === "function") {
			return { role: "tool", tool_call_id: lastCall || `call_${position}`, content: message.content ?? "" };
		}
		if (!isObject(message.function_call)) return message;
		const { function_call, ...rest } = message;
		lastCall = `call_${position}`;
		return { ...rest, tool_calls: [{ id: lastCall, type: "function", function: function_call }] };
	});
}

function withReasoningContent(message: Record<string, unknown>): Record<string, unknown> {
	const { reasoning, ...rest } = message;
	return typeof reasoning === "string" ? { reasoning_content: reasoning, ...rest } : message;
}
