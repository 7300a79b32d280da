import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chunk } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { GatewayError } from "#core/errors";
import { textLogprobs } from "#faces/openai-completions/logprobs";
import { parseCompletions } from "#faces/openai-completions/parse";
import { CompletionsStreamRenderer, renderTextCompletion } from "#faces/openai-completions/render";
import { nanoUsd } from "#metering/money";
import { cases } from "#test/support/scale";

const parse = (body: unknown) => parseCompletions(body, (field) => (field === "gemini" ? field : undefined));
const hello = { model: "m", prompt: "Once upon a time" };
const head = { id: "cmpl-1", created: 7, model: "m" };
const usage = normalUsage({ input: 10, output: 4 }) as Usage;

function refusal(body: unknown): GatewayError["details"] {
	try {
		parse(body);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was accepted");
}

describe("a completions request", () => {
	it("becomes a conversation of one message, with OpenAI's default limit", () => {
		expect(parse({ ...hello, suffix: null, echo: false, best_of: 1, logprobs: null })).toEqual({
			request: {
				messages: [{ role: "user", content: "Once upon a time" }],
				stream: false,
				max_completion_tokens: 16,
				extensions: {},
				providerExtensions: {},
			},
			preference: { model: "m" },
			style: { includeUsage: false },
			relays: false,
		});
		expect(parse({ ...hello, prompt: ["one"] }).request.messages).toEqual([{ role: "user", content: "one" }]);
	});

	it("keeps whatever Chat Completions reads, and a provider's own fields", () => {
		const { request, style } = parse({
			...hello,
			max_tokens: 100,
			n: 2,
			best_of: 2,
			logprobs: 3,
			stop: "\n",
			seed: 1,
			user: "u",
			stream: true,
			stream_options: { include_usage: true },
			gemini: { a: 1 },
			min_p: 0.1,
		});
		expect(request).toMatchObject({
			max_completion_tokens: 100,
			n: 2,
			logprobs: true,
			top_logprobs: 3,
			stop: ["\n"],
			seed: 1,
			user: "u",
			stream: true,
			extensions: { min_p: 0.1 },
			providerExtensions: { gemini: { a: 1 } },
		});
		expect(style).toEqual({ includeUsage: true });
	});

	it.each([
		["several prompts", { prompt: ["a", "b"] }, "prompt", "invalid_request"],
		["no prompts", { prompt: [] }, "prompt", "invalid_request"],
		["the tokens of a prompt", { prompt: [1, 2, 3] }, "prompt", "invalid_request"],
		["the tokens of several prompts", { prompt: [[1, 2], [3]] }, "prompt", "invalid_request"],
		["an empty prompt", { prompt: "" }, "prompt", "invalid_request"],
		["no prompt", { prompt: undefined }, "prompt", "invalid_request"],
		["a suffix", { suffix: "The end." }, "suffix", "unsupported_parameter"],
		["an echo", { echo: true }, "echo", "unsupported_parameter"],
		["the best of three", { best_of: 3 }, "best_of", "unsupported_parameter"],
		["more alternatives than OpenAI has", { logprobs: 6 }, "logprobs", "invalid_request"],
		["chat's form of logprobs", { logprobs: true }, "logprobs", "invalid_request"],
		["a conversation beside the prompt", { messages: [] }, "messages", "unsupported_parameter"],
		["tools", { tools: [] }, "tools", "unsupported_parameter"],
		["no limit that makes sense", { max_tokens: 0 }, "max_tokens", "invalid_request"],
	])("with %s is refused by the field's name", (_, change, param, code) => {
		expect(refusal({ ...hello, ...change })).toMatchObject({
			status: 400,
			param: expect.stringContaining(param),
			code,
		});
	});

	it("never throws anything but a refusal", () => {
		const field = fc.constantFrom(
			"prompt",
			"suffix",
			"echo",
			"best_of",
			"logprobs",
			"n",
			"max_tokens",
			"stream",
			"stop",
		);
		fc.assert(
			fc.property(fc.dictionary(field, fc.jsonValue()), (fields) => {
				try {
					const { request } = parse({ ...hello, ...fields });
					expect(request.messages).toHaveLength(1);
				} catch (error) {
					expect(error).toBeInstanceOf(GatewayError);
				}
			}),
			{ numRuns: cases(200) },
		);
	});
});

const entry = (token: string, logprob: number, top: [string, number][] = []) => ({
	token,
	logprob,
	bytes: null,
	top_logprobs: top.map(([other, value]) => ({ token: other, logprob: value, bytes: null })),
});

describe("a completion", () => {
	it("has the text of each choice, its log probabilities by lists, and usage", () => {
		const choice = (index: number, content: string, logprobs?: unknown) => ({
			index,
			message: { role: "assistant" as const, content, refusal: null, reasoning_content: "hm" },
			finish_reason: "stop" as const,
			...(logprobs !== undefined && { logprobs }),
		});
		const logprobs = {
			content: [
				entry("Hi", -0.1, [
					["Hi", -0.1],
					["Ho", -2],
				]),
				entry("!", -0.5),
			],
			refusal: null,
		};
		const answer = { choices: [choice(0, "Hi!", logprobs), choice(1, "Ho")], usage };
		expect(renderTextCompletion(head, answer, usage, nanoUsd(1000))).toMatchObject({
			...head,
			object: "text_completion",
			choices: [
				{
					text: "Hi!",
					index: 0,
					logprobs: {
						tokens: ["Hi", "!"],
						token_logprobs: [-0.1, -0.5],
						top_logprobs: [{ Hi: -0.1, Ho: -2 }, {}],
						text_offset: [0, 2],
					},
					finish_reason: "stop",
				},
				{ text: "Ho", index: 1, logprobs: null, finish_reason: "stop" },
			],
			usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, cost: 0.000001 },
		});
	});

	it("is streamed piece by piece without what the model thought, offsets going on within each choice", () => {
		const renderer = new CompletionsStreamRenderer(head, { includeUsage: true });
		const piece = (index: number, delta: object, finish: "stop" | null = null, logprobs?: unknown): Chunk => ({
			choices: [{ index, delta, finish_reason: finish, ...(logprobs !== undefined && { logprobs }) }],
		});
		const events = [
			piece(0, { reasoning_content: "hm" }),
			piece(0, { content: "Hi" }, null, { content: [entry("Hi", -1)], refusal: null }),
			piece(1, { content: "Ho" }),
			piece(0, { content: "!" }, null, { content: [entry("!", -1)], refusal: null }),
			piece(0, {}, "stop"),
			piece(1, {}, "stop"),
		];
		const text = events.map((chunk) => renderer.chunk(chunk)).join("") + renderer.end(usage, null);
		const payloads = text
			.trimEnd()
			.split("\n\n")
			.map((event) => event.replace("data: ", ""));
		expect(payloads.at(-1)).toBe("[DONE]");
		const chunks = payloads.slice(0, -1).map((data) => JSON.parse(data));
		expect(chunks.flatMap(({ choices }) => choices).map((one) => [one.index, one.text, one.finish_reason])).toEqual([
			[0, "Hi", null],
			[1, "Ho", null],
			[0, "!", null],
			[0, "", "stop"],
			[1, "", "stop"],
		]);
		expect(chunks[2].choices[0].logprobs).toMatchObject({ tokens: ["!"], text_offset: [2] });
		expect(chunks.map((chunk) => chunk.usage?.total_tokens ?? null)).toEqual([null, null, null, null, null, 14]);
	});

	it("has offsets that point at its tokens, whatever they are", () => {
		fc.assert(
			fc.property(fc.array(fc.string({ unit: "binary", maxLength: 8 }), { maxLength: 8 }), (tokens) => {
				const text = tokens.join("");
				const lists = textLogprobs({ content: tokens.map((token) => entry(token, -1)) }, 0);
				for (const [index, token] of tokens.entries()) {
					const at = lists?.text_offset[index] ?? Number.NaN;
					expect(text.slice(at, at + token.length)).toBe(token);
				}
			}),
			{ numRuns: cases(100) },
		);
	});
});
