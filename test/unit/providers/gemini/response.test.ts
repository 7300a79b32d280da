import { describe, expect, it } from "vitest";
import { promptTokens } from "#core/chat/usage";
import { gemini } from "#providers/gemini/index";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/gemini";
import { chat, faultOf, feed, modelOf } from "#test/unit/providers/native";

const model = modelOf("gemini", "gemini-3.5-flash");
const stream = (text: string, request = chat({ stream: true })) => feed(gemini.chat.decoder(request, model), text);
const decode = (body: unknown, request = chat()) => gemini.chat.decode(body, request, model);

describe("a streamed answer of Gemini", () => {
	it("yields its text, its model, its tier and its last usage", () => {
		const chunks = stream(fixtures.textStream);
		expect(collect(chunks)).toMatchObject({
			text: "Hello €",
			finish: "stop",
			nativeFinish: undefined,
			usage: { uncachedInput: 29, output: 3, reasoning: 0 },
		});
		expect(chunks[0]).toMatchObject({ model: "gemini-3.5-flash", service_tier: "standard" });
	});

	it("tells thoughts from text, counts them into the output and keeps the signature", () => {
		expect(collect(stream(fixtures.thoughtStream))).toMatchObject({
			text: "4",
			reasoning: "**Plan** add them",
			reasoningDetails: [{ type: "reasoning.encrypted", format: "google-gemini-v1", data: "EpcCCpQC" }],
			usage: { output: 53, reasoning: 52 },
		});
	});

	it("yields parallel calls whole, with arguments as text, the signature on its call and finish tool_calls", () => {
		const { toolCalls, finish, nativeFinish } = collect(stream(fixtures.toolStream));
		expect(toolCalls.map((call) => call.type === "function" && call.function)).toEqual([
			{ name: "weather", arguments: '{"city":"Oslo"}' },
			{ name: "weather", arguments: '{"city":"Rome"}' },
		]);
		expect(toolCalls[0]).toMatchObject({ extra_content: { google: { thought_signature: "EpEgCo4g" } } });
		expect(toolCalls[1]).not.toHaveProperty("extra_content");
		expect([finish, nativeFinish]).toEqual(["tool_calls", "STOP"]);
	});

	it("gives calls without ids distinct ones, the same at every decoding", () => {
		const ids = () => collect(stream(fixtures.toolStream)).toolCalls.map((call) => call.id);
		expect(ids()).toEqual(ids());
		expect(new Set(ids()).size).toBe(2);
		for (const id of ids()) expect(id).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
	});

	it("gives ids that differ between turns even where Gemini names no answer", () => {
		const frames = fixtures.sse([{ ...fixtures.wholeToolCall, responseId: undefined }]).replace('"id":"fc_9",', "");
		const first = collect(stream(frames)).toolCalls[0];
		const history = chat({
			messages: [
				{ role: "user", content: "What time is it?" },
				{ role: "assistant", content: null, tool_calls: first === undefined ? [] : [first] },
				{ role: "tool", tool_call_id: first?.id ?? "", content: "noon" },
			],
		});
		expect(collect(stream(frames, history)).toolCalls[0]?.id).not.toBe(first?.id);
	});

	it("interleaves candidates and finishes each", () => {
		const two = [
			{
				candidates: [
					{ index: 0, content: { parts: [{ text: "a" }] } },
					{ index: 1, content: { parts: [{ text: "b" }] } },
				],
			},
			{ candidates: [{ index: 1, content: { parts: [{ text: "B" }] }, finishReason: "MAX_TOKENS" }] },
			{ candidates: [{ index: 0, finishReason: "STOP" }] },
		];
		const chunks = stream(fixtures.sse(two));
		expect(collect(chunks, 0)).toMatchObject({ text: "a", finish: "stop" });
		expect(collect(chunks, 1)).toMatchObject({ text: "bB", finish: "length", nativeFinish: "MAX_TOKENS" });
	});

	it("keeps the last usage that any frame told, however empty the frame", () => {
		const frames = [
			{ candidates: [{ content: { parts: [{ text: "x" }] } }], usageMetadata: { promptTokenCount: 5 } },
			{ candidates: [{}], usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 9 } },
			{ candidates: [{ finishReason: "STOP" }] },
		];
		expect(collect(stream(fixtures.sse(frames))).usage).toMatchObject({ uncachedInput: 5, output: 9 });
	});

	it("takes content behind a finish reason as part of the answer", () => {
		const frames = [
			{ candidates: [{ content: { parts: [{ text: "one" }] }, finishReason: "STOP" }] },
			{ candidates: [{ content: { parts: [{ text: " two" }] }, finishReason: "STOP" }] },
		];
		expect(collect(stream(fixtures.sse(frames)))).toMatchObject({ text: "one two", finish: "stop" });
	});

	it("ends in content_filter when the prompt is blocked after the answer began", () => {
		const frames = [
			{ candidates: [{ content: { parts: [{ text: "Well" }] } }] },
			{ promptFeedback: { blockReason: "SAFETY" } },
		];
		expect(collect(stream(fixtures.sse(frames)))).toMatchObject({ text: "Well", finish: "content_filter" });
	});

	it("is truncated when a candidate never finished", () => {
		const cut = fixtures.textStream.slice(
			0,
			fixtures.textStream.indexOf('data: {"candidates":[{"content":{"parts":[{"text":""}'),
		);
		expect(faultOf(() => stream(cut)).kind).toBe("truncated");
	});

	it("is empty when nothing came, and when a bare JSON error came in place of events", () => {
		expect(faultOf(() => stream("")).kind).toBe("empty");
		const bare = JSON.stringify(fixtures.status(503, "UNAVAILABLE", "The model is overloaded."));
		expect(faultOf(() => stream(bare)).kind).toBe("empty");
	});

	it("breaks at an error frame with the kind that the error names", () => {
		const error = fixtures.status(503, "UNAVAILABLE", "The model is overloaded.");
		const frames = `${fixtures.textStream.split("\r\n\r\n", 1)[0]}\r\n\r\n${fixtures.sse([error])}`;
		expect(faultOf(() => stream(frames))).toMatchObject({ kind: "overloaded", message: "The model is overloaded." });
		expect(faultOf(() => stream(fixtures.sse([[error]]))).kind).toBe("overloaded");
	});

	it("is malformed when the model wrote a broken function call", () => {
		const frames = fixtures.sse([
			{ candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: "Malformed function call: print(" }] },
		]);
		expect(faultOf(() => stream(frames))).toMatchObject({ kind: "malformed", code: "MALFORMED_FUNCTION_CALL" });
	});
});

describe("a whole answer of Gemini", () => {
	it("becomes a message with reasoning, signature and usage without gaps", () => {
		const completion = decode(fixtures.whole);
		expect(completion).toMatchObject({
			model: "gemini-3.5-flash",
			choices: [
				{
					index: 0,
					finish_reason: "stop",
					message: {
						role: "assistant",
						content: "There are 3",
						refusal: null,
						reasoning_content: "Counting.",
						reasoning_details: [{ format: "google-gemini-v1", data: "c2ln" }],
					},
				},
			],
			usage: { cacheRead: 60, uncachedInput: 45, output: 272, reasoning: 244, imageInput: 30, audioInput: 10 },
		});
		expect(completion.usage && promptTokens(completion.usage)).toBe(105);
	});

	it("keeps Gemini's own call id and says {} for no arguments", () => {
		expect(decode(fixtures.wholeToolCall).choices[0]).toMatchObject({
			finish_reason: "tool_calls",
			message: {
				content: null,
				tool_calls: [{ id: "fc_9", type: "function", function: { name: "now", arguments: "{}" } }],
			},
		});
	});

	it("ends in content_filter for a blocked prompt and a blocked answer, usage kept", () => {
		expect(decode(fixtures.blockedPrompt)).toMatchObject({
			choices: [
				{ finish_reason: "content_filter", native_finish_reason: "PROHIBITED_CONTENT", message: { content: null } },
			],
			usage: { uncachedInput: 9, output: 0 },
		});
		expect(decode(fixtures.safety).choices[0]).toMatchObject({ finish_reason: "content_filter" });
		expect(collect(stream(fixtures.sse([fixtures.blockedPrompt])))).toMatchObject({
			text: "",
			finish: "content_filter",
		});
	});

	it("ends in length when thinking used up the output", () => {
		expect(decode(fixtures.spentOnThinking)).toMatchObject({
			choices: [{ finish_reason: "length", message: { content: null } }],
			usage: { output: 97, reasoning: 97 },
		});
		const continued = {
			candidates: [{ content: { parts: [{ text: "x" }] }, finishReason: "CONTINUATION", continuationToken: "t" }],
		};
		expect(decode(continued).choices[0]?.finish_reason).toBe("length");
	});

	it("returns images as data URLs", () => {
		const body = {
			candidates: [
				{ content: { parts: [{ inlineData: { mimeType: "image/png", data: "iVBO" } }] }, finishReason: "STOP" },
			],
		};
		expect(decode(body).choices[0]?.message.images).toEqual([
			{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
		]);
	});

	it("maps token probabilities", () => {
		const body = {
			candidates: [
				{
					content: { parts: [{ text: "Hi" }] },
					finishReason: "STOP",
					logprobsResult: {
						chosenCandidates: [{ token: "Hi", logProbability: -0.1 }],
						topCandidates: [
							{
								candidates: [
									{ token: "Hi", logProbability: -0.1 },
									{ token: "Yo", logProbability: -3 },
								],
							},
						],
					},
				},
			],
		};
		expect(decode(body).choices[0]?.logprobs).toEqual({
			content: [
				{
					token: "Hi",
					logprob: -0.1,
					bytes: null,
					top_logprobs: [
						{ token: "Hi", logprob: -0.1, bytes: null },
						{ token: "Yo", logprob: -3, bytes: null },
					],
				},
			],
			refusal: null,
		});
	});

	it("turns grounding into citations counted in characters", () => {
		const body = {
			candidates: [
				{
					content: { parts: [{ text: "Größe: 5 m" }] },
					finishReason: "STOP",
					groundingMetadata: {
						groundingChunks: [{ web: { uri: "https://example.org/a", title: "A" } }],
						groundingSupports: [{ segment: { startIndex: 9, endIndex: 12 }, groundingChunkIndices: [0, 7] }],
					},
				},
			],
		};
		const request = chat({ providerExtensions: { gemini: { tools: [{ googleSearch: {} }] } } });
		expect(decode(body, request).choices[0]?.message.annotations).toEqual([
			{
				type: "url_citation",
				url_citation: { url: "https://example.org/a", title: "A", start_index: 7, end_index: 10 },
			},
		]);
	});

	it("is empty without candidates, an error inside a 200 is that error", () => {
		expect(faultOf(() => decode({ usageMetadata: { promptTokenCount: 1 } })).kind).toBe("empty");
		expect(faultOf(() => decode([fixtures.rateLimited]))).toMatchObject({ kind: "rate_limited", retryAfterMs: 34400 });
	});

	it("has no usage where Gemini does not count the prompt", () => {
		const { usageMetadata: _, ...bare } = fixtures.whole;
		expect(decode(bare).usage).toBeNull();
		expect(decode({ ...bare, usageMetadata: { promptTokenCount: "9" } }).usage).toBeNull();
	});
});

describe("hostile answers", () => {
	it("are malformed when their arguments are nested too deep to be written again", () => {
		const args = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
		const frame = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":${args}}}]}}]}`;
		expect(faultOf(() => stream(`data: ${frame}\n\n`)).kind).toBe("malformed");
	});

	it("break the stream when an event is not JSON", () => {
		expect(faultOf(() => stream("data: <html>\n\n")).kind).toBe("malformed");
	});
});
