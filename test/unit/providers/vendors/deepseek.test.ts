import { describe, expect, it } from "vitest";
import type { ChatRequest, FunctionTool, Message, ReasoningDetail, ToolCall } from "#core/chat/chat";
import { openaiCompatible } from "#providers/openai-chat/index";
import { deepseek } from "#providers/vendors/deepseek";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/deepseek";
import { chat, faultOf, feed, modelOf, refusalOf } from "#test/unit/providers/native";

const model = modelOf("deepseek", "deepseek-flash");
const encode = (fields: Partial<ChatRequest>) => deepseek.chat.encode(chat(fields), model);
const stream = (text: string) => feed(deepseek.chat.decoder(chat({ stream: true }), model), text);
const TOOL: FunctionTool = { type: "function", function: { name: "weather" } };
const DETAILS: ReasoningDetail[] = [
	{ type: "reasoning.text", format: "anthropic-claude-v1", text: "Wet, ", signature: "s" },
	{ type: "reasoning.summary", format: "openai-responses-v1", summary: "it seems." },
	{ type: "reasoning.encrypted", format: "openai-responses-v1", data: "x" },
];
const call: ToolCall = { id: "call_00_abc", type: "function", function: { name: "weather", arguments: "{}" } };
const again: ToolCall = { ...call, id: "call_01_def" };
const USAGE = { uncachedInput: 8, cacheRead: 32, output: 60, reasoning: 50 };

describe("a request to DeepSeek", () => {
	it("with a file is refused, by its place", () => {
		const file: Message = {
			role: "user",
			content: [
				{ type: "text", text: "Read this" },
				{ type: "file", file: { file_data: "data:application/pdf;base64,AAAA" } },
			],
		};
		expect(refusalOf(() => encode({ messages: [{ role: "user", content: "Hi" }, file] }))).toBe(
			"unsupported_parameter messages[1].content[1]",
		);
	});

	it("turns thinking off, or on with the effort that it takes", () => {
		expect(encode({ reasoning_effort: "none" }).body).toMatchObject({ thinking: { type: "disabled" } });
		expect(encode({ reasoning_effort: "none" }).body).not.toHaveProperty("reasoning_effort");
		for (const [wanted, sent] of [
			["minimal", "low"],
			["medium", "high"],
			["xhigh", "max"],
			["max", "max"],
		] as const) {
			expect(encode({ reasoning_effort: wanted }).body).toMatchObject({
				thinking: { type: "enabled" },
				reasoning_effort: sent,
			});
		}
		expect(encode({}).body).not.toHaveProperty("thinking");
	});

	it("returns every turn with its reasoning once there are tools, from whatever carries it, empty where it is lost", () => {
		const messages: Message[] = [
			{ role: "assistant", tool_calls: [call], reasoning_content: "Look it up." },
			{ role: "tool", tool_call_id: "call_00_abc", content: "sunny" },
			{ role: "assistant", content: null, tool_calls: [again] },
			{ role: "tool", tool_call_id: "call_01_def", content: "rain" },
			{ role: "assistant", content: "It rains.", reasoning_details: [{ type: "reasoning.encrypted", data: "x" }] },
			{ role: "assistant", content: "Hm.", reasoning_details: DETAILS },
		];
		const sent = (tools: FunctionTool[]) => encode({ messages, tools }).body.messages;
		expect(sent([TOOL])).toEqual([
			{ role: "assistant", content: "", tool_calls: [call], reasoning_content: "Look it up." },
			messages[1],
			{ role: "assistant", content: "", tool_calls: [again], reasoning_content: "" },
			messages[3],
			{ role: "assistant", content: "It rains.", reasoning_content: "" },
			{ role: "assistant", content: "Hm.", reasoning_content: "Wet, it seems." },
		]);
		// Without tools what is not there is not missed.
		expect(sent([])).toEqual([
			{ role: "assistant", content: "", tool_calls: [call], reasoning_content: "Look it up." },
			messages[1],
			{ role: "assistant", content: "", tool_calls: [again] },
			messages[3],
			{ role: "assistant", content: "It rains." },
			{ role: "assistant", content: "Hm." },
		]);
	});

	it.each([
		["siliconflow", "deepseek-ai/DeepSeek-V4-Pro", siliconflow],
		["openrouter", "deepseek/deepseek-v4-pro", openrouter],
		["workers-ai", "@cf/deepseek-ai/deepseek-v4-pro-0813", workersAi],
		["deepseek", "deepseek-v4-pro", openaiCompatible],
	])("does so at %s, to %s, for it is the model that wants it", (provider, id, adapter) => {
		const messages: Message[] = [
			{ role: "user", content: "Hi" },
			{ role: "assistant", content: "Hello", reasoning_details: DETAILS },
			{ role: "user", content: "And?" },
			{ role: "assistant", content: "Yes" },
		];
		const { body } = adapter.chat.encode(chat({ messages, tools: [TOOL] }), modelOf(provider, id));
		expect((body.messages as { reasoning_content?: string }[]).map((message) => message.reasoning_content)).toEqual([
			undefined,
			"Wet, it seems.",
			undefined,
			"",
		]);
		expect(JSON.stringify(body)).not.toContain("reasoning_details");
	});

	it("limits the output by max_tokens", () => {
		expect(encode({ max_completion_tokens: 500_000 }).body).toMatchObject({ max_tokens: 384_000 });
	});

	it("forwards an end user that fits DeepSeek's characters, and no other", () => {
		expect(encode({ user: "user_1-a" })).toMatchObject({ body: { user_id: "user_1-a" }, dropped: [] });
		const { body, dropped } = encode({ user: "someone@example.com" });
		expect(body).not.toHaveProperty("user_id");
		expect(dropped).toEqual(["user"]);
	});

	it("leaves out and names what it has no counterpart for", () => {
		const { body, dropped } = encode({
			seed: 1,
			store: true,
			metadata: { a: "b" },
			prompt_cache_key: "k",
			verbosity: "low",
		});
		expect(dropped.toSorted()).toEqual(["metadata", "prompt_cache_key", "seed", "store", "verbosity"]);
		for (const field of dropped) expect(body).not.toHaveProperty(field);
	});

	it("refuses what would change the answer's meaning, unless it asks for what happens anyway", () => {
		expect(refusalOf(() => encode({ n: 2 }))).toBe("unsupported_parameter n");
		expect(refusalOf(() => encode({ logit_bias: { "5": 1 } }))).toBe("unsupported_parameter logit_bias");
		expect(refusalOf(() => encode({ modalities: ["audio"] }))).toBe("unsupported_parameter modalities");
		expect(refusalOf(() => encode({ web_search_options: {} }))).toBe("unsupported_parameter web_search_options");
		expect(encode({ n: 1, modalities: ["text"], logit_bias: {} })).toMatchObject({ dropped: [] });
	});

	it("asks for a JSON object, with the schema in the prompt", () => {
		const { body } = encode({
			response_format: { type: "json_schema", json_schema: { name: "s", schema: { type: "object" } } },
		});
		expect(body).toMatchObject({
			response_format: { type: "json_object" },
			messages: [{ role: "system", content: expect.stringContaining("JSON") }, { role: "user" }],
		});
	});
});

describe("an answer of DeepSeek", () => {
	it("yields reasoning before text, and the usage that sits on the finish", () => {
		expect(collect(stream(fixtures.thinkingStream))).toMatchObject({
			reasoning: "Add them.",
			text: "4",
			finish: "stop",
			usage: USAGE,
		});
	});

	it("yields reasoning and parallel calls, streamed or whole", () => {
		expect(collect(stream(fixtures.toolStream))).toMatchObject({
			reasoning: "Look it up.",
			toolCalls: [
				{ id: "call_00_abc", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
				{ id: "call_01_def", function: { name: "clock", arguments: "{}" } },
			],
			finish: "tool_calls",
			usage: USAGE,
		});
		expect(deepseek.chat.decode(fixtures.toolAnswer, chat(), model)).toMatchObject({
			choices: [
				{
					message: {
						content: null,
						reasoning_content: "Look it up.",
						tool_calls: [{ id: "call_00_abc", function: { arguments: '{"city":"Oslo"}' } }],
					},
					finish_reason: "tool_calls",
				},
			],
			usage: USAGE,
		});
	});

	it("has failed when it was broken off for want of capacity", () => {
		expect(faultOf(() => stream(fixtures.exhaustedStream))).toMatchObject({
			kind: "overloaded",
			code: "insufficient_system_resource",
		});
	});
});
