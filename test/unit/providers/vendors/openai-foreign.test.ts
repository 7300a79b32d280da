import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { openai } from "#providers/vendors/openai";
import { chat, modelOf } from "#test/unit/providers/native";

const mark = { cache_control: { type: "ephemeral" } } as const;

/** What a client of Anthropic's says everywhere that it can. */
const marked: Partial<ChatRequest> = {
	messages: [
		{ role: "system", content: [{ type: "text", text: "Be brief.", ...mark }] },
		{ role: "user", content: [{ type: "text", text: "Hi", ...mark }] },
		{ role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
		{ role: "tool", tool_call_id: "c", content: "done", ...mark },
	],
	tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } }, ...mark }],
	extensions: { top_k: 5, custom: 1 },
};

describe("what OpenAI is sent", () => {
	it.each(["gpt-4.1", "gpt-6-luna"])("has nothing that only other vendors know, for %s", (id) => {
		const { body, dropped } = openai.chat.encode(chat(marked), modelOf("openai", id));
		expect(JSON.stringify(body)).not.toContain("cache_control");
		expect(body).not.toHaveProperty("top_k");
		expect(body.custom).toBe(1);
		expect(dropped).toContain("top_k");
	});
});
