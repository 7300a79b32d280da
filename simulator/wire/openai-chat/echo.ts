// What DeepSeek's models demand of reasoning in the history, wherever they run.
import type { Seat } from "#simulator/wire/wire";
import type { ChatBody } from "./schema";

/** What DeepSeek's models say when reasoning is missing from the history. */
export const ECHO_MISSING = "The `reasoning_content` in the thinking mode must be passed back to the API.";

/**
 * Whether a thinking model of DeepSeek's refuses the request: once tools are in play, every message of the assistant's
 * must come with the reasoning before it, be it empty. `names` are the fields that its host takes that in.
 */
export function forgetsReasoning(body: ChatBody, { provider, model }: Seat, ...names: string[]): boolean {
	const isDeepSeeks = provider === "deepseek" || model.id.toLowerCase().includes("deepseek");
	if (!isDeepSeeks || !model.reasoning || (body.tools ?? []).length === 0) return false;
	return body.messages.some(
		(message) => message.role === "assistant" && !names.some((name) => typeof Reflect.get(message, name) === "string"),
	);
}
