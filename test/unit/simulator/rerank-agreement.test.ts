import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { promptTokens } from "#core/chat/usage";
import { UpstreamError } from "#core/fault";
import type { Ranking, RerankRequest } from "#core/rerank/rerank";
import type { JsonObject } from "#lib/json";
import { promptsBound } from "#metering/bound-prompts";
import { findModel } from "#simulator/model/models";
import { answerUsage } from "#simulator/model/usage";
import { ADAPTERS, seatOf } from "./exchange";

const ADDED = findModel("acme", "any-model");
const MODELS = [
	...BUILT_IN_MODELS.filter(({ output }) => output.includes("rerank")),
	...(ADDED === null ? [] : [ADDED]),
];
const DOCUMENTS = ["Budgets are held before a request is sent.", "Birds that swim: penguins.", "鸟会游泳", "Keys"];

function requestOf(more: Partial<RerankRequest> = {}): RerankRequest {
	const base = { stream: false, query: "Which birds swim?", documents: DOCUMENTS, top: DOCUMENTS.length } as const;
	return { ...base, extensions: {}, providerExtensions: {}, ...more };
}

function codecOf({ provider }: Model) {
	const codec = ADAPTERS[provider]?.rerank;
	if (codec === undefined) throw new Error(`${provider} does not rank`);
	return codec;
}

/** Encodes, lets the simulator answer as the vendor does, and decodes; with the tokens that the vendor counted. */
function exchange(model: Model, request: RerankRequest): { answer: Ranking; tokens: number; dropped: string[] } {
	const codec = codecOf(model);
	const call = codec.encode(request, model);
	const seat = seatOf(model, `https://simulator/${model.provider}/v1${call.path}`);
	const play = seat.wire.read(JSON.parse(JSON.stringify(call.body)) as JsonObject, seat);
	const body = play.whole({ drafts: [], usage: answerUsage(play.input, []), cost: 0 });
	expect(promptsBound(call.prompts ?? [])).toBeGreaterThanOrEqual(play.input.total);
	return { answer: codec.decode(body, request, model), tokens: play.input.total, dropped: call.dropped };
}

describe.each(MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))("%s", (_, model) => {
	it("ranks what is about the query first, each document once, within what is held", () => {
		const { answer, tokens } = exchange(model, requestOf());
		expect(answer.results[0]?.index).toBe(1);
		expect(answer.results.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3]);
		const scores = answer.results.map(({ score }) => score);
		expect(scores).toEqual(scores.toSorted((a, b) => b - a));
		if (answer.usage === null) expect(model.provider).toBe("workers-ai");
		else expect(promptTokens(answer.usage)).toBe(tokens);
	});

	it("gives as many of the best as are wanted", () => {
		const { results } = exchange(model, requestOf()).answer;
		expect(exchange(model, requestOf({ top: 2 })).answer.results).toEqual(results.slice(0, 2));
	});

	it("says which fields have no counterpart, and holds for an instruction that goes out", () => {
		const { dropped } = exchange(model, requestOf({ user: "u", extensions: { instruction: "Birds. ".repeat(200) } }));
		expect(dropped.toSorted()).toEqual(model.provider === "workers-ai" ? ["instruction", "user"] : ["user"]);
	});

	it.each([
		["too few", [{ index: 0, id: 0, relevance_score: 1, score: 1 }]],
		["a place twice", [0, 1, 1, 2].map((index) => ({ index, id: index, relevance_score: 1, score: 1 }))],
		["a place that is none", [0, 1, 2, 4].map((index) => ({ index, id: index, relevance_score: 1, score: 1 }))],
		["no scores", [0, 1, 2, 3].map((index) => ({ index, id: index }))],
		["nothing", []],
		["no list", "ok"],
	])("takes no answer with %s", (_, list) => {
		expect(() => codecOf(model).decode({ results: list, response: list }, requestOf(), model)).toThrow(UpstreamError);
	});
});
