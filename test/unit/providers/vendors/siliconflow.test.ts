import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { siliconflow } from "#providers/vendors/siliconflow";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/siliconflow";
import { chat, feed, modelOf, refusalOf } from "#test/unit/providers/native";

const hybrid = modelOf("siliconflow", "Qwen/Qwen3-32B");
const encode = (fields: Partial<ChatRequest>, model = hybrid) => siliconflow.chat.encode(chat(fields), model);

describe("a request to SiliconFlow", () => {
	it("turns a hybrid model's thinking off, or on with a budget that grows with the effort", () => {
		expect(encode({ reasoning_effort: "none" }).body).toMatchObject({ enable_thinking: false });
		const budgets = (["minimal", "low", "medium", "high", "max"] as const).map(
			(effort) => encode({ reasoning_effort: effort }).body,
		);
		for (const body of budgets) expect(body).toMatchObject({ enable_thinking: true });
		const sizes = budgets.map((body) => Number(body.thinking_budget));
		expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
		expect([Math.min(...sizes) >= 128, Math.max(...sizes) <= 32_768]).toEqual([true, true]);
		expect(encode({}).body).not.toHaveProperty("enable_thinking");
		expect(encode({ reasoning_effort: "low" }).body).not.toHaveProperty("reasoning_effort");
	});

	it("says how much thinking may be billed beyond the limit, which is the answer's alone", () => {
		const beyond = (fields: Partial<ChatRequest>, model = hybrid) => encode(fields, model).beyondLimit ?? 0;
		expect(beyond({ reasoning_effort: "none" })).toBe(0);
		expect(beyond({ reasoning_effort: "low" })).toBe(encode({ reasoning_effort: "low" }).body.thinking_budget);
		expect(beyond({})).toBe(32_768);
		expect(beyond({}, modelOf("siliconflow", "moonshotai/Kimi-K2.6"))).toBe(32_768);
		expect(beyond({}, modelOf("siliconflow", "MiniMaxAI/MiniMax-M2.5"))).toBe(0);
		const native = { providerExtensions: { siliconflow: { thinking_budget: 200 } } };
		expect(beyond(native)).toBe(200);
		expect(beyond({ providerExtensions: { siliconflow: { enable_thinking: false } } })).toBe(0);
	});

	it("never tells other models whether to think", () => {
		const kimi = modelOf("siliconflow", "moonshotai/Kimi-K2.6");
		expect(refusalOf(() => encode({ reasoning_effort: "none" }, kimi))).toBe("unsupported_parameter reasoning_effort");
		const { body, dropped } = encode({ reasoning_effort: "high" }, kimi);
		expect(body).not.toHaveProperty("enable_thinking");
		expect(dropped).toEqual(["reasoning_effort"]);
		const plain = modelOf("siliconflow", "MiniMaxAI/MiniMax-M2.5");
		expect(encode({ reasoning_effort: "none" }, plain)).toMatchObject({ dropped: [] });
	});

	it("returns reasoning as text, and names what it leaves out", () => {
		const { body, dropped } = encode({
			messages: [{ role: "assistant", content: "a", reasoning_content: "think", reasoning_details: [{ type: "x" }] }],
			user: "u",
			store: true,
		});
		expect(body.messages).toEqual([{ role: "assistant", content: "a", reasoning_content: "think" }]);
		expect(dropped.toSorted()).toEqual(["store", "user"]);
		expect(body).not.toHaveProperty("user");
	});

	it("takes native fields addressed to it", () => {
		expect(encode({ providerExtensions: { siliconflow: { min_p: 0.1 } } }).body).toMatchObject({ min_p: 0.1 });
	});
});

describe("an answer of SiliconFlow", () => {
	it("yields the last of the usages that come with every chunk, and eos as the end", () => {
		expect(collect(feed(siliconflow.chat.decoder(chat(), hybrid), fixtures.thinkingStream))).toMatchObject({
			reasoning: "Add them.",
			text: "4",
			finish: "stop",
			nativeFinish: "eos",
			usage: { uncachedInput: 4, cacheRead: 16, output: 4, reasoning: 2 },
		});
	});

	it("yields calls and usage without details when it is whole", () => {
		expect(siliconflow.chat.decode(fixtures.toolAnswer, chat(), hybrid)).toMatchObject({
			choices: [{ message: { content: null, tool_calls: [{ id: "0196f0f4" }] }, finish_reason: "tool_calls" }],
			usage: { uncachedInput: 20, cacheRead: 0, output: 9, reasoning: 0 },
		});
	});
});
