import { describe, expect, it } from "vitest";
import type { Chunk } from "#core/chat/chat";
import { UpstreamError } from "#core/fault";
import { SseParser } from "#lib/sse";
import type { ChatAdapter } from "#providers/adapter";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { workersAi } from "#providers/workers-ai/index";
import { EACH } from "#test/support/scale";
import * as anthropicFixtures from "#test/unit/providers/fixtures/anthropic";
import * as geminiFixtures from "#test/unit/providers/fixtures/gemini";
import * as workersAiFixtures from "#test/unit/providers/fixtures/workers-ai";
import { collect } from "./collect";
import { chat, modelOf } from "./native";

const flash = modelOf("gemini", "gemini-3.5-flash");
const sonnet = modelOf("anthropic", "claude-sonnet-5-5");
const llama = modelOf("workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast");

const STREAMS: [string, ChatAdapter, typeof flash, string][] = [
	["Gemini, text", gemini, flash, geminiFixtures.textStream],
	["Gemini, thoughts", gemini, flash, geminiFixtures.thoughtStream],
	["Gemini, tools", gemini, flash, geminiFixtures.toolStream],
	["Anthropic, text", anthropic, sonnet, anthropicFixtures.textStream],
	["Anthropic, thinking", anthropic, sonnet, anthropicFixtures.thinkingStream],
	["Anthropic, tools", anthropic, sonnet, anthropicFixtures.toolStream],
	["Workers AI, older shape", workersAi, llama, workersAiFixtures.sse(workersAiFixtures.classicFrames)],
	["Workers AI, older shape, calls", workersAi, llama, workersAiFixtures.sse(workersAiFixtures.classicCallFrames)],
	["Workers AI, OpenAI's shape", workersAi, llama, workersAiFixtures.sse(workersAiFixtures.openaiFrames)],
];

function decode(adapter: ChatAdapter, model: typeof flash, pieces: readonly Uint8Array[]): Chunk[] {
	const parser = new SseParser();
	const decoder = adapter.chat.decoder(chat({ stream: true }), model);
	const chunks: Chunk[] = [];
	for (const piece of pieces) for (const event of parser.push(piece)) chunks.push(...decoder.push(event));
	for (const event of parser.end()) chunks.push(...decoder.push(event));
	return [...chunks, ...decoder.end()];
}

describe.each(STREAMS)("the stream of %s", (_, adapter, model, text) => {
	const bytes = new TextEncoder().encode(text);
	const whole = decode(adapter, model, [bytes]);

	it("decodes alike wherever the network splits it", () => {
		for (let at = 1; at < bytes.length; at += EACH) {
			expect(decode(adapter, model, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
		}
	});

	it("is never taken for complete when it is cut off", () => {
		for (let at = 0; at < bytes.length; at += EACH) {
			let cut: Chunk[];
			try {
				cut = decode(adapter, model, [bytes.subarray(0, at)]);
			} catch (error) {
				expect(error).toBeInstanceOf(UpstreamError);
				continue;
			}
			// What is missing can only be the white space or the padding at the very end.
			expect(collect(cut)).toEqual(collect(whole));
		}
	});
});
