// Whether a Claude model thinks in a request, and whether it shows it.
import type { Seat } from "#simulator/wire/wire";
import type { AnthropicBody } from "./schema";

/**
 * Whether the model thinks unless it is told not to, and keeps its thoughts to itself unless it is told to show them.
 */
export function isFifthOpus(id: string): boolean {
	return /^claude-(?:opus-5|fable-5)/.test(id);
}

/** Whether the model thinks in this request. */
export function isThinking(body: AnthropicBody, seat: Seat): boolean {
	if (body.thinking !== undefined) return body.thinking.type !== "disabled";
	return seat.model.traits.thinking === "always" || isFifthOpus(seat.model.id);
}
