import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk } from "#core/chat/chat";
import { promptTokens, type Usage } from "#core/chat/usage";
import { SseParser } from "#lib/sse";
import { boundOf, outputFor } from "#metering/bound";
import { costOf } from "#metering/cost";
import { isPlausible } from "#metering/plausible";
import { outputLimitOf } from "#providers/shared/output-limit";
import { answer } from "#simulator/model/model-behaviour";
import { answerUsage } from "#simulator/model/usage";
import { cases } from "#test/support/scale";
import { chat, MODELS, type Sent, send } from "./exchange";

const AT = Date.parse("2026-11-24T15:00:00Z");

/** How each vendor is asked to search at most so often, or for so many results. */
const ASKS: Readonly<Record<string, (most: number) => Partial<ChatRequest>>> = {
	openai: (most) => ({
		extensions: { max_tool_calls: most },
		providerExtensions: { openai: { tools: [{ type: "web_search" }] } },
	}),
	anthropic: (most) => ({
		providerExtensions: {
			anthropic: { tools: [{ type: "web_search_20250305", name: "web_search", max_uses: most }] },
		},
	}),
	openrouter: (most) => ({ extensions: { plugins: [{ id: "web", max_results: most }] } }),
};
const SEARCHING = MODELS.filter(({ rules }) => rules.useFees?.web_search !== undefined);

function asked(model: Model, text: string, most: number, more: Partial<ChatRequest> = {}) {
	const request = chat([{ role: "user", content: text }], { ...more, ...ASKS[model.provider]?.(most) });
	const sent = send(model, request, ["web_search"]);
	if (sent === null) throw new Error(`${model.provider}/${model.id} refuses a search`);
	const { body, searches } = sent.call;
	if (searches === undefined) throw new Error(`${model.provider}/${model.id} may not search`);
	const call = { ...sent.call, searches, request, outputLimit: outputLimitOf(body) };
	const usage = answerUsage(sent.play.input, answer(sent.play.question));
	return { request, sent, call, usage };
}

/** The usage that the adapter reads in the simulated answer, and the pages that it cites. */
function told(model: Model, request: ChatRequest, { adapter, play }: Sent, usage: Usage) {
	const given = { drafts: answer(play.question), usage, cost: 0 };
	if (!play.stream) {
		const { choices, usage: read } = adapter.chat.decode(play.whole(given), request, model);
		return { read, cited: choices[0]?.message.annotations ?? [], text: choices[0]?.message.content };
	}
	const parser = new SseParser();
	const decoder = adapter.chat.decoder(request, model);
	const chunks: Chunk[] = [];
	for (const { text } of play.frames(given)) {
		for (const event of parser.push(new TextEncoder().encode(text))) chunks.push(...decoder.push(event));
	}
	for (const event of parser.end()) chunks.push(...decoder.push(event));
	chunks.push(...decoder.end());
	const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
	return {
		read: chunks.findLast((chunk) => chunk.usage !== undefined)?.usage ?? null,
		cited: deltas.flatMap(({ annotations = [] }) => annotations),
		text: deltas.map(({ content = "" }) => content).join(""),
	};
}

const CASES = SEARCHING.flatMap((model) =>
	[false, true].map((stream) => [`${model.provider}/${model.id}, stream ${stream}`, model, stream] as const),
);

describe("a search of the web", () => {
	it("has a fee at every model of the vendors that can be limited", () => {
		expect(new Set(SEARCHING.map(({ provider }) => String(provider)))).toEqual(new Set(Object.keys(ASKS)));
	});

	it.each(CASES)("is counted as the vendor bills it: %s", (_, model, stream) => {
		for (const uses of [0, 1, 4]) {
			const { request, sent, usage } = asked(model, `[[search:${uses}]] Hello!`, 4, { stream });
			const billed = model.provider === "openrouter" ? 4 : uses;
			expect(usage.webSearches).toBe(billed);
			const { webSearches, ...tokens } = usage;
			// OpenRouter does not tell how many results it bills.
			const counts = model.provider === "openrouter" ? {} : { webSearches };
			const { read, cited, text } = told(model, request, sent, usage);
			expect(read).toEqual({ ...tokens, ...counts });
			const page = { url: "https://example.com/0", title: "Simulated result 0" };
			const whole = { ...page, start_index: 0, end_index: text?.length };
			const isCiting = uses > 0 && model.provider !== "openrouter";
			expect(cited).toMatchObject(isCiting ? [{ type: "url_citation", url_citation: whole }] : []);
			expect(cited).toHaveLength(isCiting ? 1 : 0);
			const fee = BigInt(billed) * BigInt(model.rules.useFees?.web_search ?? 0);
			const without = costOf(tokens, model, AT, sent.play.serviceTier);
			expect(BigInt(costOf(usage, model, AT, sent.play.serviceTier) ?? 0)).toBe(BigInt(without ?? 0) + fee);
		}
	});

	it("is never billed above its bound, and is believed, however often the model would search", () => {
		const text = fc
			.tuple(fc.nat(400), fc.nat(30))
			.map(([uses, times]) => `[[search:${uses}]]${" hello".repeat(times)}`);
		fc.assert(
			fc.property(fc.constantFrom(...SEARCHING), text, fc.integer({ min: -2, max: 30 }), (model, said, most) => {
				const { call, sent, usage } = asked(model, said, most, { max_completion_tokens: 2_000 });
				const bound = boundOf(call, model, AT);
				if (bound === null) return;
				expect(usage.webSearches).toBeLessThanOrEqual(call.searches.uses);
				expect(call.searches.uses).toBeLessThanOrEqual(10);
				expect(promptTokens(usage)).toBeLessThanOrEqual(bound.inputTokens);
				expect(costOf(usage, model, AT, sent.play.serviceTier)).toBeLessThanOrEqual(bound.amount);
				expect(isPlausible(usage, call, model)).toBe(true);
				const beyond = { ...usage, webSearches: call.searches.uses + 1 };
				expect(isPlausible(beyond, call, model)).toBe(false);
				for (const held of [bound.leastAmount, bound.amount]) {
					const limit = outputFor(held, call, model, AT);
					if (bound.amount === 0) continue;
					const limited = boundOf({ ...call, outputLimit: limit }, model, AT);
					expect(limited?.amount).toBeLessThanOrEqual(held);
				}
			}),
			{ numRuns: cases(300) },
		);
	});
});
