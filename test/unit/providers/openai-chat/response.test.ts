import { describe, expect, it } from "vitest";
import { openai } from "#providers/vendors/openai";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/openai";
import { chat, faultOf, feed, modelOf } from "#test/unit/providers/native";

const model = modelOf("openai", "gpt-4.1");
const stream = (text: string) => feed(openai.chat.decoder(chat({ stream: true }), model), text);
const decode = (body: unknown) => openai.chat.decode(body, chat(), model);
const USAGE = {
	uncachedInput: 320,
	cacheRead: 1024,
	cacheWrite: 256,
	cacheWriteHour: 0,
	output: 300,
	reasoning: 128,
	audioInput: 8,
	imageInput: 16,
	audioOutput: 4,
	imageOutput: 0,
	source: "provider",
};

describe("a streamed answer of OpenAI", () => {
	it("yields its text, who answered, and its usage with every part of it", () => {
		const chunks = stream(fixtures.textStream);
		expect(collect(chunks)).toMatchObject({
			text: "Hello €",
			finish: "stop",
			nativeFinish: undefined,
			usage: USAGE,
		});
		expect(chunks[0]).toMatchObject({
			model: "gpt-4.1-nano-2025-04-14",
			service_tier: "default",
			system_fingerprint: "fp_de",
		});
		expect(chunks[1]).not.toHaveProperty("model");
	});

	it("says nothing for the role, an opening without choices, and padding", () => {
		const decoder = openai.chat.decoder(chat({ stream: true }), model);
		for (const frame of [fixtures.chunk({ role: "assistant", content: "", refusal: null }), { choices: [], id: "" }]) {
			expect(decoder.push({ event: "", data: JSON.stringify(frame) })).toEqual([]);
		}
		expect(collect(stream(fixtures.azureStream)).text).toBe("Hello");
	});

	it("yields the fragments of parallel tool calls", () => {
		expect(collect(stream(fixtures.toolStream))).toMatchObject({
			toolCalls: [
				{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
				{ id: "call_2", type: "function", function: { name: "clock", arguments: "{}" } },
			],
			finish: "tool_calls",
		});
	});

	it("yields the input of a custom tool", () => {
		expect(collect(stream(fixtures.customToolStream))).toMatchObject({
			toolCalls: [{ id: "call_c", type: "custom", custom: { name: "shell", input: "ls -l" } }],
			finish: "tool_calls",
		});
	});

	it("yields a refusal apart from the text", () => {
		expect(collect(stream(fixtures.refusalStream))).toMatchObject({
			text: "",
			refusal: "I can't help with that.",
			finish: "stop",
		});
	});

	it("keeps interleaved choices apart", () => {
		const chunks = stream(fixtures.twoChoicesStream);
		expect(collect(chunks, 0)).toMatchObject({ text: "Yes, sir", finish: "length" });
		expect(collect(chunks, 1)).toMatchObject({ text: "Ja", finish: "stop" });
	});

	it("passes log probabilities on with their text", () => {
		expect(stream(fixtures.logprobsStream)[0]?.choices[0]).toMatchObject({
			delta: { content: "Hi" },
			logprobs: fixtures.logprobs,
		});
	});

	it("breaks when an error comes in its middle", () => {
		expect(faultOf(() => stream(fixtures.errorInStream))).toEqual({
			kind: "server",
			status: 200,
			message: "The server had an error",
		});
	});

	it("is truncated when it ends before every choice has finished, with or without a terminator", () => {
		const begun = [fixtures.chunk({ content: "Hel" }, null, 0), fixtures.chunk({}, "stop", 1)];
		expect(faultOf(() => stream(fixtures.unterminated(begun))).kind).toBe("truncated");
		expect(faultOf(() => stream(fixtures.sse(begun))).kind).toBe("truncated");
	});

	it("is complete without a terminator once every choice has finished", () => {
		const frames = [fixtures.chunk({ content: "Hello" }), fixtures.chunk({}, "stop")];
		expect(collect(stream(fixtures.unterminated(frames)))).toMatchObject({ text: "Hello", finish: "stop" });
	});

	it("is empty when nothing came but the terminator or usage", () => {
		expect(faultOf(() => stream("")).kind).toBe("empty");
		expect(faultOf(() => stream(fixtures.sse([]))).kind).toBe("empty");
		expect(faultOf(() => stream(fixtures.sse([fixtures.usageChunk]))).kind).toBe("empty");
	});
});

describe("a whole answer of OpenAI", () => {
	it("yields its text, who answered, and its usage", () => {
		expect(decode(fixtures.completion({ role: "assistant", content: "Hi", refusal: null, annotations: [] }))).toEqual({
			choices: [{ index: 0, message: { role: "assistant", content: "Hi", refusal: null }, finish_reason: "stop" }],
			usage: USAGE,
			model: "gpt-4.1-2025-04-14",
			service_tier: "default",
			system_fingerprint: "fp_ab",
		});
	});

	it("yields tool calls, and reports them as the reason even where a named choice made OpenAI say stop", () => {
		const call = { id: "call_abc", type: "function", function: { name: "f", arguments: '{"a":1}' } };
		const { choices } = decode(fixtures.completion({ role: "assistant", content: null, tool_calls: [call] }, "stop"));
		expect(choices).toEqual([
			{
				index: 0,
				message: { role: "assistant", content: null, refusal: null, tool_calls: [call] },
				finish_reason: "tool_calls",
				native_finish_reason: "stop",
			},
		]);
	});

	it("yields several choices, refusals, annotations and log probabilities", () => {
		const note = {
			type: "url_citation",
			url_citation: { url: "https://example.com", title: "t", start_index: 1, end_index: 9 },
		};
		const { choices } = decode({
			...fixtures.completion(null),
			choices: [
				{
					index: 0,
					message: { content: "a", annotations: [note] },
					logprobs: fixtures.logprobs,
					finish_reason: "stop",
				},
				{ index: 1, message: { content: null, refusal: "No." }, finish_reason: "content_filter" },
			],
		});
		expect(choices).toMatchObject([
			{ message: { content: "a", annotations: [note] }, logprobs: fixtures.logprobs },
			{ message: { content: null, refusal: "No." }, finish_reason: "content_filter" },
		]);
	});

	it("is refused when it holds an error, no choices, or is no object", () => {
		expect(faultOf(() => decode(fixtures.envelope("Slow down", { code: "rate_limit_exceeded" }))).kind).toBe(
			"rate_limited",
		);
		expect(faultOf(() => decode({ ...fixtures.completion(null), choices: [] })).kind).toBe("empty");
		expect(faultOf(() => decode({})).kind).toBe("malformed");
		expect(faultOf(() => decode("Hi")).kind).toBe("malformed");
		expect(faultOf(() => decode({ choices: [{ finish_reason: "stop" }] })).kind).toBe("malformed");
	});
});
