import { describe, expect, it } from "vitest";
import { openaiCompatible } from "#providers/openai-chat/index";
import { collect } from "#test/unit/providers/collect";
import { sse, unterminated } from "#test/unit/providers/fixtures/openai";
import { chat, faultOf, feed, modelOf } from "#test/unit/providers/native";

/** Servers that say they speak OpenAI's protocol, and what they make of it. */
const model = { ...modelOf("openai", "gpt-4.1"), provider: "vllm" as never, id: "some/model" };
const stream = (frames: readonly unknown[], request = chat({ stream: true })) =>
	feed(openaiCompatible.chat.decoder(request, model), sse(frames));
const message = (message: unknown, finish: unknown = "stop") =>
	openaiCompatible.chat.decode({ choices: [{ message, finish_reason: finish }] }, chat(), model).choices[0];
const delta = (delta: unknown, finish?: unknown) => ({ choices: [{ index: 0, delta, finish_reason: finish }] });
const call = (fields: Record<string, unknown>) => delta({ tool_calls: [fields] });
const fn = (name: string | undefined, args: unknown) => ({ function: { name, arguments: args } });

describe("tool calls of a careless server", () => {
	it("are at most a thousand in a stream, however small", () => {
		const calls = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, ...fn("f", "") }));
		const streamed = (count: number) => stream([delta({ tool_calls: calls(count) }), delta({}, "tool_calls")]);
		expect(collect(streamed(1_000)).toolCalls).toHaveLength(1_000);
		expect(faultOf(() => streamed(1_001)).kind).toBe("malformed");
	});

	it("are kept apart when all have index 0 but ids of their own", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", type: "function", ...fn("one", '{"x"') }),
				call({ index: 0, ...fn(undefined, ":1}") }),
				call({ index: 0, id: "b", type: "function", ...fn("two", "") }),
				call({ index: 0, ...fn(undefined, '{"y":2}') }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toEqual([
			{ id: "a", type: "function", function: { name: "one", arguments: '{"x":1}' } },
			{ id: "b", type: "function", function: { name: "two", arguments: '{"y":2}' } },
		]);
	});

	it("are kept apart by their ids even when they call the same function, before any argument came", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", "") }),
				call({ index: 0, id: "b", ...fn("one", "") }),
				call({ index: 0, id: "b", ...fn(undefined, '{"x":2}') }),
				call({ index: 0, id: "a", ...fn(undefined, '{"x":1}') }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toEqual([
			{ id: "a", type: "function", function: { name: "one", arguments: '{"x":1}' } },
			{ id: "b", type: "function", function: { name: "one", arguments: '{"x":2}' } },
		]);
	});

	it("are kept apart by their index though their ids are equal, and get ids of their own", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", '{"x"') }),
				call({ index: 1, id: "a", ...fn("two", '{"y"') }),
				call({ index: 0, id: "a", ...fn(undefined, ":1}") }),
				call({ index: 1, ...fn(undefined, ":2}") }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toEqual([
			{ id: "a", type: "function", function: { name: "one", arguments: '{"x":1}' } },
			{ id: "call_1_0_1", type: "function", function: { name: "two", arguments: '{"y":2}' } },
		]);
	});

	it.each([
		["the index, too", 0],
		["no index", undefined],
	])("are kept apart where they have equal ids and %s, by another name or whole arguments", (_, index) => {
		const { toolCalls } = collect(
			stream([
				call({ index, id: "a", ...fn("one", '{"x":1}') }),
				call({ index, id: "a", ...fn("one", '{"x":2}') }),
				call({ index, id: "a", ...fn("two", "{}") }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toEqual([
			{ id: "a", type: "function", function: { name: "one", arguments: '{"x":1}' } },
			{ id: "call_1_0_1", type: "function", function: { name: "one", arguments: '{"x":2}' } },
			{ id: "call_1_0_2", type: "function", function: { name: "two", arguments: "{}" } },
		]);
	});

	it("are one where every fragment says id and name, and where the end says it all once more", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", '{"x":{"y"') }),
				call({ index: 0, id: "a", ...fn("one", ":1}") }),
				call({ index: 0, id: "a", ...fn("one", "}") }),
				call({ index: 0, id: "a", ...fn("one", "") }),
				call({ index: 0, id: "a", ...fn("one", '{"x":{"y":1}}') }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toEqual([{ id: "a", type: "function", function: { name: "one", arguments: '{"x":{"y":1}}' } }]);
	});

	it("have different ids in a whole answer, whatever the server says", () => {
		const calls = [
			{ id: "call_1_0_1", ...fn("one", "{}") },
			{ id: "call_1_0_1", ...fn("two", "{}") },
			{ ...fn("three", "{}") },
		];
		const ids = message({ tool_calls: calls })?.message.tool_calls?.map(({ id }) => id);
		expect(ids?.[0]).toBe("call_1_0_1");
		expect(new Set(ids).size).toBe(3);
	});

	it("go on with the last one when later fragments leave the index out", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", "{}") }),
				call({ index: 1, id: "b", ...fn("two", '{"y"') }),
				call(fn(undefined, ":2}")),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls.map((made) => made.type === "function" && made.function.arguments)).toEqual(["{}", '{"y":2}']);
	});

	it("are counted from zero without gaps, whatever indexes came", () => {
		const chunks = stream([
			call({ index: 7, id: "a", ...fn("one", "{}") }),
			call({ index: 3, id: "b", ...fn("two", "{}") }),
			delta({}, "tool_calls"),
		]);
		const indexes = chunks.flatMap(({ choices }) => choices.flatMap((choice) => choice.delta.tool_calls ?? []));
		expect(indexes.map(({ index }) => index)).toEqual([0, 1]);
	});

	it("are found without index and id, whole or in fragments", () => {
		const { toolCalls } = collect(
			stream([
				delta({ tool_calls: [fn("one", '{"x":1}'), fn("one", '{"x":2}')] }),
				delta({ tool_calls: [fn("two", '{"y"')] }),
				delta({ tool_calls: [fn(undefined, ":3}")] }),
				delta({}, "stop"),
			]),
		);
		expect(toolCalls.map((made) => made.type === "function" && made.function)).toEqual([
			{ name: "one", arguments: '{"x":1}' },
			{ name: "one", arguments: '{"x":2}' },
			{ name: "two", arguments: '{"y":3}' },
		]);
	});

	it("get ids where none came: distinct, the same at every decoding, others in the next turn", () => {
		const frames = [delta({ tool_calls: [fn("one", "{}"), fn("two", "{}")] }), delta({}, "tool_calls")];
		const ids = (turns: number) =>
			collect(
				stream(frames, chat({ messages: Array.from({ length: turns }, () => ({ role: "user", content: "?" })) })),
			).toolCalls.map(({ id }) => id);
		expect(new Set([...ids(1), ...ids(3)]).size).toBe(4);
		expect(ids(1)).toEqual(ids(1));
	});

	it("open once when id and name are repeated with every fragment", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", '{"x"') }),
				call({ index: 0, id: "a", ...fn("one", ":1}") }),
				call({ index: 1, ...fn("two", '{"y"') }),
				call({ index: 1, ...fn("two", ":2}") }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toMatchObject([
			{ id: "a", function: { name: "one", arguments: '{"x":1}' } },
			{ function: { name: "two", arguments: '{"y":2}' } },
		]);
	});

	it("go on when later fragments carry an empty or another id", () => {
		const { toolCalls } = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", "") }),
				call({ index: 0, id: "", ...fn("", '{"x":') }),
				call({ index: 0, id: "chatcmpl-tool-9", ...fn(undefined, "1}") }),
				delta({}, "tool_calls"),
			]),
		);
		expect(toolCalls).toEqual([{ id: "a", type: "function", function: { name: "one", arguments: '{"x":1}' } }]);
	});

	it("wait for a name that comes late, and break the answer when it never comes", () => {
		const late = [call({ index: 0, id: "a", ...fn(undefined, '{"x"') }), call({ index: 0, ...fn("one", ":1}") })];
		expect(collect(stream([...late, delta({}, "tool_calls")])).toolCalls).toMatchObject([
			{ id: "a", function: { name: "one", arguments: '{"x":1}' } },
		]);
		expect(faultOf(() => stream([...late.slice(0, 1), delta({}, "tool_calls")])).kind).toBe("malformed");
	});

	it("ignore a closing fragment with nothing in it", () => {
		const closing = { id: null, type: null, index: 0, function: { name: null, arguments: "" } };
		expect(collect(stream([delta({ content: "Hi" }), call(closing), delta({}, "stop")]))).toMatchObject({
			text: "Hi",
			toolCalls: [],
			finish: "stop",
		});
	});

	it("have JSON for arguments where the server sent an object, or nothing", () => {
		const streamed = collect(
			stream([
				call({ index: 0, id: "a", ...fn("one", { x: 1 }) }),
				call({ index: 1, id: "b", ...fn("two", "") }),
				call({ index: 2, id: "c", name: "three", arguments: { z: 3 } }),
				delta({}, "tool_calls"),
			]),
		).toolCalls;
		const whole = message({
			tool_calls: [
				{ id: "a", ...fn("one", { x: 1 }) },
				{ id: "b", ...fn("two", null) },
				{ id: "c", name: "three", arguments: { z: 3 } },
			],
		})?.message.tool_calls;
		const expected = ['{"x":1}', "{}", '{"z":3}'];
		for (const calls of [streamed, whole]) {
			expect(calls?.map((made) => made.type === "function" && made.function.arguments)).toEqual(expected);
		}
	});

	it("are read from an object in place of the list, and from the deprecated function_call", () => {
		const single = { id: "a", ...fn("one", "{}") };
		const old = { name: "one", arguments: "{}" };
		for (const body of [{ tool_calls: single }, { function_call: old }]) {
			const streamed = collect(stream([delta(body), delta({}, "function_call")]));
			expect(streamed).toMatchObject({ toolCalls: [{ function: { name: "one" } }], finish: "tool_calls" });
			expect(message(body, "function_call")).toMatchObject({
				message: { content: null, tool_calls: [{ function: { name: "one" } }] },
				finish_reason: "tool_calls",
			});
		}
	});

	it("get distinct ids in a whole answer that repeats one", () => {
		const calls = message({
			tool_calls: [{ id: "x", ...fn("one", "{}") }, { id: "x", ...fn("two", "{}") }, fn("three", "{}")],
		})?.message.tool_calls;
		expect(new Set(calls?.map(({ id }) => id)).size).toBe(3);
	});

	it("keep Gemini's thought signature", () => {
		const extra = { google: { thought_signature: "sig" } };
		const made = { index: 0, id: "a", ...fn("one", "{}"), extra_content: extra };
		expect(collect(stream([call(made), delta({}, "stop")])).toolCalls).toMatchObject([{ extra_content: extra }]);
		expect(message({ tool_calls: [made] })?.message.tool_calls).toMatchObject([{ extra_content: extra }]);
	});
});

describe("deltas of a careless server", () => {
	it("are read with a role in every one, numbers and parts for content, and no index", () => {
		const frames = [
			{ choices: [{ delta: { role: "assistant", content: "a" } }] },
			{ choices: [{ delta: { role: "assistant", content: 4 } }] },
			{ choices: [{ delta: { role: "assistant", content: [{ type: "text", text: "b" }] }, finish_reason: "" }] },
			{ choices: [{ delta: { role: "assistant", content: null }, finish_reason: "stop" }] },
		];
		expect(collect(stream(frames))).toMatchObject({ text: "a4b", finish: "stop" });
		expect(message({ content: 4 })?.message.content).toBe("4");
	});

	it("carry annotations, images and audio along", () => {
		const url_citation = { url: "https://example.com", title: "t", start_index: 1, end_index: 9, content: "quoted" };
		const annotations = [
			{ type: "url_citation", url_citation },
			{ type: "file", file: { hash: "h" } },
		];
		const extras = { annotations, images: [{ type: "image_url" }], audio: { id: "a" } };
		expect(stream([delta(extras), delta({}, "stop")])[0]?.choices[0]?.delta).toEqual(extras);
		expect(message({ content: "x", ...extras })?.message).toMatchObject(extras);
	});

	it("cite pages in the form that clients read, whatever is missing, and nothing that is no citation", () => {
		const annotations = [{ type: "url_citation", url_citation: { url: "https://example.com" } }, 1, { type: "x" }];
		const url_citation = { url: "https://example.com", title: "https://example.com", start_index: 0, end_index: 0 };
		expect(message({ content: "x", annotations })?.message.annotations).toEqual([
			{ type: "url_citation", url_citation },
		]);
	});

	it("yield log probabilities with both of their lists, and none that are not tokens", () => {
		const token = { token: "x", logprob: -1, bytes: null, top_logprobs: [] };
		const probabilities = (logprobs: unknown) => {
			const frame = { choices: [{ index: 0, delta: { content: "x" }, logprobs, finish_reason: "stop" }] };
			return stream([frame])[0]?.choices[0]?.logprobs;
		};
		expect(probabilities({ content: [token] })).toEqual({ content: [token], refusal: null });
		expect(probabilities({ content: "likely", refusal: [1] })).toBeUndefined();
	});

	it("yield reasoning by either name, once when both say the same", () => {
		const frames = [
			delta({ reasoning: "th" }),
			delta({ reasoning_content: "in" }),
			delta({ reasoning_content: "k", reasoning: "k" }),
			delta({}, "stop"),
		];
		expect(collect(stream(frames)).reasoning).toBe("think");
		expect(message({ content: "", reasoning: "think" })?.message.reasoning_content).toBe("think");
	});

	it("are the end where the reason is any but a failure, which is named when it is not one of the four", () => {
		const end = (native: string) => collect(stream([delta({ content: "x" }), delta({}, native)]));
		expect(end("eos")).toMatchObject({ finish: "stop", nativeFinish: "eos" });
		expect(end("model_context_window_exceeded")).toMatchObject({ finish: "length" });
		expect(end("repetition")).toMatchObject({ finish: "stop", nativeFinish: "repetition" });
		expect(end("tool_calls")).toMatchObject({ finish: "stop", nativeFinish: "tool_calls" });
		expect(end("__proto__")).toMatchObject({ finish: "stop" });
		for (const failure of ["error", "abort"]) {
			expect(faultOf(() => end(failure))).toMatchObject({ kind: "server", code: failure });
		}
	});

	it("after the end are ignored, so that a reason is given once", () => {
		expect(collect(stream([delta({ content: "x" }, "stop"), delta({ content: "y" }, "stop")]))).toMatchObject({
			text: "x",
			finish: "stop",
		});
	});

	it("break the answer when they are not JSON objects", () => {
		for (const data of ["{", "<html>", "17", '"text"', "[]"]) {
			expect(faultOf(() => feed(openaiCompatible.chat.decoder(chat(), model), `data: ${data}\n\n`)).kind).toBe(
				"malformed",
			);
		}
	});
});

describe("an answer without a finish reason", () => {
	it("counts as finished when it is whole", () => {
		expect(message({ content: "x" }, null)).toMatchObject({ finish_reason: "stop" });
		expect(message({ tool_calls: [fn("one", "{}")] }, undefined)).toMatchObject({ finish_reason: "tool_calls" });
	});

	it("gets distinct indexes for choices that came without", () => {
		const choices = [0, 1].map(() => ({ index: 0, message: { content: "x" }, finish_reason: "stop" }));
		expect(openaiCompatible.chat.decode({ choices }, chat(), model).choices.map(({ index }) => index)).toEqual([0, 1]);
	});
});

describe("usage of a careless server", () => {
	const end = (...frames: unknown[]) => collect(stream([delta({ content: "x" }), ...frames])).usage;
	const plain = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

	it("is found on the finish chunk, on a chunk of its own, on every chunk, and in the choice", () => {
		expect(end({ ...delta({}, "stop"), usage: plain })).toMatchObject({ uncachedInput: 10, output: 5 });
		expect(end(delta({}, "stop"), { choices: [], usage: plain })).toMatchObject({ output: 5 });
		expect(end(delta({}, "stop"), { usage: plain })).toMatchObject({ output: 5 });
		expect(end({ choices: [{ delta: {}, finish_reason: "stop", usage: plain }] })).toMatchObject({ output: 5 });
		expect(
			end(
				{ ...delta({ content: "y" }), usage: { ...plain, completion_tokens: 2 } },
				{ ...delta({}, "stop"), usage: plain },
			),
		).toMatchObject({ output: 5 });
	});

	it("is the last that can be trusted", () => {
		expect(end({ ...delta({}, "stop"), usage: plain }, { choices: [], usage: null })).toMatchObject({ output: 5 });
		expect(end({ ...delta({}, "stop"), usage: { prompt_tokens: -1, completion_tokens: "5" } })).toBeNull();
	});

	it("counts cached tokens by every name that vendors give them", () => {
		for (const cached of [
			{ prompt_tokens_details: { cached_tokens: 4 } },
			{ prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
			{ cached_tokens: 4 },
		]) {
			expect(end({ ...delta({}, "stop"), usage: { ...plain, ...cached } })).toMatchObject({
				uncachedInput: 6,
				cacheRead: 4,
			});
		}
	});

	it("bills reasoning that the server left out of the completion but not out of the total", () => {
		const details = { completion_tokens_details: { reasoning_tokens: 100 } };
		expect(end({ ...delta({}, "stop"), usage: { ...plain, ...details, total_tokens: 115 } })).toMatchObject({
			output: 105,
			reasoning: 100,
		});
		const included = { ...plain, completion_tokens: 105, total_tokens: 115, ...details };
		expect(end({ ...delta({}, "stop"), usage: included })).toMatchObject({ output: 105, reasoning: 100 });
	});
});

describe("an error inside a stream that was accepted", () => {
	const fault = (text: string) => faultOf(() => feed(openaiCompatible.chat.decoder(chat(), model), text));

	it("is recognised in every shape", () => {
		for (const text of [
			unterminated([{ error: { message: "busy", type: "overloaded_error", code: null } }]),
			unterminated([{ object: "error", message: "busy", code: "overloaded" }]),
			unterminated([{ code: 50505, message: "busy", data: null }]),
			'event: error\ndata: {"message":"busy","type":"overloaded_error"}\n\n',
			'event: error\ndata: {"error":{"message":"busy","code":503}}\n\n',
		]) {
			expect(fault(text)).toMatchObject({ kind: "overloaded", message: "busy" });
		}
		expect(fault(unterminated([{ error: "something broke" }]))).toMatchObject({
			kind: "server",
			message: "something broke",
		});
	});

	it("lets usage that came with it out first, so that it is billed", () => {
		const decoder = openaiCompatible.chat.decoder(chat(), model);
		const frame = { error: { message: "gone" }, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } };
		expect(decoder.push({ event: "", data: JSON.stringify(frame) })).toMatchObject([{ usage: { output: 5 } }]);
		expect(faultOf(() => decoder.end())).toMatchObject({ kind: "server", message: "gone" });
	});

	it("is none when the field is null", () => {
		expect(collect(stream([{ ...delta({ content: "x" }), error: null }, delta({}, "stop")])).text).toBe("x");
	});
});

describe("JSON too deep to be written again", () => {
	const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);

	it("is not passed on", () => {
		const { choices } = openaiCompatible.chat.decode(
			{
				choices: [
					{
						message: { content: "x", images: [deep], annotations: [deep], reasoning_details: [{ type: "t", x: deep }] },
						logprobs: { content: deep },
					},
				],
			},
			chat(),
			model,
		);
		expect(JSON.parse(JSON.stringify(choices))).toEqual([
			{ index: 0, message: { role: "assistant", content: "x", refusal: null }, finish_reason: "stop" },
		]);
	});

	it("breaks the answer when it is a call's arguments", () => {
		expect(faultOf(() => message({ tool_calls: [fn("one", deep)] })).kind).toBe("malformed");
	});
});
