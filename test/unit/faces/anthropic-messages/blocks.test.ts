import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactedDetail, thinkingDetail } from "#core/chat/anthropic-reasoning";
import type { AssistantReply, Chunk, Delta, ReasoningDetail, ToolCall } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { GatewayError } from "#core/errors";
import type { RequestId } from "#core/ids";
import { anthropicMessages } from "#faces/anthropic-messages/index";
import { parseMessages } from "#faces/anthropic-messages/parse";
import { nanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import { decodeMessage } from "#providers/anthropic/response";
import { MessageRules } from "#test/oracle/messages";

const requestId = "req_1" as RequestId;
const head = { requestId, receivedAt: 0, model: "m" };
const style = { omitsThinking: false, stops: [] };
const usage = normalUsage({ input: 10, output: 5, cacheRead: 3, cacheWrite: 2, cacheWriteHour: 1 }) as Usage;
const cost = nanoUsd(1_000);

interface Block {
	type: string;
	[field: string]: unknown;
}

/** Streams chunks through the face, judged by the rules of a stream, and folds the events into blocks as clients do. */
function streamed(chunks: readonly Chunk[], how = style): { text: string; blocks: Block[] } {
	const renderer = anthropicMessages.stream(head, how);
	const text = chunks.map((chunk) => renderer.chunk(chunk)).join("") + renderer.end(usage, cost);
	const rules = new MessageRules(requestId);
	rules.push(text);
	rules.end();
	return { text, blocks: folded(text) };
}

function folded(text: string): Block[] {
	const blocks: Block[] = [];
	const json: string[] = [];
	for (const line of text.split("\n").filter((one) => one.startsWith("data: "))) {
		const event = JSON.parse(line.slice(6));
		if (event.type === "content_block_start") blocks[event.index] = { ...event.content_block };
		if (event.type !== "content_block_delta") continue;
		const block = blocks[event.index] as Block;
		const { delta } = event;
		if (delta.type === "text_delta") block.text = `${block.text}${delta.text}`;
		if (delta.type === "thinking_delta") block.thinking = `${block.thinking}${delta.thinking}`;
		if (delta.type === "signature_delta") block.signature = `${block.signature}${delta.signature}`;
		if (delta.type === "citations_delta") block.citations = [...((block.citations ?? []) as unknown[]), delta.citation];
		if (delta.type === "input_json_delta") json[event.index] = (json[event.index] ?? "") + delta.partial_json;
	}
	for (const [index, text] of json.entries()) {
		const block = blocks[index];
		if (text !== undefined && block !== undefined) block.input = JSON.parse(text);
	}
	return blocks;
}

function whole(message: AssistantReply, how = style): Block[] {
	const finish_reason = message.tool_calls === undefined ? "stop" : "tool_calls";
	const completion = { choices: [{ index: 0, message, finish_reason } as const], usage };
	return anthropicMessages.whole(head, completion, usage, cost, how).content as Block[];
}

/** The assistant's turn as a client returns it. */
function returned(content: readonly Block[]) {
	const body = { model: "m", max_tokens: 1, messages: [{ role: "assistant", content }] };
	const [message] = parseMessages(body, () => undefined).request.messages;
	if (message?.role !== "assistant") throw new Error("no assistant");
	return message;
}

const words = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
// What JSON cannot say twice, such as -0, is what it says the first time.
const inputs = fc
	.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
	.map((input): typeof input => JSON.parse(JSON.stringify(input)));
const signature = fc.stringMatching(/^[A-Za-z0-9+/]{4,20}$/);

/** Blocks as Anthropic answers with them. */
const nativeBlocks = fc
	.tuple(
		fc.array(
			fc.oneof(
				fc.record({ type: fc.constant("thinking"), thinking: fc.string(), signature }),
				fc.record({ type: fc.constant("redacted_thinking"), data: signature }),
			),
			{ maxLength: 3 },
		),
		fc.option(words),
		fc.array(fc.record({ name: fc.constantFrom("f", "g"), input: inputs }), { maxLength: 3 }),
	)
	.filter(([, text, calls]) => text !== null || calls.length > 0)
	.map(([thinking, text, calls]): Block[] => [
		...thinking,
		...(text === null ? [] : [{ type: "text", text, citations: null }]),
		...calls.map((call, index) => ({ type: "tool_use", id: `toolu_${index}`, ...call, caller: { type: "direct" } })),
	]);

/** What other vendors think and say. */
const foreign = fc.record({
	thought: fc.option(words, { nil: undefined }),
	details: fc.array(
		fc.record({
			type: fc.constantFrom("reasoning.encrypted", "reasoning.summary"),
			format: fc.constantFrom("google-gemini-v1", "openai-responses-v1"),
			data: words,
		}),
		{ maxLength: 3 },
	),
	text: fc.option(words),
	calls: fc.array(fc.record({ input: inputs, signature: fc.option(words) }), { minLength: 1, maxLength: 3 }),
});

describe("content blocks", () => {
	it("of Claude's come out as they came in, whole and streamed, and return to it unchanged", () => {
		fc.assert(
			fc.property(nativeBlocks, (content) => {
				const stop_reason = content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
				const completion = decodeMessage({ content, stop_reason, usage: { input_tokens: 1, output_tokens: 1 } });
				const [choice] = completion.choices;
				if (choice === undefined) throw new Error("no choice");
				expect(whole(choice.message)).toEqual(content);
				expect(streamed(chat.toChunks(completion)).blocks).toEqual(content);
				const { role: _, ...again } = returned(content);
				expect(again.reasoning_details).toEqual(choice.message.reasoning_details);
				expect(again.tool_calls).toEqual(choice.message.tool_calls);
			}),
		);
	});

	it("carry what other vendors want back, whole and streamed", () => {
		fc.assert(
			fc.property(foreign, ({ thought, details, text, calls }) => {
				const tool_calls: ToolCall[] = calls.map((call, index) => ({
					id: `call_${index}`,
					type: "function",
					function: { name: "f", arguments: JSON.stringify(call.input) },
					...(call.signature !== null && { extra_content: { google: { thought_signature: call.signature } } }),
				}));
				const message: AssistantReply = {
					role: "assistant",
					content: text,
					refusal: null,
					...(thought !== undefined && { reasoning_content: thought }),
					...(details.length > 0 && { reasoning_details: details }),
					tool_calls,
				};
				const chunks = chat.toChunks({ choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage });
				for (const blocks of [whole(message), streamed(chunks).blocks]) {
					const again = returned(blocks);
					expect(again.reasoning_content).toBe(thought);
					expect(again.reasoning_details ?? []).toEqual(details);
					expect(again.tool_calls).toEqual(tool_calls);
					expect(again.content).toEqual(text === null ? null : [{ type: "text", text }]);
				}
			}),
		);
	});

	it("are in order and hold all that was said, however it comes", () => {
		const delta: fc.Arbitrary<Delta> = fc.oneof(
			words.map((content) => ({ content })),
			words.map((refusal) => ({ refusal })),
			words.map((reasoning_content) => ({ reasoning_content })),
			words.map((data) => ({ reasoning_details: [{ type: "reasoning.encrypted", format: "x", data }] })),
			words.map((text) => ({ reasoning_details: [thinkingDetail(text, "c2ln")] })),
			signature.map((data) => ({ reasoning_details: [redactedDetail(data)] })),
			fc.constant<Delta>({
				annotations: [{ type: "url_citation", url_citation: { url: "https://a.example", title: "A" } }],
			}),
		);
		fc.assert(
			fc.property(
				fc.array(delta),
				fc.array(inputs, { maxLength: 3 }),
				fc.infiniteStream(fc.nat(5)),
				(deltas, args, picks) => {
					// The fragments of several calls, mixed as servers may send them, among everything else.
					const queues = args.map((input, index) => {
						const [begin, ...rest] = JSON.stringify(input).match(/.{1,4}/gsu) ?? [];
						return [
							{
								tool_calls: [
									{ index, id: `c${index}`, type: "function" as const, function: { name: "f", arguments: "" } },
								],
							},
							...[begin, ...rest].map((json) => ({ tool_calls: [{ index, function: { arguments: json ?? "" } }] })),
						];
					});
					const steps: Delta[] = [...deltas];
					while (queues.some((queue) => queue.length > 0)) {
						const open = queues.filter((queue) => queue.length > 0);
						const step = open[(picks.next().value ?? 0) % open.length]?.shift();
						if (step !== undefined) steps.push(step);
					}
					const finish = args.length > 0 ? "tool_calls" : "stop";
					const chunks: Chunk[] = [
						...steps.map((one) => ({ choices: [{ index: 0, delta: one, finish_reason: null }] })),
						{ choices: [{ index: 0, delta: {}, finish_reason: finish }] },
					];
					const { blocks } = streamed(chunks);
					const said = steps.map(({ content, refusal }) => (content ?? "") + (refusal ?? "")).join("");
					expect(blocks.map(({ type, text }) => (type === "text" ? text : "")).join("")).toBe(said);
					const calls = blocks.filter(({ type }) => type === "tool_use");
					const wanted = new Map(args.map((input, index) => [`c${index}`, JSON.parse(JSON.stringify(input))]));
					expect(new Map(calls.map(({ id, input }) => [id, input]))).toEqual(wanted);
				},
			),
		);
	});

	it("keep thinking without its text where the caller wants none", () => {
		const message: AssistantReply = {
			role: "assistant",
			content: "a",
			refusal: null,
			reasoning_content: "secret",
			reasoning_details: [thinkingDetail("secret", "c2ln")],
		};
		const [block] = whole(message, { ...style, omitsThinking: true });
		expect(block).toEqual({ type: "thinking", thinking: "", signature: "c2ln" });
	});

	it("join fragments of a block that a server numbers", () => {
		const part = (text: string): ReasoningDetail => ({ type: "reasoning.text", format: "x", index: 0, text });
		const chunks = ["a", "b", "c"].map((text) => ({
			choices: [{ index: 0, delta: { reasoning_content: text, reasoning_details: [part(text)] }, finish_reason: null }],
		}));
		const { blocks } = streamed(chunks);
		expect(returned(blocks)).toMatchObject({ reasoning_content: "abc", reasoning_details: [part("abc")] });
	});

	it("are left out where a client spoilt what it was to return", () => {
		const content = [
			{ type: "redacted_thinking", data: "tollgate:{" },
			{ type: "text", text: "a" },
		];
		const body = { model: "m", max_tokens: 1, messages: [{ role: "assistant", content }] };
		const { request } = parseMessages(body, () => undefined);
		expect(request.messages).toEqual([{ role: "assistant", content: [{ type: "text", text: "a" }] }]);
		expect(request.ignored).toEqual(["messages[0].content"]);
	});
});

describe("a message", () => {
	const finish = (finish_reason: "stop" | "length" | "content_filter", native?: string, stops: string[] = []) => {
		const message: AssistantReply = { role: "assistant", content: "a", refusal: null };
		const choice = { index: 0, message, finish_reason, ...(native !== undefined && { native_finish_reason: native }) };
		const { stop_reason, stop_sequence } = anthropicMessages.whole(head, { choices: [choice], usage }, usage, cost, {
			...style,
			stops,
		});
		return [stop_reason, stop_sequence];
	};

	it.each([
		[finish("stop"), ["end_turn", null]],
		[finish("stop", "STOP"), ["end_turn", null]],
		[finish("stop", "stop_sequence", ["x"]), ["stop_sequence", "x"]],
		[finish("stop", "stop_sequence", ["x", "y"]), ["stop_sequence", null]],
		[finish("stop", "pause_turn"), ["pause_turn", null]],
		[finish("length", "MAX_TOKENS"), ["max_tokens", null]],
		[finish("length", "model_context_window_exceeded"), ["model_context_window_exceeded", null]],
		[finish("content_filter", "SAFETY"), ["refusal", null]],
		[finish("content_filter", "stop_sequence", ["x"]), ["refusal", null]],
	])("stopped for %j", (told, wanted) => {
		expect(told).toEqual(wanted);
	});

	it("counts input that no cache had, as Anthropic does", () => {
		const message: AssistantReply = { role: "assistant", content: "a", refusal: null };
		const choices = [{ index: 0, message, finish_reason: "stop" as const }];
		const answer = anthropicMessages.whole(head, { choices, usage, service_tier: "default" }, usage, cost, style);
		expect(answer.usage).toMatchObject({
			input_tokens: 4,
			cache_read_input_tokens: 3,
			cache_creation_input_tokens: 3,
			cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
			output_tokens: 5,
			service_tier: "standard",
			cost: 0.000001,
		});
	});

	it("pings once it has begun, and ends in an error without message_stop", () => {
		const renderer = anthropicMessages.stream(head, style);
		const details = GatewayError.of("upstream_overloaded", "busy").details;
		const text = renderer.silence() + renderer.silence() + renderer.error(details, requestId);
		const rules = new MessageRules(requestId);
		rules.push(text);
		rules.end();
		expect([...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name)).toEqual([
			"message_start",
			"ping",
			"ping",
			"error",
		]);
	});
});
