import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder } from "#providers/adapter";
import { ADAPTERS, chat } from "#test/unit/simulator/exchange";
import { collect } from "./collect";
import { faultOf, modelOf } from "./native";

const event = (data: unknown, name = ""): SseEvent => ({ event: name, data: JSON.stringify(data) });
const DONE: SseEvent = { event: "", data: "[DONE]" };
const TOOLS: Partial<ChatRequest> = { tools: [{ type: "function", function: { name: "f" } }] };
const chunk = (delta: object, finish: string | null = null) =>
	event({ id: "x", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] });
const candidate = (more: object) =>
	event({ candidates: [{ index: 0, content: { role: "model", parts: [{ text: "Hi" }] }, ...more }] });

/** Each wire: some text, and how it finishes. */
const WIRES: [
	wire: string,
	provider: string,
	id: string,
	more: Partial<ChatRequest>,
	said: SseEvent[],
	end: SseEvent[],
][] = [
	["Chat Completions", "openai", "gpt-4.1", {}, [chunk({ content: "Hi" })], [chunk({}, "stop")]],
	["an imitator's", "deepseek", "deepseek-flash", {}, [chunk({ content: "Hi" })], [chunk({}, "stop")]],
	["Workers AI's newer", "workers-ai", "@cf/openai/gpt-oss-20b", {}, [chunk({ content: "Hi" })], [chunk({}, "stop")]],
	[
		"Responses",
		"openai",
		"gpt-6-astra",
		TOOLS,
		[
			event({ type: "response.created", response: { model: "m" } }),
			event({ type: "response.output_text.delta", output_index: 0, delta: "Hi" }),
		],
		[event({ type: "response.completed", response: { status: "completed" } })],
	],
	[
		"Anthropic's",
		"anthropic",
		"claude-sonnet-5-5",
		{},
		[
			event({ type: "message_start", message: { model: "m", usage: {} } }),
			event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "Hi" } }),
		],
		[event({ type: "message_delta", delta: { stop_reason: "end_turn" } }), event({ type: "message_stop" })],
	],
	["Gemini's", "gemini", "gemini-3.8-flash", {}, [candidate({})], [candidate({ finishReason: "STOP" })]],
];

describe.each(WIRES)("a stream over %s wire", (_, provider, id, more, said, end) => {
	const decoded = (events: readonly SseEvent[]) => {
		const decoder = ADAPTERS[provider]?.chat.decoder(chat([], more), modelOf(provider, id)) as StreamDecoder;
		return [...events.flatMap((one) => decoder.push(one)), ...decoder.end()];
	};

	it("is truncated when it says [DONE] without a finish", () => {
		expect(faultOf(() => decoded([...said, DONE])).kind).toBe("truncated");
		expect(faultOf(() => decoded(said)).kind).toBe("truncated");
	});

	it("is empty when it says nothing else", () => {
		expect(faultOf(() => decoded([DONE])).kind).toBe("empty");
	});

	it("is complete when it says so behind its finish", () => {
		const { text, finish } = collect(decoded([...said, ...end, DONE]));
		expect([text.slice(0, 2), finish]).toEqual(["Hi", "stop"]);
	});
});

describe("a stream of Workers AI's older models, which give no reason", () => {
	const decoder = () =>
		ADAPTERS["workers-ai"]?.chat.decoder(
			chat([]),
			modelOf("workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast"),
		) as StreamDecoder;

	it("is complete by [DONE], and truncated without", () => {
		const whole = decoder();
		const chunks = [...whole.push(event({ response: "Hi" })), ...whole.push(DONE), ...whole.end()];
		expect(collect(chunks)).toMatchObject({ text: "Hi", finish: "stop" });
		const cut = decoder();
		cut.push(event({ response: "Hi" }));
		expect(faultOf(() => cut.end()).kind).toBe("truncated");
	});
});

describe("the terminator", () => {
	it.each([
		["[DONE]", true],
		[" [DONE] \t", true],
		["[DONE", false],
		["", false],
		['"[DONE]"', false],
	])("%j is one: %s", (data, is) => {
		expect(isTerminator({ event: "", data })).toBe(is);
	});
});
