import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { UpstreamError } from "#core/fault";
import type { ChatAdapter } from "#providers/adapter";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { workersAi } from "#providers/workers-ai/index";
import { cases } from "#test/support/scale";
import * as anthropicFixtures from "#test/unit/providers/fixtures/anthropic";
import * as geminiFixtures from "#test/unit/providers/fixtures/gemini";
import * as workersAiFixtures from "#test/unit/providers/fixtures/workers-ai";
import { collect } from "./collect";
import { chat, errorReply, feed, modelOf } from "./native";

// Whatever a provider answers, in words that its own protocol has: an adapter may call it the provider's fault and
// nothing else, and what it does take for an answer must break no client. The adapters of OpenAI's protocols have the
// same test of their own (`openai-round-trip.test.ts`), where answers must also come through unchanged.

/** What one protocol can be made to say. */
interface Hostile {
	readonly adapter: ChatAdapter;
	/** An answer is taken for one of each of these models. */
	readonly models: readonly Model[];
	/** One body in the protocol's words. */
	readonly body: fc.Arbitrary<unknown>;
	/** Whole answers, and the texts of streams. */
	readonly answers: fc.Arbitrary<{ bodies: readonly unknown[]; streams: readonly string[] }>;
}

/** Messages and events of Anthropic's, begun well or not at all. */
function anthropicAnswers(): Hostile {
	const value = fc.jsonValue({ maxDepth: 4 });
	const block = fc.record(
		{
			type: fc.oneof(fc.constantFrom("text", "thinking", "redacted_thinking", "tool_use", "other"), value),
			text: value,
			thinking: value,
			signature: value,
			data: value,
			id: fc.oneof(fc.string(), value),
			name: fc.oneof(fc.string(), value),
			input: value,
		},
		{ requiredKeys: [] },
	);
	const usage = fc.oneof(
		fc.record({ input_tokens: value, output_tokens: value, cache_creation: value }, { requiredKeys: [] }),
		value,
	);
	const message = fc.record(
		{
			type: value,
			content: fc.oneof(fc.array(fc.oneof(block, value)), value),
			stop_reason: fc.oneof(fc.string(), value),
			usage,
		},
		{ requiredKeys: [] },
	);
	const event = fc.record(
		{
			type: fc.oneof(
				fc.constantFrom(
					...["message_start", "content_block_start", "content_block_delta", "content_block_stop"],
					...["message_delta", "message_stop", "error", "ping"],
				),
				value,
			),
			index: fc.oneof(fc.nat(2), value),
			message: fc.oneof(message, value),
			content_block: fc.oneof(block, value),
			delta: fc.oneof(
				fc.record(
					{ text: value, partial_json: value, thinking: value, signature: value, stop_reason: value },
					{ requiredKeys: [] },
				),
				value,
			),
			usage,
			error: value,
		},
		{ requiredKeys: [] },
	);
	const { sse, start, open } = anthropicFixtures;
	const begun = sse([start(), open(0, { type: "text", text: "" })]);

	return {
		adapter: anthropic,
		models: [modelOf("anthropic", "claude-sonnet-5-5")],
		body: message,
		answers: fc.tuple(message, fc.array(fc.oneof(event, value), { maxLength: 8 })).map(([body, events]) => {
			const frames = events.map((data) => `data: ${JSON.stringify(data)}\n\n`).join("");
			return { bodies: [body], streams: [frames, begun + frames] };
		}),
	};
}

/** Answers of Gemini's, which are the same whole and as frames. */
function geminiAnswers(): Hostile {
	const value = fc.jsonValue({ maxDepth: 6 });
	const part = fc.record(
		{
			text: fc.oneof(fc.string(), value),
			thought: fc.oneof(fc.boolean(), value),
			thoughtSignature: value,
			functionCall: fc.oneof(
				fc.record({ name: fc.oneof(fc.string(), value), args: value, id: value }, { requiredKeys: [] }),
				value,
			),
			inlineData: fc.oneof(fc.record({ mimeType: fc.constant("image/png"), data: value }), value),
		},
		{ requiredKeys: [] },
	);
	const frame = fc.record(
		{
			candidates: fc.oneof(
				fc.array(
					fc.record(
						{
							index: fc.oneof(fc.nat(3), value),
							content: fc.oneof(fc.record({ parts: fc.array(fc.oneof(part, value)) }), value),
							finishReason: fc.oneof(fc.constantFrom("STOP", "SAFETY", "OTHER", "MALFORMED_FUNCTION_CALL"), value),
							groundingMetadata: value,
							logprobsResult: fc.oneof(fc.record({ chosenCandidates: fc.array(value), topCandidates: value }), value),
						},
						{ requiredKeys: [] },
					),
				),
				value,
			),
			usageMetadata: value,
			promptFeedback: value,
			modelVersion: value,
			responseId: value,
			error: value,
		},
		{ requiredKeys: [] },
	);

	return {
		adapter: gemini,
		models: [modelOf("gemini", "gemini-3.5-flash")],
		body: frame,
		answers: fc
			.array(fc.oneof(frame, value), { maxLength: 4 })
			.map((frames) => ({ bodies: frames, streams: [geminiFixtures.sse(frames)] })),
	};
}

/** Answers of Workers AI, in words of its older shape and of the newer one. */
function workersAiAnswers(): Hostile {
	const value = fc.jsonValue({ maxDepth: 4 });
	const call = fc.oneof(
		fc.record(
			{
				index: value,
				id: value,
				name: value,
				arguments: value,
				function: fc.oneof(fc.record({ name: value, arguments: value }), value),
			},
			{ requiredKeys: [] },
		),
		value,
	);
	const frame = fc.record(
		{
			response: value,
			tool_calls: fc.oneof(fc.array(call), value),
			usage: fc.oneof(fc.record({ prompt_tokens: value, completion_tokens: value }), value),
			choices: fc.oneof(
				fc.array(fc.record({ index: value, delta: value, message: value, finish_reason: value }, { requiredKeys: [] })),
				value,
			),
			finish_reason: value,
			error: value,
			errors: value,
			result: value,
			success: fc.oneof(fc.boolean(), value),
			internalCode: value,
		},
		{ requiredKeys: [] },
	);

	return {
		adapter: workersAi,
		models: [
			modelOf("workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast"),
			modelOf("workers-ai", "@cf/zai-org/glm-4.7-flash"),
		],
		body: frame,
		answers: fc
			.tuple(fc.array(fc.oneof(frame, value), { maxLength: 5 }), fc.boolean())
			.map(([frames, isDone]) => ({ bodies: frames, streams: [workersAiFixtures.sse(frames, isDone)] })),
	};
}

/** Fails where `work` throws anything but `UpstreamError`. */
function onlyUpstreamErrors(work: () => unknown): void {
	try {
		work();
	} catch (error) {
		expect(error).toBeInstanceOf(UpstreamError);
	}
}

describe.each([
	["Anthropic", anthropicAnswers()],
	["Gemini", geminiAnswers()],
	["Workers AI", workersAiAnswers()],
])("a hostile answer in the words of %s", (_, { adapter, models, body, answers }) => {
	it("throws nothing but UpstreamError, whole or streamed", { timeout: 60_000 }, () => {
		fc.assert(
			fc.property(answers, fc.constantFrom(...models), ({ bodies, streams }, model) => {
				for (const whole of bodies) onlyUpstreamErrors(() => adapter.chat.decode(whole, chat(), model));
				for (const stream of streams) {
					onlyUpstreamErrors(() => collect(feed(adapter.chat.decoder(chat({ stream: true }), model), stream)));
				}
			}),
			{ numRuns: cases(500 * models.length) },
		);
	});

	it("is a fault with its status, whatever an error body is", { timeout: 60_000 }, () => {
		const texts = fc.oneof(fc.json(), fc.string(), body);
		fc.assert(
			fc.property(fc.integer({ min: 300, max: 599 }), texts, (status, text) => {
				expect(adapter.fault(errorReply(status, text)).status).toBe(status);
			}),
		);
	});
});
