import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promptTokens } from "#core/chat/usage";
import { UpstreamError } from "#core/fault";
import { parseChat } from "#faces/openai-chat/parse";
import type { JsonObject } from "#lib/json";
import { JsonSource, writeJson } from "#lib/json-source";
import type { ChatAdapter } from "#providers/adapter";
import { openaiCompatible } from "#providers/openai-chat/index";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { cases } from "#test/support/scale";
import { collect } from "#test/unit/providers/collect";
import { conversations } from "#test/unit/providers/conversations";
import { sse } from "#test/unit/providers/fixtures/openai";
import { chat, feed, modelOf } from "#test/unit/providers/native";

const ADAPTERS: readonly (readonly [ChatAdapter, ReturnType<typeof modelOf>])[] = [
	[openai, modelOf("openai", "gpt-6-luna")],
	[deepseek, modelOf("deepseek", "deepseek-flash")],
	[openrouter, modelOf("openrouter", "openai/gpt-oss-120b")],
	[siliconflow, modelOf("siliconflow", "Qwen/Qwen3-8B")],
	[openaiCompatible, modelOf("openai", "gpt-4.1")],
];
const model = modelOf("openai", "gpt-4.1");

/** Text with the places where it is cut. */
const pieces = (text: fc.Arbitrary<string>) =>
	fc.tuple(text, fc.array(fc.nat(40), { maxLength: 5 })).map(([whole, cuts]) => {
		const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length];
		return places.slice(1).map((end, n) => whole.slice(places[n], end));
	});
const calls = fc.array(fc.record({ name: fc.stringMatching(/^[a-z_]{1,9}$/), args: pieces(fc.json()) }), {
	maxLength: 3,
});
const tokens = fc.integer({ min: 1, max: 1_000_000 });

describe("a request in the provider's own protocol", () => {
	/** Whatever a caller may add, with numbers that a parser does not keep. */
	const more = fc.dictionary(
		fc.stringMatching(/^x_[a-z]{1,5}$/),
		fc.oneof(
			// Not `null`, which is as good as no field, nor names that look like others: both are left out.
			fc.array(fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.record({ x_y: fc.boolean() }))),
			fc.constantFrom("#12345678901234567890#", "#1.0#", "#1e2#"),
		),
		{ maxKeys: 2 },
	);
	const bodies = fc
		.tuple(more, more, more, more, more, fc.string(), fc.constantFrom("", " ", "\t"))
		.map(([ofMessage, ofPart, ofCall, ofTool, ofFunction, words, space]) => {
			const call = { ...ofCall, id: "c1", type: "function", function: { ...ofFunction, name: "f", arguments: words } };
			const body = {
				model: "m",
				messages: [
					{ ...ofMessage, role: "user", content: [{ ...ofPart, type: "text", text: words }] },
					{ ...ofMessage, role: "assistant", content: words, tool_calls: [call] },
					{ role: "tool", tool_call_id: "c1", content: words },
				],
				tools: [{ ...ofTool, type: "function", function: { ...ofFunction, name: "f", parameters: ofTool } }],
				reasoning_effort: "none",
				max_tokens: 5,
			};
			return JSON.stringify(body, null, space).replaceAll(/"#([0-9.e]+)#"/g, "$1");
		});
	const own = ADAPTERS.filter(([adapter]) => adapter === openai || adapter === openaiCompatible);

	it("has messages and tools as they came, byte for byte, beside what the gateway sets", () => {
		fc.assert(
			fc.property(fc.constantFrom(...own), bodies, ([adapter, model], text) => {
				const body: JsonObject = JSON.parse(text);
				const source = new JsonSource(text, body);
				const { request } = parseChat(body, () => undefined);
				const call = adapter.chat.encode(request, model);
				const sent = writeJson(call.body, source);
				expect(JSON.parse(sent)).toEqual(JSON.parse(JSON.stringify(call.body)));
				expect(JSON.parse(sent).model).toBe(model.id);
				// Imitators are sent parts that are nothing but text as one string.
				const messages = adapter === openai ? [body.messages] : (body.messages as unknown[]).slice(1);
				for (const part of [...messages, body.tools]) expect(sent).toContain(source.textOf(part) ?? "not known");
			}),
			{ numRuns: cases(300) },
		);
	});
});

describe("an answer, cut into chunks at any places", () => {
	const answer = fc.record({
		text: pieces(fc.string()),
		reasoning: pieces(fc.string()),
		field: fc.constantFrom("reasoning", "reasoning_content"),
		calls,
		/** How the server marks which call a fragment belongs to. */
		marks: fc.constantFrom("index", "index and id", "id", "nothing"),
		/** Where the usage is. */
		usageAt: fc.constantFrom("finish", "own chunk", "every chunk", "repeated finish"),
		prompt: tokens,
		completion: tokens,
		role: fc.boolean(),
	});

	it("comes out as the text, reasoning, calls and usage that went in", () => {
		fc.assert(
			fc.property(answer, ({ text, reasoning, field, calls, marks, usageAt, prompt, completion, role }) => {
				const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
				const deltas: Record<string, unknown>[] = [
					...reasoning.map((part) => ({ [field]: part })),
					...text.map((part) => ({ content: part })),
					...calls.flatMap(({ name, args }, n) =>
						args.map((part, position) => ({
							tool_calls: [
								{
									...(marks.includes("index") && { index: n }),
									...((position === 0 ? marks !== "nothing" : marks.includes("id")) && { id: `c${n}` }),
									function: { ...(position === 0 && { name }), arguments: part },
								},
							],
						})),
					),
				];
				const finish = { index: 0, delta: {}, finish_reason: calls.length > 0 ? "tool_calls" : "stop" };
				const frames: unknown[] = deltas.map((delta) => ({
					choices: [{ index: 0, delta: { ...(role && { role: "assistant" }), ...delta }, finish_reason: null }],
					...(usageAt === "every chunk" && { usage: { ...usage, completion_tokens: 0 } }),
				}));
				if (usageAt === "own chunk") frames.push({ choices: [finish] }, { choices: [], usage });
				else if (usageAt === "repeated finish") frames.push({ choices: [finish] }, { choices: [finish], usage });
				else frames.push({ choices: [finish], usage });

				const folded = collect(feed(openaiCompatible.chat.decoder(chat({ stream: true }), model), sse(frames)));
				expect(folded.text).toBe(text.join(""));
				expect(folded.reasoning).toBe(reasoning.join(""));
				expect(folded.toolCalls.map((call) => call.type === "function" && call.function)).toEqual(
					calls.map(({ name, args }) => ({ name, arguments: args.join("") })),
				);
				expect(folded.finish).toBe(finish.finish_reason);
				expect(folded.usage).toMatchObject({ uncachedInput: prompt, output: completion });
			}),
			{ numRuns: 300 },
		);
	});
});

describe("any conversation", () => {
	it("can be sent to every vendor as JSON, each call with its result under one id", () => {
		fc.assert(
			fc.property(conversations, (messages) => {
				for (const [adapter, target] of ADAPTERS) {
					const { body } = adapter.chat.encode(chat({ messages }), target);
					const sent = JSON.parse(JSON.stringify(body)).messages;
					expect(sent).toHaveLength(messages.length);
					const open = new Set<string>();
					for (const message of sent) {
						expect(message.content).toBeDefined();
						for (const call of message.tool_calls ?? []) open.add(call.id);
						if (message.role === "tool") expect(open.delete(message.tool_call_id)).toBe(true);
					}
				}
			}),
		);
	});
});

describe("hostile answers", () => {
	const json = fc.jsonValue();
	const text = fc.oneof(fc.string(), json);
	const fragment = fc.record(
		{
			index: fc.oneof(fc.integer({ min: -1, max: 3 }), json),
			id: fc.oneof(fc.constantFrom("a", "b", ""), json),
			type: json,
			function: fc.oneof(fc.record({ name: text, arguments: text }, { requiredKeys: [] }), json),
			custom: fc.oneof(json, fc.record({ name: text, input: text })),
			extra_content: fc.oneof(json, fc.record({ google: fc.record({ thought_signature: text }) })),
		},
		{ requiredKeys: [] },
	);
	const message = fc.record(
		{
			role: json,
			content: text,
			refusal: text,
			reasoning: text,
			reasoning_content: text,
			reasoning_details: fc.oneof(
				json,
				fc.array(fc.record({ type: text, text, data: text, index: json }, { requiredKeys: [] })),
			),
			tool_calls: fc.oneof(fc.array(fc.oneof(fragment, json)), json),
			function_call: json,
			annotations: json,
			images: json,
			audio: json,
		},
		{ requiredKeys: [] },
	);
	const reason = fc.oneof(fc.constantFrom("stop", "tool_calls", "length", "error", "eos", ""), json);
	const choice = fc.record(
		{
			index: fc.oneof(fc.nat(2), json),
			message: fc.oneof(message, json),
			delta: fc.oneof(message, json),
			finish_reason: reason,
			native_finish_reason: json,
			logprobs: json,
			error: json,
		},
		{ requiredKeys: [] },
	);
	const usage = fc.oneof(
		fc.record({
			prompt_tokens: fc.oneof(tokens, json),
			completion_tokens: fc.oneof(tokens, json),
			prompt_tokens_details: json,
		}),
		json,
	);
	const frame = fc.oneof(
		fc.record(
			{
				choices: fc.oneof(fc.array(fc.oneof(choice, json), { maxLength: 3 }), json),
				usage,
				model: json,
				service_tier: json,
				system_fingerprint: json,
				error: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: json }),
				code: fc.constantFrom(undefined, 7),
				message: fc.constantFrom(undefined, "m"),
			},
			{ requiredKeys: [] },
		),
		json,
	);
	const item = fc.oneof(
		fc.record(
			{
				id: json,
				type: fc.constantFrom("message", "reasoning", "function_call", "custom_tool_call", "web_search_call"),
				content: fc.oneof(
					fc.array(
						fc.oneof(
							fc.record({ type: fc.constantFrom("output_text", "refusal"), text, refusal: text, logprobs: json }),
							json,
						),
					),
					json,
				),
				summary: fc.oneof(fc.array(fc.oneof(fc.record({ text }), json)), json),
				encrypted_content: text,
				call_id: text,
				name: text,
				arguments: text,
				input: text,
			},
			{ requiredKeys: ["type"] },
		),
		json,
	);
	const response = fc.record(
		{
			status: fc.oneof(fc.constantFrom("completed", "incomplete", "failed"), json),
			output: fc.oneof(fc.array(item), json),
			error: fc.oneof(fc.constant(null), json),
			incomplete_details: json,
			usage: json,
			model: json,
			service_tier: json,
		},
		{ requiredKeys: [] },
	);
	const event = fc.oneof(
		fc.record(
			{
				type: fc.constantFrom(
					"response.created",
					"response.output_item.added",
					"response.output_item.done",
					"response.output_text.delta",
					"response.refusal.delta",
					"response.reasoning_summary_text.delta",
					"response.reasoning_text.delta",
					"response.function_call_arguments.delta",
					"response.custom_tool_call_input.delta",
					"response.completed",
					"response.incomplete",
					"response.failed",
					"response.unheard_of",
				),
				output_index: fc.oneof(fc.nat(2), json),
				summary_index: fc.oneof(fc.nat(1), json),
				content_index: json,
				item,
				delta: text,
				logprobs: json,
				response: fc.oneof(response, json),
			},
			{ requiredKeys: ["type"] },
		),
		json,
	);

	/** What `work` returns; undefined when it throws what it may. */
	function orUpstreamError<T>(work: () => T): T | undefined {
		try {
			return work();
		} catch (error) {
			expect(error).toBeInstanceOf(UpstreamError);
			return undefined;
		}
	}

	const bridged = chat({ tools: [{ type: "function", function: { name: "f" } }] });
	const sol = modelOf("openai", "gpt-6.1-sol");

	it.each([
		["Chat Completions", frame, chat(), model],
		["the Responses API", fc.oneof(event, response), bridged, sol],
	] as const)(
		"over %s throw nothing but UpstreamError, whole or streamed, and break no client",
		(_, frames, request, target) => {
			fc.assert(
				fc.property(fc.array(frames as fc.Arbitrary<unknown>, { maxLength: 5 }), (bodies) => {
					for (const body of bodies) {
						const completion = orUpstreamError(() => openai.chat.decode(body, request, target));
						if (completion?.usage) expect(promptTokens(completion.usage)).toBeGreaterThanOrEqual(0);
						if (completion !== undefined) JSON.stringify(completion);
					}
					const decoder = openai.chat.decoder(request, target);
					const chunks = [];
					for (const body of bodies) {
						const more = orUpstreamError(() => decoder.push({ event: "", data: JSON.stringify(body) ?? "" }));
						if (more === undefined) break;
						chunks.push(...more);
					}
					orUpstreamError(() => decoder.end());
					for (let index = 0; index < 3; index++) collect(chunks, index);
				}),
				{ numRuns: cases(1000) },
			);
		},
	);
});
