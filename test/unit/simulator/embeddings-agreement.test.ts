import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { promptTokens } from "#core/chat/usage";
import type { EmbeddingInput, Embeddings, EmbeddingsRequest } from "#core/embeddings/embeddings";
import { base64ToFloats } from "#lib/float32-base64";
import type { JsonObject } from "#lib/json";
import { promptsBound } from "#metering/bound-prompts";
import { embeddings } from "#operations/embeddings/index";
import { findModel } from "#simulator/model/models";
import { answerUsage } from "#simulator/model/usage";
import { route } from "#simulator/routes";
import { Refusal } from "#simulator/wire/wire";
import { workersAi as localAi } from "#simulator/wire/workers-ai/index";
import { cases } from "#test/support/scale";
import { ADAPTERS } from "./exchange";

const ADDED = findModel("acme", "any-model");
const MODELS = [
	...BUILT_IN_MODELS.filter(({ output }) => output.includes("embedding")),
	...(ADDED === null ? [] : [ADDED]),
];

function requestOf(inputs: readonly EmbeddingInput[], more: Partial<EmbeddingsRequest> = {}): EmbeddingsRequest {
	return { stream: false, inputs, firstIndex: 0, encoding: "base64", extensions: {}, providerExtensions: {}, ...more };
}

/** Encodes, lets the simulator answer each call as the vendor does, decodes and joins; with the tokens it counted. */
function exchange(model: Model, request: EmbeddingsRequest): { answer: Embeddings; tokens: number; calls: number } {
	const adapter = ADAPTERS[model.provider];
	const codec = adapter?.embeddings;
	if (adapter === undefined || codec === undefined) throw new Error(`${model.provider} does not embed`);
	const call = codec.encode(request, model);
	const target = route({ method: "POST", url: `https://simulator/${model.provider}/${adapter.version}${call.path}` });
	const seat = {
		provider: model.provider,
		model,
		modelId: model.id,
		id: "0".repeat(32),
		now: 0,
		streamPath: "none",
	} as const;
	const wire =
		model.provider === "workers-ai" ? localAi : target instanceof Refusal || "list" in target ? null : target.wire;
	if (wire === null) throw new Error("the simulator has nothing there");
	let tokens = 0;
	const parts = call.parts ?? [{ fields: {}, request }];
	const chunks = parts.flatMap((part) => {
		const play = wire.read(JSON.parse(JSON.stringify({ ...call.body, ...part.fields })) as JsonObject, seat);
		tokens += play.input.total;
		const body = play.whole({ drafts: [], usage: answerUsage(play.input, []), cost: 0 });
		return embeddings.toChunks(codec.decode(body, part.request as EmbeddingsRequest, model));
	});
	expect(promptsBound(call.prompts ?? [])).toBeGreaterThanOrEqual(tokens);
	return { answer: embeddings.toAnswer(chunks), tokens, calls: parts.length };
}

const numbersOf = (vector: Embeddings["vectors"][number] | undefined) =>
	typeof vector === "string" ? base64ToFloats(vector) : vector?.map(Math.fround);

describe.each(MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))("%s", (_, model) => {
	const text = fc.string({ minLength: 1, maxLength: 40, unit: "binary" }).map((each) => each.toWellFormed());

	it("embeds any texts as its adapter and the simulator both mean it, in order, within what is held", () => {
		fc.assert(
			fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (inputs) => {
				const { answer, tokens } = exchange(model, requestOf(inputs));
				expect(answer.vectors).toHaveLength(inputs.length);
				if (answer.usage !== null) expect(promptTokens(answer.usage)).toBe(tokens);
				const alone = exchange(model, requestOf(inputs.slice(-1))).answer;
				expect(numbersOf(answer.vectors.at(-1))).toEqual(numbersOf(alone.vectors[0]));
			}),
			{ numRuns: cases(20) },
		);
	});

	it("takes tokens where its vendor does, and is refused by the place of the first where it does not", () => {
		const inputs = [[1, 2, 3], [4]];
		if (!["openai", "openrouter", "acme"].includes(model.provider)) {
			const ask = () => exchange(model, requestOf(inputs, { firstIndex: 7 }));
			expect(ask).toThrow(expect.objectContaining({ details: expect.objectContaining({ param: "input[7]" }) }));
			return;
		}
		const { answer, tokens } = exchange(model, requestOf(inputs));
		expect([answer.vectors.length, tokens]).toEqual([2, 4]);
	});

	it("has vectors of the length that is asked for, and none that its model does not make", () => {
		const { dimensions: most = 768, fixed_dimensions: isFixed = false } = model.traits;
		const shorter = () => exchange(model, requestOf(["a"], { dimensions: 64 })).answer;
		if (isFixed) expect(shorter).toThrow(`\`${model.id}\` makes vectors of ${most} numbers`);
		else expect(numbersOf(shorter().vectors[0])).toHaveLength(64);
		expect(numbersOf(exchange(model, requestOf(["a"], { dimensions: most })).answer.vectors[0])).toHaveLength(most);
	});

	it("takes a batch of any size in as many calls as it needs, and names the places of the whole", () => {
		const inputs = Array.from({ length: 130 }, (_, at) => `text ${at}`);
		const { answer, calls, tokens } = exchange(model, requestOf(inputs));
		expect(answer.vectors).toHaveLength(130);
		expect(calls).toBe({ openai: 1, siliconflow: 5, acme: 5 }[model.provider as string] ?? 2);
		if (answer.usage !== null) expect(promptTokens(answer.usage)).toBe(tokens);
	});
});
