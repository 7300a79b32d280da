// Reasoning of OpenAI's Responses API: how its items and the blocks of a conversation's turns become each other.
import type { JsonObject } from "#lib/json";
import type { ReasoningDetail } from "./chat";

/** Marks reasoning blocks that belong to OpenAI's Responses API. */
export const RESPONSES_FORMAT = "openai-responses-v1";

/**
 * The reasoning items that `blocks` hold, put together again by their ids. One without its encrypted content is left
 * out: the gateway has nothing stored at OpenAI, so its id alone would be refused.
 */
export function reasoningItems(blocks: readonly ReasoningDetail[]): JsonObject[] {
	const items: JsonObject[] = [];
	const summaries = new Map<string, JsonObject[]>();
	for (const { type, format, id, summary, data } of blocks) {
		if (format !== RESPONSES_FORMAT) continue;
		if (type === "reasoning.summary" && typeof summary === "string" && typeof id === "string") {
			const parts = summaries.get(id) ?? [];
			summaries.set(id, parts);
			parts.push({ type: "summary_text", text: summary });
		} else if (type === "reasoning.encrypted" && typeof data === "string") {
			const known = typeof id === "string" ? id : null;
			items.push({
				type: "reasoning",
				...(known !== null && { id: known }),
				summary: (known === null ? undefined : summaries.get(known)) ?? [],
				encrypted_content: data,
			});
		}
	}
	return items;
}
