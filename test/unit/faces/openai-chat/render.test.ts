import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import type { Chunk, Completion } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { renderCompletion } from "#faces/openai-chat/render";
import { ChatStreamRenderer } from "#faces/openai-chat/render-stream";
import { nanoUsd } from "#metering/money";

const head = { id: "chatcmpl-1", created: 7, model: "m" };
const plain = { includeUsage: false, functionCall: false };
const usage = normalUsage({ input: 10, output: 4, cacheRead: 6, reasoning: 1 }) as Usage;
const call = { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":1}' } } as const;

/** The payloads of the events, "[DONE]" as it is. */
function payloads(text: string): unknown[] {
	return text
		.split("\n\n")
		.filter((event) => event !== "")
		.map((event) => event.replace(/^data: /, ""))
		.map((data) => (data === "[DONE]" ? data : JSON.parse(data)));
}

function render(renderer: ChatStreamRenderer, chunks: Chunk[]): unknown[] {
	return payloads(chunks.map((chunk) => renderer.chunk(chunk)).join("") + renderer.end(usage, nanoUsd(1234)));
}

const delta = (part: object, finish: "stop" | "tool_calls" | null = null, index = 0): Chunk => ({
	choices: [{ index, delta: part, finish_reason: finish }],
});

describe("a streamed answer", () => {
	it("comes in OpenAI's order: role, deltas, finish, terminator; no usage unless asked for", () => {
		const events = render(new ChatStreamRenderer(head, plain), [delta({ content: "hi" }), delta({}, "stop")]);
		const chunk = (part: object, finish_reason: string | null) => ({
			...head,
			object: "chat.completion.chunk",
			system_fingerprint: null,
			choices: [{ index: 0, delta: part, logprobs: null, finish_reason }],
		});
		expect(events).toEqual([
			chunk({ role: "assistant", content: "", refusal: null }, null),
			chunk({ content: "hi" }, null),
			chunk({}, "stop"),
			"[DONE]",
		]);
	});

	it("carries a null usage in each chunk and one usage chunk at the end when asked for", () => {
		const events = render(new ChatStreamRenderer(head, { ...plain, includeUsage: true }), [
			delta({ content: "hi" }, "stop"),
		]);
		expect(events.slice(0, -2).every((event) => (event as { usage: unknown }).usage === null)).toBe(true);
		expect(events.at(-2)).toMatchObject({
			choices: [],
			usage: {
				prompt_tokens: 10,
				completion_tokens: 4,
				total_tokens: 14,
				prompt_tokens_details: { cached_tokens: 6 },
				completion_tokens_details: { reasoning_tokens: 1 },
				cost: 0.000001234,
			},
		});
		expect(events.at(-1)).toBe("[DONE]");
	});

	it("gives each choice its role once, and drops chunks that hold nothing", () => {
		const events = render(new ChatStreamRenderer(head, plain), [
			{ choices: [], usage },
			delta({}),
			delta({ content: "a" }, null, 1),
			delta({ content: "b" }, null, 1),
		]);
		const roles = events.filter((event) => JSON.stringify(event).includes('"role"'));
		expect(roles).toHaveLength(2);
		expect(events).toHaveLength(5);
	});

	it("passes on the tier with the role, and the fingerprint with every chunk", () => {
		const renderer = new ChatStreamRenderer(head, { ...plain, includeUsage: true });
		const [first, ...rest] = render(renderer, [
			{ ...delta({ content: "a" }), service_tier: "default", system_fingerprint: "fp" },
			delta({}, "stop"),
		]).slice(0, -1);
		expect(first).toMatchObject({ service_tier: "default", system_fingerprint: "fp" });
		expect(rest).toHaveLength(3);
		for (const chunk of rest) expect(chunk).toMatchObject({ system_fingerprint: "fp" });
	});

	it("has a finish in a chunk of its own, with its native reason, whatever it came with", () => {
		const logprobs = { content: [], refusal: null };
		const finish = { finish_reason: "stop", native_finish_reason: "eos" } as const;
		const events = render(new ChatStreamRenderer(head, plain), [
			{ choices: [{ index: 0, delta: { content: "a" }, logprobs, ...finish }] },
		]);
		expect(events.slice(1, 3).map((event) => (event as Chunk).choices)).toEqual([
			[{ index: 0, delta: { content: "a" }, logprobs, finish_reason: null }],
			[{ index: 0, delta: {}, logprobs: null, ...finish }],
		]);
	});

	it("has OpenAI's stream helper tell that a call's arguments are done, also where a whole call comes with the finish", async () => {
		const renderer = new ChatStreamRenderer(head, plain);
		const text =
			renderer.chunk(delta({ tool_calls: [{ index: 0, ...call }] }, "tool_calls")) + renderer.end(usage, null);
		const client = new OpenAI({
			apiKey: "none",
			fetch: async () => new Response(text, { headers: { "content-type": "text/event-stream; charset=utf-8" } }),
		});
		const done: unknown[] = [];
		const stream = client.chat.completions.stream({ model: "m", messages: [] });
		stream.on("tool_calls.function.arguments.done", ({ name, arguments: text }) => done.push([name, text]));
		await stream.finalChatCompletion();
		expect(done).toEqual([["f", '{"a":1}']]);
	});

	it("writes calls in the deprecated form for a request in the deprecated form", () => {
		const renderer = new ChatStreamRenderer(head, { ...plain, functionCall: true });
		const events = render(renderer, [delta({ tool_calls: [{ index: 0, ...call }] }), delta({}, "tool_calls")]);
		expect(JSON.stringify(events)).not.toContain("tool_calls");
		expect(events[1]).toMatchObject({ choices: [{ delta: { function_call: call.function } }] });
		expect(events[2]).toMatchObject({ choices: [{ finish_reason: "function_call" }] });
	});

	it("ends in an error event without a terminator when it fails", () => {
		const renderer = new ChatStreamRenderer(head, plain);
		const text = renderer.error(
			{ status: 502, type: "server_error", code: "upstream_error", message: "[x] gone" },
			"req_1",
		);
		expect(payloads(text)).toEqual([
			{
				error: { message: "[x] gone", type: "server_error", param: null, code: "upstream_error", request_id: "req_1" },
			},
		]);
	});
});

describe("a whole answer", () => {
	const completion: Completion = {
		choices: [
			{
				index: 0,
				message: { role: "assistant", content: null, refusal: null, tool_calls: [call] },
				finish_reason: "tool_calls",
				native_finish_reason: "STOP",
			},
		],
		usage,
		service_tier: "default",
	};

	it("has OpenAI's shape, with what it cost", () => {
		expect(renderCompletion(head, completion, usage, nanoUsd(5), plain)).toMatchObject({
			...head,
			object: "chat.completion",
			system_fingerprint: null,
			service_tier: "default",
			choices: [
				{
					index: 0,
					message: { tool_calls: [call] },
					logprobs: null,
					finish_reason: "tool_calls",
					native_finish_reason: "STOP",
				},
			],
			usage: { cost: 5e-9 },
		});
	});

	it("says that a cost is not known and that usage was estimated", () => {
		const answer = renderCompletion(head, completion, { ...usage, source: "estimated" }, null, plain);
		expect(answer.usage).toMatchObject({ cost: null, estimated: true });
	});

	it("writes calls in the deprecated form for a request in the deprecated form", () => {
		const answer = renderCompletion(head, completion, usage, null, { ...plain, functionCall: true });
		expect(answer.choices).toMatchObject([
			{ message: { function_call: call.function }, finish_reason: "function_call" },
		]);
		expect(JSON.stringify(answer)).not.toContain("tool_calls");
	});
});
