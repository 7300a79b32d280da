import { describe, expect, it } from "vitest";
import { workersAi } from "#providers/workers-ai/index";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/workers-ai";
import { chat, errorReply, faultOf, feed, modelOf } from "#test/unit/providers/native";

const classic = modelOf("workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast");
const { sse } = fixtures;
const stream = (text: string, request = chat({ stream: true })) => feed(workersAi.chat.decoder(request, classic), text);
const decode = (body: unknown, request = chat()) => workersAi.chat.decode(body, request, classic);

describe("a stream of the older shape", () => {
	it("yields its text and usage, and stops at the terminator", () => {
		expect(collect(stream(sse(fixtures.classicFrames)))).toMatchObject({
			text: "Hello €",
			finish: "stop",
			usage: { uncachedInput: 24, output: 3 },
		});
	});

	it("yields calls without ids, each with one of its own, and ends in tool_calls", () => {
		const { toolCalls, finish } = collect(stream(sse(fixtures.classicCallFrames)));
		expect(toolCalls.map((call) => call.type === "function" && call.function)).toEqual([
			{ name: "weather", arguments: '{"city":"Oslo"}' },
			{ name: "weather", arguments: '{"city":"Rome"}' },
		]);
		expect(new Set(toolCalls.map((call) => call.id)).size).toBe(2);
		expect(finish).toBe("tool_calls");
	});

	it("is cut at the limit when it used up all of it", () => {
		const request = chat({ stream: true, max_completion_tokens: 3 });
		expect(collect(stream(sse(fixtures.classicFrames), request)).finish).toBe("length");
	});

	it("takes numbers as text and a reason where there is one", () => {
		const frames = [{ response: 4 }, { response: 2, finish_reason: "length" }];
		expect(collect(stream(sse(frames, false)))).toMatchObject({ text: "42", finish: "length", usage: null });
	});

	it("does not mistake words of the answer for the other shape", () => {
		const frames = [{ response: "choices" }, { tool_calls: [{ name: "f", arguments: { choices: [1] } }] }];
		expect(collect(stream(sse(frames)))).toMatchObject({
			text: "choices",
			toolCalls: [{ function: { name: "f", arguments: '{"choices":[1]}' } }],
		});
	});

	it("is truncated without a terminator, empty without events", () => {
		expect(faultOf(() => stream(sse(fixtures.classicFrames, false))).kind).toBe("truncated");
		expect(faultOf(() => stream("")).kind).toBe("empty");
		expect(faultOf(() => stream("data: [DONE]\n\n")).kind).toBe("empty");
	});

	it("breaks at an error in any of Cloudflare's shapes", () => {
		const begun = sse(fixtures.classicFrames.slice(0, 1), false);
		expect(faultOf(() => stream(begun + sse([fixtures.api(3040, "Capacity temporarily exceeded")])))).toMatchObject({
			kind: "overloaded",
			code: "3040",
		});
		expect(faultOf(() => stream(begun + sse([fixtures.inference(3007, "Timeout")]))).kind).toBe("timeout");
		expect(faultOf(() => stream(begun + sse([{ error: { message: "boom" } }]))).kind).toBe("server");
		expect(faultOf(() => stream("data: <html>\n\n")).kind).toBe("malformed");
	});
});

describe("a stream of OpenAI's shape", () => {
	it("yields reasoning and calls, and drops the empty call at their end", () => {
		const text = sse([...fixtures.openaiFrames, fixtures.openaiUsage]);
		expect(collect(stream(text))).toMatchObject({
			reasoning: "Hm.",
			toolCalls: [{ id: "chatcmpl-tool-1", function: { name: "f", arguments: '{"a":1}' } }],
			finish: "tool_calls",
			usage: { uncachedInput: 24, output: 3 },
		});
	});

	it("may say its usage in the older shape", () => {
		const text = sse([...fixtures.openaiFrames, { response: "", usage: fixtures.openaiUsage.usage }]);
		expect(collect(stream(text))).toMatchObject({ finish: "tool_calls", usage: { output: 3 } });
	});

	it("is truncated without a reason, terminator or not", () => {
		expect(faultOf(() => stream(sse(fixtures.openaiFrames.slice(0, -1)))).kind).toBe("truncated");
	});
});

describe("a whole answer", () => {
	it("of the older shape becomes a message", () => {
		expect(decode(fixtures.classicWhole)).toMatchObject({
			choices: [{ finish_reason: "stop", message: { role: "assistant", content: "Hello", refusal: null } }],
			usage: { uncachedInput: 24, output: 3 },
		});
	});

	it("may hold calls in both of their shapes", () => {
		const [choice] = decode(fixtures.classicCalls).choices;
		expect(choice).toMatchObject({
			finish_reason: "tool_calls",
			message: {
				content: null,
				tool_calls: [
					{ type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
					{ id: "call_7", type: "function", function: { name: "now", arguments: "{}" } },
				],
			},
		});
		expect(choice?.message.tool_calls?.[0]?.id).toBeTruthy();
	});

	it("of JSON mode becomes text again, and so does a number", () => {
		expect(decode({ response: { a: [1] } }).choices[0]?.message.content).toBe('{"a":[1]}');
		expect(decode({ response: 7 }).choices[0]?.message.content).toBe("7");
	});

	it("of OpenAI's shape is read as such, by itself or wrapped by Cloudflare's API", () => {
		for (const body of [
			fixtures.openaiWhole,
			{ result: fixtures.openaiWhole, success: true, errors: [], messages: [] },
		]) {
			expect(decode(body)).toMatchObject({
				choices: [{ finish_reason: "stop", message: { content: "Hello", reasoning_content: "Hm." } }],
			});
		}
		expect(decode({ result: fixtures.classicWhole, success: true }).choices[0]?.message.content).toBe("Hello");
	});

	it("has no usage where none is said, with or without zeros", () => {
		expect(decode({ response: "x" }).usage).toBeNull();
		expect(decode({ response: "x", usage: { prompt_tokens: 0, completion_tokens: 0 } }).usage).toBeNull();
	});

	it("is empty with nothing in it, malformed when it is something else, and the error that it holds", () => {
		expect(faultOf(() => decode({ response: null })).kind).toBe("empty");
		expect(faultOf(() => decode({ image: "…" })).kind).toBe("malformed");
		expect(faultOf(() => decode("text")).kind).toBe("malformed");
		expect(faultOf(() => decode(fixtures.api(3036, "used up"))).kind).toBe("vendor_quota");
	});
});

describe("an error of Workers AI", () => {
	const fault = (status: number, body: unknown, headers = {}) => workersAi.fault(errorReply(status, body, headers));
	const { api } = fixtures;
	it("of the free allowance lasts until midnight UTC", () => {
		expect(fault(429, api(3036, "used up")).retryAfterMs).toBe(6 * 60 * 60 * 1000);
	});

	it("keeps Cloudflare's own words, code and request id", () => {
		expect(fault(429, "3040: Capacity temporarily exceeded", { "cf-ai-req-id": "r1" })).toMatchObject({
			message: "Capacity temporarily exceeded",
			code: "3040",
			upstreamRequestId: "r1",
		});
	});
});

describe("hostile answers", () => {
	it("are malformed when they are nested too deep to be written again", () => {
		const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
		expect(faultOf(() => stream(`data: {"response":${deep}}\n\n`)).kind).toBe("malformed");
		expect(faultOf(() => stream(`data: {"tool_calls":[{"name":"f","arguments":${deep}}]}\n\n`)).kind).toBe("malformed");
		expect(faultOf(() => decode(JSON.parse(`{"tool_calls":[{"name":"f","arguments":${deep}}]}`))).kind).toBe(
			"malformed",
		);
	});
});
