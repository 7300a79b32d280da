import { describe, expect, it } from "vitest";
import { promptTokens } from "#core/chat/usage";
import { toCompletion } from "#operations/chat/chunks";
import { anthropic } from "#providers/anthropic/index";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/anthropic";
import { chat, errorReply, faultOf, feed, modelOf } from "#test/unit/providers/native";

const model = modelOf("anthropic", "claude-sonnet-5-5");
const stream = (text: string) => feed(anthropic.chat.decoder(chat({ stream: true }), model), text);
const decode = (body: unknown) => anthropic.chat.decode(body, chat(), model);
const { sse, start, open, delta, text, close, end, json } = fixtures;

describe("a streamed answer of Anthropic", () => {
	it("yields its text, the model with it, and its final usage", () => {
		const chunks = stream(fixtures.textStream);
		expect(collect(chunks)).toMatchObject({
			text: "Hello €",
			finish: "stop",
			nativeFinish: "end_turn",
			usage: { uncachedInput: 12, output: 30 },
		});
		const said = chunks.find(({ choices }) => choices.length > 0);
		expect(said).toMatchObject({ model: "claude-sonnet-5-5", choices: [{ delta: { content: "Hel" } }] });
		expect(chunks.findLast((chunk) => chunk.usage)?.service_tier).toBe("standard");
	});

	it("yields thinking as it comes, and once more whole with its signature", () => {
		expect(collect(stream(fixtures.thinkingStream))).toMatchObject({
			text: "21",
			reasoning: "Divide and subtract.",
			reasoningDetails: [
				{ type: "reasoning.text", format: "anthropic-claude-v1", text: "Divide and subtract.", signature: "EsECCokB" },
				{ type: "reasoning.encrypted", format: "anthropic-claude-v1", data: "EmwKAhgB" },
			],
			usage: { output: 373, reasoning: 62 },
		});
	});

	it("numbers tool calls among themselves and says {} for one without arguments", () => {
		const { text: said, toolCalls, finish } = collect(stream(fixtures.toolStream));
		expect([said, finish]).toEqual(["Looking.", "tool_calls"]);
		expect(toolCalls).toEqual([
			{ id: "toolu_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
			{ id: "toolu_2", type: "function", function: { name: "now", arguments: "{}" } },
		]);
	});

	it("takes input that came with the block, and closes blocks that were left open", () => {
		const events = [start(), open(0, { type: "tool_use", id: "t", name: "f", input: { a: 1 } }), ...end("tool_use")];
		expect(collect(stream(sse(events))).toolCalls[0]).toMatchObject({ function: { arguments: '{"a":1}' } });
	});

	it("adds up usage from the beginning and the end, later figures winning", () => {
		const usage = {
			input_tokens: 5,
			cache_read_input_tokens: 100,
			cache_creation_input_tokens: 50,
			cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
			output_tokens: 1,
		};
		const events = [
			start(usage),
			open(0, { type: "text", text: "" }),
			text(0, "x"),
			...end("end_turn", { input_tokens: 7, cache_read_input_tokens: null, output_tokens: 9 }),
		];
		expect(collect(stream(sse(events))).usage).toMatchObject({
			uncachedInput: 7,
			cacheRead: 100,
			cacheWrite: 20,
			cacheWriteHour: 30,
			output: 9,
		});
	});

	it("says where it begins what the prompt is billed, so that a broken stream is charged by that", () => {
		const begun = (usage: object) =>
			anthropic.chat.decoder(chat(), model).push({ event: "message_start", data: JSON.stringify(start(usage)) });
		const told = { input_tokens: 12, cache_read_input_tokens: 900, output_tokens: 1 };
		expect(begun(told)).toMatchObject([{ choices: [], usage: { uncachedInput: 12, cacheRead: 900, output: 1 } }]);
		expect(begun({ input_tokens: 0, output_tokens: 0 })).toEqual([]);
	});

	it("keeps to the prompt that it was told of first when the last word makes it far shorter", () => {
		const events = [
			start({ input_tokens: 4_000, output_tokens: 1 }),
			open(0, { type: "text", text: "" }),
			text(0, "x"),
			...end("end_turn", { input_tokens: 7, output_tokens: 9 }),
		];
		expect(collect(stream(sse(events))).usage).toMatchObject({ uncachedInput: 4_000, output: 9, source: "estimated" });
	});

	it.each([
		["as it is counted in the end", { server_tool_use: { web_search_requests: 2 } }, 2],
		["as it was seen, where that is not said", {}, 1],
		["as it was seen, where nothing is said", { server_tool_use: null }, 1],
	])("counts a search %s, and none before the end", (_, told, webSearches) => {
		const events = [
			start({ input_tokens: 5, output_tokens: 1, server_tool_use: { web_search_requests: 0 } }),
			open(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
			open(1, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }),
			open(2, { type: "text", text: "" }),
			text(2, "x"),
			...end("end_turn", { output_tokens: 9, ...told }),
		];
		expect(collect(stream(sse(events))).usage).toMatchObject({ output: 9, webSearches });
		const decoder = anthropic.chat.decoder(chat(), model);
		const early = [start(), { type: "message_delta", delta: {}, usage: { output_tokens: 2, ...told } }];
		const before = early.flatMap((event) => decoder.push({ event: "", data: JSON.stringify(event) }));
		expect(before.at(-1)?.usage).toMatchObject({ output: 2 });
		expect(before.at(-1)?.usage?.webSearches).toBeUndefined();
	});

	it("cites pages for the text of the block that cites them, whole or streamed", () => {
		const page = { type: "web_search_result_location", url: "https://example.com", title: "t", cited_text: "quoted" };
		const other = { type: "char_location", document_index: 0, cited_text: "no page" };
		const url_citation = { url: "https://example.com", title: "t", content: "quoted", start_index: 3, end_index: 6 };
		const expected = [{ type: "url_citation", url_citation }];
		const citing = (citation: object) => ({
			type: "content_block_delta",
			index: 1,
			delta: { type: "citations_delta", citation },
		});
		const events = [
			start(),
			open(0, { type: "text", text: "" }),
			text(0, "One"),
			{ type: "content_block_stop", index: 0 },
			open(1, { type: "text", text: "" }),
			citing(page),
			text(1, "Two"),
			citing(other),
			{ type: "content_block_stop", index: 1 },
			...end("end_turn"),
		];
		const deltas = stream(sse(events)).flatMap(({ choices }) => choices.map(({ delta }) => delta));
		expect(deltas.flatMap(({ annotations = [] }) => annotations)).toEqual(expected);
		const content = [
			{ type: "text", text: "One", citations: null },
			{ type: "text", text: "Two", citations: [page, other] },
		];
		const { choices } = decode({ ...fixtures.whole, content });
		expect(choices[0]?.message).toMatchObject({ content: "OneTwo", annotations: expected });
	});

	it("has no usage as a whole when the last word of it cannot be read", () => {
		const events = [
			start(),
			open(0, { type: "text", text: "" }),
			text(0, "x"),
			...end("end_turn", { output_tokens: "9" }),
		];
		const chunks = stream(sse(events));
		expect(collect(chunks).usage).toMatchObject({ output: 1 });
		expect(toCompletion(chunks).usage).toBeNull();
	});

	it("ignores the blocks of tools that run at Anthropic's", () => {
		const events = [
			start(),
			open(0, { type: "server_tool_use", id: "srv", name: "web_search", input: {} }),
			json(0, '{"query":"x"}'),
			close(0),
			open(1, { type: "text", text: "" }),
			text(1, "Found."),
			delta(1, { type: "citations_delta", citation: {} }),
			...end("end_turn"),
		];
		expect(collect(stream(sse(events)))).toMatchObject({ text: "Found.", toolCalls: [], finish: "stop" });
	});

	it.each([
		["max_tokens", "length"],
		["model_context_window_exceeded", "length"],
		["stop_sequence", "stop"],
		["pause_turn", "stop"],
		["refusal", "content_filter"],
		["something_new", "stop"],
		["tool_use", "stop"],
	])("ends with %s as %s when there are no calls", (native, finish) => {
		const events = [start(), open(0, { type: "text", text: "x" }), ...end(native)];
		expect(collect(stream(sse(events)))).toMatchObject({ finish, nativeFinish: native });
	});

	it("is truncated without message_stop, empty without message_start", () => {
		const cut = fixtures.textStream.slice(0, fixtures.textStream.indexOf("event: message_stop"));
		expect(faultOf(() => stream(cut)).kind).toBe("truncated");
		expect(faultOf(() => stream(sse([start(), { type: "message_stop" }]))).kind).toBe("truncated");
		expect(faultOf(() => stream(sse([fixtures.ping]))).kind).toBe("empty");
	});

	it("breaks at an error event with its kind and request", () => {
		const events = sse([start(), fixtures.error("overloaded_error", "Overloaded")]);
		expect(faultOf(() => stream(events))).toMatchObject({
			kind: "overloaded",
			code: "overloaded_error",
			message: "Overloaded",
			upstreamRequestId: "req_011CbrFTcXhtiMzr3s6EocF7",
		});
	});
});

describe("a whole answer of Anthropic", () => {
	it("becomes a message with its blocks kept and all input counted once", () => {
		const completion = decode(fixtures.whole);
		expect(completion).toMatchObject({
			model: "claude-sonnet-5-5",
			service_tier: "standard",
			choices: [
				{
					finish_reason: "tool_calls",
					message: {
						content: "Hi",
						refusal: null,
						reasoning_details: [
							{ type: "reasoning.text", text: "", signature: "EqMB" },
							{ type: "reasoning.encrypted", data: "EmwK" },
						],
						tool_calls: [{ id: "toolu_1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
					},
				},
			],
			usage: { uncachedInput: 12, cacheRead: 2000, cacheWrite: 100, cacheWriteHour: 200, output: 30, reasoning: 9 },
		});
		expect(completion.choices[0]?.message).not.toHaveProperty("reasoning_content");
		expect(completion.usage && promptTokens(completion.usage)).toBe(2312);
	});

	it("ends in content_filter when the model refused", () => {
		expect(decode(fixtures.refusal).choices[0]).toMatchObject({
			finish_reason: "content_filter",
			native_finish_reason: "refusal",
			message: { content: null },
		});
	});

	it("has no usage when a figure is none", () => {
		expect(decode({ ...fixtures.whole, usage: { ...fixtures.whole.usage, input_tokens: "12" } }).usage).toBeNull();
		expect(decode({ ...fixtures.whole, usage: undefined }).usage).toBeNull();
	});

	it("is the error that it holds, and malformed without content", () => {
		expect(faultOf(() => decode(fixtures.error("api_error", "Internal"))).kind).toBe("server");
		expect(faultOf(() => decode({ type: "message" })).kind).toBe("malformed");
	});
});

describe("an error of Anthropic", () => {
	const { error } = fixtures;
	const fault = (status: number, body: unknown, headers = {}) => anthropic.fault(errorReply(status, body, headers));
	it("carries how long to wait and Anthropic's request id", () => {
		expect(
			fault(429, error("rate_limit_error", "Slow down"), { "retry-after": "12", "request-id": "req_header" }),
		).toMatchObject({ retryAfterMs: 12_000, upstreamRequestId: "req_header" });
		const capped = error("rate_limit_error", "Cap", { error_code: "enforced_spend_limit_reached" });
		expect(fault(429, capped, { "retry-after": "12" })).not.toHaveProperty("retryAfterMs");
	});
});

describe("hostile answers", () => {
	it("are malformed when a tool's input is nested too deep to be written again", () => {
		const input = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`);
		const body = { ...fixtures.whole, content: [{ type: "tool_use", id: "t", name: "f", input }] };
		expect(faultOf(() => decode(body)).kind).toBe("malformed");
	});
});
