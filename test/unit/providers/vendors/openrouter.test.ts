import { describe, expect, it } from "vitest";
import type { ChatRequest, Message } from "#core/chat/chat";
import { openrouter } from "#providers/vendors/openrouter";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/openrouter";
import { chat, faultOf, feed, modelOf } from "#test/unit/providers/native";

const model = modelOf("openrouter", "anthropic/claude-sonnet-5");
const encode = (fields: Partial<ChatRequest>) => openrouter.chat.encode(chat(fields), model);
const stream = (text: string) => feed(openrouter.chat.decoder(chat({ stream: true }), model), text);
const USAGE = { uncachedInput: 10, cacheRead: 60, cacheWrite: 30, output: 20, reasoning: 12 };

describe("a request to OpenRouter", () => {
	it("passes everything on under its own name", () => {
		const fields = {
			seed: 1,
			n: 2,
			logit_bias: { "5": 1 },
			prompt_cache_key: "k",
			user: "u",
			verbosity: "low",
		} as const;
		const { body, dropped } = encode({ ...fields, max_completion_tokens: 9, extensions: { plugins: [{ id: "web" }] } });
		expect(body).toMatchObject({ ...fields, max_tokens: 9, plugins: [{ id: "web" }] });
		expect(dropped).toEqual([]);
	});

	it("returns reasoning blocks unchanged, and text only where there are none", () => {
		const details = [fixtures.textDetail, fixtures.signed];
		const messages: Message[] = [
			{ role: "assistant", content: "a", reasoning_content: "Think.", reasoning_details: details },
			{ role: "assistant", content: "b", reasoning_content: "Think.", reasoning_details: [] },
		];
		expect(encode({ messages }).body.messages).toEqual([
			{ role: "assistant", content: "a", reasoning_details: details },
			{ role: "assistant", content: "b", reasoning_content: "Think." },
		]);
	});

	it("asks for an effort once, because two that differ are refused", () => {
		const effort = { reasoning_effort: "high" } as const;
		expect(encode(effort).body).toMatchObject(effort);
		expect(encode({ ...effort, extensions: { reasoning: { exclude: true } } }).body).toMatchObject({
			reasoning: { exclude: true, effort: "high" },
		});
		for (const reasoning of [{ effort: "low" }, { max_tokens: 500 }]) {
			for (const asked of [{ extensions: { reasoning } }, { providerExtensions: { openrouter: { reasoning } } }]) {
				const { body, dropped } = encode({ ...effort, ...asked });
				expect(body.reasoning).toEqual(reasoning);
				expect(body).not.toHaveProperty("reasoning_effort");
				expect(dropped).toEqual(["reasoning_effort"]);
			}
		}
	});
});

describe("an answer of OpenRouter", () => {
	it("yields reasoning as text and as blocks, one finish though it came twice, and the last usage", () => {
		expect(collect(stream(fixtures.reasoningStream))).toMatchObject({
			reasoning: "Think.",
			reasoningDetails: [fixtures.textDetail, fixtures.signed],
			text: "Four",
			finish: "stop",
			nativeFinish: "end_turn",
			usage: USAGE,
		});
	});

	it("yields images", () => {
		expect(stream(fixtures.imageStream)[0]?.choices[0]?.delta).toEqual({ content: "Here", images: [fixtures.picture] });
	});

	it("yields the same when it is whole", () => {
		expect(openrouter.chat.decode(fixtures.answer, chat(), model)).toMatchObject({
			choices: [
				{
					message: {
						content: "Four",
						reasoning_content: "Think.",
						reasoning_details: [fixtures.textDetail, fixtures.signed],
						images: [fixtures.picture],
					},
					finish_reason: "stop",
					native_finish_reason: "end_turn",
				},
			],
			usage: USAGE,
		});
	});

	it("breaks when the provider behind it fails, and is billed what was used till then", () => {
		const decoder = openrouter.chat.decoder(chat(), model);
		const frames = fixtures.brokenStream.split("\n\n").filter((frame) => frame !== "");
		const chunks = frames.flatMap((frame) => decoder.push({ event: "", data: frame.slice("data: ".length) }));
		expect(collect(chunks)).toMatchObject({ text: "Ha", finish: null, usage: USAGE });
		expect(faultOf(() => decoder.end())).toEqual({
			kind: "overloaded",
			status: 502,
			message: "Provider disconnected unexpectedly",
			code: "provider_unavailable",
		});
	});

	it("is an error when an accepted request failed after routing", () => {
		expect(faultOf(() => openrouter.chat.decode(fixtures.errorInAnswer, chat(), model))).toEqual({
			kind: "rate_limited",
			status: 429,
			message: "Rate limit exceeded",
			code: "rate_limit_exceeded",
		});
	});
});
