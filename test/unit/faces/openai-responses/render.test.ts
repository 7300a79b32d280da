import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chunk, Delta, FinishReason, Message } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { GatewayError } from "#core/errors";
import type { RequestId } from "#core/ids";
import { parseContinued, parseResponses } from "#faces/openai-responses/parse";
import { ResponsesStreamRenderer, renderResponse } from "#faces/openai-responses/render";
import { nanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import { inputItems } from "#providers/openai-responses/items";
import { decodeResponse } from "#providers/openai-responses/response";
import { ResponsesStreamDecoder } from "#providers/openai-responses/stream";
import { ResponsesStreamRules } from "#test/oracle/responses-stream";

const requestId = "req_1" as RequestId;
const head = { requestId, receivedAt: 7_000, model: "m" };
const usage = normalUsage({ input: 10, output: 4, cacheRead: 6, reasoning: 1 }) as Usage;
const cost = nanoUsd(1234);
const TOOLS = [
	{ type: "function", name: "f", parameters: {}, strict: false },
	{ type: "custom", name: "patch" },
	{ type: "namespace", name: "crm", description: "", tools: [{ type: "function", name: "find", strict: false }] },
];
const read = (input: unknown) => parseResponses({ model: "m", input, tools: TOOLS }, () => undefined);
const { style } = read("Hi");

type WireEvent = { type: string; [field: string]: unknown };

function judgedEvents(text: string): WireEvent[] {
	const rules = new ResponsesStreamRules(requestId);
	rules.push(text);
	rules.end();
	return text
		.split("\n\n")
		.filter((event) => event.startsWith("event: "))
		.map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)));
}

const chunk = (delta: Delta, finish_reason: FinishReason | null = null): Chunk => ({
	choices: [{ index: 0, delta, finish_reason }],
});

function stream(chunks: readonly Chunk[]): WireEvent[] {
	const renderer = new ResponsesStreamRenderer(head, style);
	return judgedEvents(chunks.map((one) => renderer.chunk(one)).join("") + renderer.end(usage, cost));
}

function outputOf(events: readonly WireEvent[]): unknown[] {
	return (events.at(-1) as unknown as { response: { output: unknown[] } }).response.output;
}

describe("an answer of OpenAI's, item by item", () => {
	const search = {
		id: "ws_9",
		type: "web_search_call",
		status: "completed",
		action: { type: "search", query: "q", queries: ["q"] },
	};
	const thought = (id: string, text: string) => ({
		id,
		type: "reasoning",
		summary: [{ type: "summary_text", text }],
		encrypted_content: `e-${id}`,
	});
	const said = (id: string, text: string, phase: string) => ({
		id,
		type: "message",
		status: "completed",
		role: "assistant",
		phase,
		content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
	});
	const output = [
		thought("rs_1", "First"),
		search,
		thought("rs_2", "Then"),
		said("msg_1", "Looking", "commentary"),
		said("msg_2", "Found", "final_answer"),
	];
	const request = parseContinued({ model: "m", input: "Hi" }, () => undefined).request;

	function streamed(): unknown[] {
		const decoder = new ResponsesStreamDecoder(request.responses?.itemized);
		const renderer = new ResponsesStreamRenderer(head, style);
		const send = (type: string, fields: object) => {
			const chunks = decoder.push({ event: type, data: JSON.stringify({ type, ...fields }) });
			return chunks.map((one) => renderer.chunk(one)).join("");
		};
		let text = "";
		for (const [output_index, item] of output.entries()) {
			const { content } = item as { content?: { text: string }[] };
			text += send("response.output_item.added", { output_index, item: { ...item, status: "in_progress" } });
			if (content) text += send("response.output_text.delta", { output_index, delta: content[0]?.text });
			text += send("response.output_item.done", { output_index, item });
		}
		text += send("response.completed", { response: { status: "completed", output } });
		return outputOf(judgedEvents(text + renderer.end(usage, cost)));
	}

	function whole(): unknown[] {
		const completion = decodeResponse({ status: "completed", output }, request);
		return renderResponse(head, completion, usage, cost, style).output as unknown[];
	}

	it.each([
		["whole", whole],
		["streamed", streamed],
	])("keeps searches and phases, and comes back as it was: %s", (_, answer) => {
		const items = answer() as { id: string; type: string }[];
		expect(items.map(({ id }) => id)).toEqual(["rs_1_0", "ws_1_1", "rs_1_2", "msg_1_3", "msg_1_4"]);
		expect(items[1]).toEqual({ ...search, id: "ws_1_1" });
		expect(items.slice(3)).toMatchObject([
			{ phase: "commentary", content: [{ text: "Looking" }] },
			{ phase: "final_answer", content: [{ text: "Found" }] },
		]);
		const { messages, responses } = parseResponses({ model: "m", input: items }, () => undefined).request;
		const sent = inputItems(messages, [], responses?.items);
		expect(sent).toMatchObject([
			thought("rs_1", "First"),
			{ type: "web_search_call" },
			thought("rs_2", "Then"),
			{ phase: "commentary" },
			{ phase: "final_answer" },
		]);
	});

	it("is one text for a caller who is told of no items", () => {
		const read = parseResponses({ model: "m", input: "Hi" }, () => undefined).request;
		const { message } = decodeResponse({ status: "completed", output }, read).choices[0] ?? {};
		expect(message).toMatchObject({ content: "Looking\n\nFound" });
		expect(message).not.toHaveProperty("deltas");
	});
});

describe("calls of the caller's own tools", () => {
	it("are items of their own type once they are whole", () => {
		const { style: own } = parseResponses(
			{
				model: "m",
				input: "Hi",
				tools: [
					...["local_shell", "shell", "apply_patch"].map((type) => ({ type })),
					{ type: "tool_search", execution: "client" },
				],
			},
			() => undefined,
		);
		const called = (index: number, name: string, given: object | string) => {
			const text = typeof given === "string" ? given : JSON.stringify(given);
			const begin = { index, id: `c${index}`, type: "function", function: { name, arguments: "" } } as const;
			return [chunk({ tool_calls: [begin] }), chunk({ tool_calls: [{ index, function: { arguments: text } }] })];
		};
		const renderer = new ResponsesStreamRenderer(head, own);
		const chunks = [
			...called(0, "local_shell", { command: ["ls", "-l"], working_directory: "/" }),
			...called(1, "shell", { commands: ["ls"], timeout_ms: 5 }),
			...called(2, "apply_patch", { type: "update_file", path: "a", diff: "@@" }),
			...called(3, "tool_search", { query: "crm" }),
			...called(4, "shell", "no JSON"),
			chunk({}, "tool_calls"),
		];
		const text = chunks.map((one) => renderer.chunk(one)).join("") + renderer.end(usage, cost);
		const empty = { timeout_ms: null, max_output_length: null };
		const environment = { type: "local" };
		const status = "completed";
		expect(outputOf(judgedEvents(text))).toEqual([
			{
				id: "lsh_1_0",
				call_id: "c0",
				type: "local_shell_call",
				action: { type: "exec", command: ["ls", "-l"], env: {}, working_directory: "/" },
				status,
			},
			{
				id: "sh_1_1",
				call_id: "c1",
				type: "shell_call",
				action: { ...empty, commands: ["ls"], timeout_ms: 5 },
				environment,
				status,
			},
			{
				id: "apc_1_2",
				call_id: "c2",
				type: "apply_patch_call",
				operation: { type: "update_file", path: "a", diff: "@@" },
				status,
			},
			{
				id: "tsc_1_3",
				call_id: "c3",
				type: "tool_search_call",
				execution: "client",
				arguments: { query: "crm" },
				status,
			},
			{ id: "sh_1_4", call_id: "c4", type: "shell_call", action: { ...empty, commands: [] }, environment, status },
		]);
	});
});

describe("a streamed answer", () => {
	it("has every event of a text in OpenAI's order", () => {
		const events = stream([chunk({ content: "Hel" }), chunk({ content: "lo" }), chunk({}, "stop")]);
		expect(events.map(({ type }) => type)).toEqual([
			"response.created",
			"response.in_progress",
			"response.output_item.added",
			"response.content_part.added",
			"response.output_text.delta",
			"response.output_text.delta",
			"response.output_text.done",
			"response.content_part.done",
			"response.output_item.done",
			"response.completed",
		]);
		expect(events.at(-1)?.response).toMatchObject({
			id: "resp_1",
			created_at: 7,
			status: "completed",
			store: false,
			output: [{ type: "message", content: [{ type: "output_text", text: "Hello" }] }],
			usage: {
				input_tokens: 10,
				input_tokens_details: { cached_tokens: 6, cache_write_tokens: 0 },
				output_tokens: 4,
				output_tokens_details: { reasoning_tokens: 1 },
				total_tokens: 14,
				cost: 0.000001234,
			},
		});
	});

	it("shows reasoning as its summary, then calls under the names that the caller gave them", () => {
		const events = stream([
			chunk({ reasoning_content: "Plan" }),
			chunk({
				reasoning_details: [{ type: "reasoning.text", format: "anthropic-claude-v1", text: "Plan", signature: "s" }],
			}),
			chunk({ tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "crm__find", arguments: "" } }] }),
			chunk({ tool_calls: [{ index: 1, id: "b", type: "custom", custom: { name: "patch", input: "x" } }] }),
			chunk({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] }, "tool_calls"),
		]);
		expect(outputOf(events)).toMatchObject([
			{ type: "reasoning", summary: [{ type: "summary_text", text: "Plan" }], encrypted_content: expect.any(String) },
			{ type: "function_call", call_id: "a", namespace: "crm", name: "find", arguments: "{}", status: "completed" },
			{ type: "custom_tool_call", call_id: "b", name: "patch", input: "x" },
		]);
	});

	it("has reasoning that every client returns, also where its vendor wants nothing back unchanged", () => {
		const output = outputOf(stream([chunk({ reasoning_content: "Plan" }), chunk({ content: "x" }, "stop")]));
		expect(output[0]).toMatchObject({ type: "reasoning", encrypted_content: expect.stringMatching(/./) });
		const { messages } = read([{ role: "user", content: "Hi" }, ...output]).request;
		expect(messages[1]).toEqual({ role: "assistant", reasoning_content: "Plan", content: "x" });
	});

	it.each([
		["length", "max_output_tokens"],
		["content_filter", "content_filter"],
	] as const)("that ended by %s is incomplete", (finish, reason) => {
		const events = stream([chunk({ content: "x" }), chunk({}, finish)]);
		expect(events.at(-1)).toMatchObject({
			type: "response.incomplete",
			response: { status: "incomplete", incomplete_details: { reason }, output: [{ status: "incomplete" }] },
		});
	});

	it("that fails says so twice, for those that read either, and is not completed", () => {
		const renderer = new ResponsesStreamRenderer(head, style);
		const { details } = GatewayError.of("upstream_error", "it broke");
		const events = judgedEvents(renderer.chunk(chunk({ content: "x" })) + renderer.error(details, requestId));
		expect(events.slice(-2)).toMatchObject([
			{ type: "error", code: "upstream_error", error: { code: "upstream_error", request_id: requestId } },
			{ type: "response.failed", response: { status: "failed", error: { code: "upstream_error" } } },
		]);
		const early = judgedEvents(new ResponsesStreamRenderer(head, style).error(details, requestId));
		expect(early.map(({ type }) => type)).toEqual([
			"response.created",
			"response.in_progress",
			"error",
			"response.failed",
		]);
	});

	it("shows pages that it cites, refusals and pictures", () => {
		const url_citation = { url: "https://x.test", title: "X", start_index: 0, end_index: 1 };
		const events = stream([
			chunk({ content: "a", annotations: [{ type: "url_citation", url_citation }] }),
			chunk({ refusal: "no" }),
			chunk({ images: [{ type: "image_url", image_url: { url: "data:image/webp;base64,AA==" } }] }, "stop"),
		]);
		expect(outputOf(events)).toMatchObject([
			{
				content: [
					{ type: "output_text", text: "a", annotations: [{ type: "url_citation", ...url_citation }] },
					{ type: "refusal", refusal: "no" },
				],
			},
			{ type: "image_generation_call", result: "AA==", status: "completed" },
		]);
	});
});

const word = fc.string({ minLength: 1, maxLength: 8 });
const detail = fc.record({
	type: fc.constantFrom("reasoning.text", "reasoning.encrypted"),
	format: fc.constantFrom("anthropic-claude-v1", "openai-responses-v1", "google-gemini-v1"),
	data: word,
});
const deltas: fc.Arbitrary<Delta[]> = fc
	.array(
		fc.oneof(
			fc.record({ content: word }),
			fc.record({ refusal: word }),
			fc.record({ reasoning_content: word }),
			fc.record({ reasoning_details: fc.array(detail, { minLength: 1, maxLength: 2 }) }),
			fc.record({ call: fc.constantFrom("f", "patch", "crm__find"), text: word, signature: fc.option(word) }),
			fc.record({ more: fc.nat(3), text: word }),
		),
		{ maxLength: 12 },
	)
	.map((steps) => {
		const calls: string[] = [];
		return steps.map((step): Delta => {
			if ("call" in step) {
				const index = calls.push(step.call) - 1;
				const id = `call_${index}`;
				if (step.call === "patch")
					return { tool_calls: [{ index, id, type: "custom", custom: { name: "patch", input: step.text } }] };
				const extra_content = step.signature === null ? undefined : { google: { thought_signature: step.signature } };
				return {
					tool_calls: [
						{
							index,
							id,
							type: "function",
							function: { name: step.call, arguments: step.text },
							...(extra_content && { extra_content }),
						},
					],
				};
			}
			if (!("more" in step)) return step;
			if (calls.length === 0) return {};
			const index = step.more % calls.length;
			const text = step.text;
			return {
				tool_calls: [
					calls[index] === "patch" ? { index, custom: { input: text } } : { index, function: { arguments: text } },
				],
			};
		});
	});

/** What a turn holds, whatever messages it is in and whatever its parts are. */
function gist(messages: readonly Message[]) {
	const all = messages.filter((message) => message.role === "assistant");
	const parts = all.flatMap(({ content }) =>
		typeof content === "string" ? [{ type: "text", text: content } as const] : (content ?? []),
	);
	return {
		text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
		refusal: parts.map((part) => (part.type === "refusal" ? part.refusal : "")).join(""),
		details: all.flatMap(({ reasoning_details = [] }) => reasoning_details),
		calls: all.flatMap(({ tool_calls = [] }) => tool_calls),
	};
}

describe("any answer", () => {
	it("is told in order, and comes back in the next turn as the model wrote it", () => {
		fc.assert(
			fc.property(deltas, (said) => {
				const chunks = [...said.map((delta) => chunk(delta)), chunk({}, "stop")];
				const events = stream(chunks);
				const completion = chat.toAnswer(chunks);
				const message = completion.choices[0]?.message;
				const whole = renderResponse(head, completion, usage, cost, style);
				for (const output of [outputOf(events), whole.output as unknown[]]) {
					const { request } = read([{ role: "user", content: "Hi" }, ...output]);
					expect(gist(request.messages)).toEqual({
						text: message?.content ?? "",
						refusal: message?.refusal ?? "",
						details: message?.reasoning_details ?? [],
						calls: message?.tool_calls ?? [],
					});
				}
			}),
		);
	});
});
