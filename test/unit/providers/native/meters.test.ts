import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { UpstreamError } from "#core/fault";
import type { JsonObject } from "#lib/json";
import { SseParser } from "#lib/sse";
import type { NativeEndpoint } from "#operations/native/endpoint";
import type { NativeRequest } from "#operations/native/request";
import type { NativeCodec, ProviderAdapter } from "#providers/adapter";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { openai } from "#providers/vendors/openai";
import { workersAi } from "#providers/workers-ai/index";

function at(adapter: ProviderAdapter, path: string): { codec: NativeCodec; endpoint: NativeEndpoint } {
	const codec = adapter.native as NativeCodec;
	return { codec, endpoint: codec.api.endpoints.find((one) => one.path === path) as NativeEndpoint };
}
const CHAT = at(openai, "/chat/completions");
const RESPONSES = at(openai, "/responses");
const EMBEDDINGS = at(openai, "/embeddings");
const MESSAGES = at(anthropic, "/messages");
const GENERATE = at(gemini, "/models/{model}:generateContent");
const RUN = at(workersAi, "{model}");

const requestTo = (endpoint: NativeEndpoint, body: JsonObject): NativeRequest => ({
	stream: body.stream === true,
	endpoint,
	body,
	headers: {},
});
const modelOf = (provider: string) => BUILT_IN_MODELS.find((model) => model.provider === provider) as Model;

/** All that a stream comes to: what goes to the caller, what was written, and the last usage. */
function streamed({ codec, endpoint }: typeof CHAT, wire: string, body: JsonObject = { stream: true }) {
	const decoder = codec.decoder(requestTo(endpoint, body), modelOf("openai"));
	const chunks = new SseParser().push(new TextEncoder().encode(wire)).flatMap((event) => decoder.push(event));
	chunks.push(...decoder.end());
	return {
		wire: chunks.map((chunk) => chunk.wire).join(""),
		text: chunks.map(({ text }) => text).join(""),
		usage: chunks.findLast(({ usage }) => usage !== undefined)?.usage,
		tier: chunks.findLast(({ service_tier: tier }) => tier !== undefined)?.service_tier,
	};
}

const event = (data: object, name?: string) =>
	`${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
const delta = (content: string, finish: string | null = null) =>
	event({ choices: [{ index: 0, delta: { content }, finish_reason: finish }], usage: null, odd: "kept" });

describe("a stream of Chat Completions", () => {
	const usage = event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 }, service_tier: "default" });
	const body = delta("Hel") + delta("lo", "stop");

	it("is passed on event by event, and metered", () => {
		const asked = { stream: true, stream_options: { include_usage: true } };
		const found = streamed(CHAT, `${body}${usage}data: [DONE]\n\n`, asked);
		expect(found).toMatchObject({ wire: `${body}${usage}data: [DONE]\n\n`, text: "Hello", tier: "default" });
		expect(found.usage).toMatchObject({ uncachedInput: 5, output: 2 });
	});

	it("keeps the usage from a caller who did not ask for it", () => {
		const found = streamed(CHAT, `${body}${usage}data: [DONE]\n\n`);
		expect(found.wire).toBe(`${body}data: [DONE]\n\n`);
		expect(found.usage).toMatchObject({ output: 2 });
	});

	it("is truncated without a finish of every choice, and an error is one", () => {
		expect(() => streamed(CHAT, delta("Hel"))).toThrow(UpstreamError);
		const second = event({ choices: [{ index: 1, delta: { content: "x" }, finish_reason: null }] });
		expect(() => streamed(CHAT, delta("a", "stop") + second)).toThrow(UpstreamError);
		expect(() => streamed(CHAT, event({ error: { message: "x", type: "server_error" } }))).toThrow(UpstreamError);
	});
});

describe("a stream of Messages", () => {
	const start = event(
		{ type: "message_start", message: { usage: { input_tokens: 7, output_tokens: 1 } } },
		"message_start",
	);
	const text = event({ type: "content_block_delta", delta: { type: "text_delta", text: "Hi" } }, "content_block_delta");
	const end = event(
		{ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 3 } },
		"message_delta",
	);
	const stop = event({ type: "message_stop" }, "message_stop");

	it("is passed on, with the figures of its beginning and its end", () => {
		const found = streamed(MESSAGES, start + text + end + stop);
		expect(found).toMatchObject({ wire: start + text + end + stop, text: "Hi" });
		expect(found.usage).toMatchObject({ uncachedInput: 7, output: 3 });
	});

	it("is truncated without its stop", () => {
		expect(() => streamed(MESSAGES, start + text + end)).toThrow(UpstreamError);
		expect(() => streamed(MESSAGES, event({ type: "error", error: { type: "overloaded_error" } }, "error"))).toThrow(
			UpstreamError,
		);
	});
});

describe("a stream of Responses", () => {
	const text = event({ type: "response.output_text.delta", delta: "Hi" }, "response.output_text.delta");
	const whole = { status: "completed", output: [], usage: { input_tokens: 4, output_tokens: 2 }, service_tier: "flex" };
	const end = event({ type: "response.completed", response: whole }, "response.completed");

	it("is metered by its last event", () => {
		expect(streamed(RESPONSES, text + end)).toMatchObject({
			wire: text + end,
			text: "Hi",
			tier: "flex",
			usage: { output: 2 },
		});
		expect(() => streamed(RESPONSES, text)).toThrow(UpstreamError);
	});

	it("keeps nothing at the vendor", () => {
		const { body } = RESPONSES.codec.encode(
			requestTo(RESPONSES.endpoint, { model: "x", input: "y" }),
			modelOf("openai"),
		);
		expect(body).toEqual({ model: modelOf("openai").id, input: "y", store: false });
	});
});

describe("a stream of Gemini's", () => {
	const frame = (parts: object[], more: object = {}) => event({ candidates: [{ content: { parts }, ...more }] });
	const figures = { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 4 };

	it("is metered by its last figures", () => {
		const first = frame([{ text: "Hi", thoughtSignature: "xxxxxxxx" }]);
		const call = frame([{ functionCall: { name: "f", args: {} } }], { finishReason: "STOP" });
		const last = event({ usageMetadata: figures });
		const found = streamed(GENERATE, first + call + last);
		expect(found).toMatchObject({ wire: first + call + last, usage: { uncachedInput: 3, output: 6 } });
		expect(found.text).toBe('Hi{"functionCall":{"name":"f","args":{}}}');
		expect(() => streamed(GENERATE, first)).toThrow(UpstreamError);
	});

	it("may be one list of frames, and a refusal stands in it", () => {
		const { meter } = GENERATE.endpoint;
		expect(meter.whole([{}, { usageMetadata: figures }]).usage).toMatchObject({ output: 6 });
		expect(() => meter.whole([{ error: { code: 503, message: "busy", status: "UNAVAILABLE" } }])).toThrow(
			UpstreamError,
		);
	});
});

describe("a stream of Workers AI's", () => {
	it("has either shape", () => {
		const classic =
			event({ response: "Hi", p: "abc" }) + event({ response: "", usage: { prompt_tokens: 3, completion_tokens: 1 } });
		const found = streamed(RUN, `${classic}data: [DONE]\n\n`);
		expect(found).toMatchObject({ wire: `${classic}data: [DONE]\n\n`, text: "Hi", usage: { output: 1 } });
		expect(streamed(RUN, delta("Hello", "stop")).text).toBe("Hello");
		expect(() => streamed(RUN, event({ response: "Hi" }))).toThrow(UpstreamError);
	});
});

describe("a whole answer", () => {
	const reply = (bytes: string) => ({ status: 200, headers: new Headers(), bytes: new TextEncoder().encode(bytes) });

	it("is kept as it came, byte by byte", () => {
		const bytes =
			'{ "choices": [], "big": 12345678901234567890, "usage": {"prompt_tokens":1,"completion_tokens":2} }\n';
		const taken = CHAT.codec.take?.(reply(bytes), requestTo(CHAT.endpoint, {}));
		expect(new TextDecoder().decode(taken?.reply.bytes)).toBe(bytes);
		expect(taken?.usage).toMatchObject({ output: 2 });
	});

	it("is a fault where there is nothing in it, or no JSON, or an error", () => {
		for (const bytes of ["", "<html>", '{"error":{"message":"no"}}', "[]"]) {
			expect(() => CHAT.codec.take?.(reply(bytes), requestTo(CHAT.endpoint, {}))).toThrow(UpstreamError);
		}
	});

	it("of a ceiling may be anything", () => {
		const { codec, endpoint } = at(openai, "/audio/speech");
		expect(codec.take?.(reply("\u0000ID3"), requestTo(endpoint, {})).usage).toBeNull();
	});
});

describe("the prompts of an embedding", () => {
	it("are all texts and tokens of the body, whichever of them the vendor reads", () => {
		const body = { model: "m", input: ["a", [1, 2, 3]], more: { text: "b" } };
		const call = EMBEDDINGS.codec.encode(requestTo(EMBEDDINGS.endpoint, body), modelOf("openai"));
		expect(call.prompts).toEqual(expect.arrayContaining(["a", "b", [1, 2, 3]]));
		expect(call.outputLimit).toBe(0);
	});
});
