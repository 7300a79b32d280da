import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import { parseModeration } from "#faces/openai-moderations/parse";
import type { JsonObject } from "#lib/json";
import { promptsBound } from "#metering/bound-prompts";
import { moderations } from "#operations/moderations/index";
import { openaiModerations } from "#providers/openai-moderations/index";
import { workersAiModerations } from "#providers/workers-ai/moderations";
import { saying } from "#simulator/model/model-behaviour";
import { findModel } from "#simulator/model/models";
import { answerUsage } from "#simulator/model/usage";
import { cases } from "#test/support/scale";
import { seatOf } from "#test/unit/simulator/exchange";

const named = () => undefined;
const requestOf = (input: unknown) => parseModeration({ input }, named).request;
const TEXT = { type: "text", text: "I will kill the process" };
const IMAGE = { type: "image_url", image_url: { url: "https://pictures.test/a.png" } };
const MODELS = ["openai/omni-moderation-latest", "acme/any-model"].map((name): readonly [string, Model] => {
	const [provider = "", id = ""] = name.split("/");
	const model = findModel(provider, id);
	if (model === null) throw new Error(`the simulator has no ${name}`);
	return [name, model];
});

describe("a request for a moderation", () => {
	it("is of one text, of several, or of parts, and names a model only where it has to", () => {
		expect(parseModeration({ input: "a" }, named).preference).toEqual({ model: "omni-moderation-latest" });
		expect(parseModeration({ input: "a", model: "m" }, named).preference).toEqual({ model: "m" });
		expect(parseModeration({ input: "a", models: ["m"] }, named).preference).toEqual({ models: ["m"] });
		expect(requestOf("a").inputs).toEqual([[{ type: "text", text: "a" }]]);
		expect(requestOf(["a", "b"]).inputs).toHaveLength(2);
		expect(requestOf([TEXT, IMAGE]).inputs).toEqual([[TEXT, IMAGE]]);
		expect(moderations.routing.requirements(requestOf([TEXT, IMAGE])).input).toEqual(new Set(["image"]));
		expect(moderations.routing.requirements(requestOf([TEXT])).input).toEqual(new Set());
	});

	it.each([
		["nothing", undefined, "input"],
		["an empty text", "", "input"],
		["no texts", [], "input"],
		["a number among texts", ["a", 1], "input[1]"],
		["an empty text among texts", ["a", ""], "input[1]"],
		["a part of no kind", [TEXT, { type: "sound" }], "input[1]"],
		["too many texts", Array.from({ length: 2049 }, () => "a"), "input"],
	])("is refused by name when its input is %s", (_, input, param) => {
		try {
			requestOf(input);
		} catch (thrown) {
			if (!(thrown instanceof GatewayError)) throw thrown;
			expect([thrown.details.status, thrown.details.param]).toEqual([400, param]);
			return;
		}
		throw new Error("was not refused");
	});
});

describe.each(MODELS)("%s", (_, model) => {
	it.each([
		["a text", "I will kill the process", [true]],
		["texts", ["Hello", "I will kill the process"], [false, true]],
		["parts", [TEXT, IMAGE], [true]],
		["one part", [TEXT], [true]],
	])("judges %s as its adapter and the simulator both mean it, within what is held", (_name, input, flagged) => {
		const request = requestOf(input);
		const call = openaiModerations.encode(request, model);
		const seat = seatOf(model, `https://simulator/${model.provider}/v1${call.path}`);
		const play = seat.wire.read(JSON.parse(JSON.stringify(call.body)) as JsonObject, seat);
		const body = play.whole({ drafts: [], usage: answerUsage(play.input, []), cost: 0 });
		const { results } = openaiModerations.decode(body, request, model);
		expect(results.map((result) => result.flagged)).toEqual(flagged);
		expect(Object.keys(results[0]?.categories ?? {})).toHaveLength(13);
		if (call.prompts !== undefined) expect(promptsBound(call.prompts)).toBeGreaterThanOrEqual(play.input.total);
	});

	it.each([
		["nothing", []],
		["more than was asked", [1, 2].map(() => ({ flagged: true, categories: {}, category_scores: {} }))],
		["no verdict", [{ categories: {}, category_scores: {} }]],
		["scores that are words", [{ flagged: true, categories: {}, category_scores: { hate: "high" } }]],
	])("takes no answer with %s", (_name, results) => {
		expect(() => openaiModerations.decode({ results }, requestOf("a"), model)).toThrow(UpstreamError);
	});
});

describe("Llama Guard", () => {
	const model = findModel("workers-ai", "@cf/meta/llama-guard-3-8b") as Model;
	const verdict = (response: unknown) =>
		workersAiModerations.decode({ response, usage: { prompt_tokens: 9, completion_tokens: 3 } }, requestOf("a"), model);

	it("is asked for each text by itself, within what is held, and billed for what it reads and writes", () => {
		const request = requestOf(["Good morning", "I will kill the process", "hurt myself and the home address of Ann"]);
		const call = workersAiModerations.encode(request, model);
		const answers = (call.parts ?? []).map(({ fields, request: own }) => {
			const seat = seatOf(model, "");
			const play = seat.wire.read(JSON.parse(JSON.stringify({ ...call.body, ...fields })) as JsonObject, seat);
			const drafts = saying(play.says ?? "");
			const usage = answerUsage(play.input, drafts);
			const body = play.whole({ drafts, usage, cost: 0 });
			return { answer: workersAiModerations.decode(body, own as typeof request, model), usage };
		});
		const { results, usage, written } = moderations.toAnswer(
			answers.flatMap(({ answer }) => moderations.toChunks(answer)),
		);
		expect(results.map(({ flagged }) => flagged)).toEqual([false, true, true]);
		expect(results[1]?.categories).toMatchObject({ violence: true, illicit: false, harassment: null });
		expect(results[2]?.category_scores).toMatchObject({ privacy: 1, "self-harm": 1, violence: 0, harassment: null });
		const read = answers.reduce((sum, { usage: each }) => sum + each.uncachedInput, 0);
		const wrote = answers.reduce((sum, { usage: each }) => sum + each.output, 0);
		expect(usage).toMatchObject({ uncachedInput: read, output: wrote, source: "provider" });
		expect(promptsBound(call.prompts ?? [], call.promptOverhead)).toBeGreaterThanOrEqual(read);
		expect(call.outputLimit).toBeGreaterThanOrEqual(wrote);
		expect(written).toBe("safe\nunsafe\nS1\nunsafe\nS7,S11");
	});

	it("reads the parts of one input together, and no pictures", () => {
		const { body, parts } = workersAiModerations.encode(requestOf([TEXT, { type: "text", text: "Now." }]), model);
		expect(body.messages).toEqual([{ role: "user", content: "I will kill the process\n\nNow." }]);
		expect(parts).toBeUndefined();
		expect(() => workersAiModerations.encode(requestOf([TEXT, IMAGE]), model)).toThrow("sees no pictures");
	});

	it("has each of OpenAI's categories, true, false, or null where it does not judge", () => {
		const { categories, category_scores: scores } = verdict("unsafe\nS4,S9").results[0] ?? {};
		const openai = ["harassment", "hate", "illicit", "illicit/violent", "self-harm", "sexual", "sexual/minors"];
		expect(Object.keys(categories ?? {})).toEqual(expect.arrayContaining([...openai, "violence", "violence/graphic"]));
		expect(Object.entries(categories ?? {}).flatMap(([name, isMet]) => (isMet ? [name] : []))).toEqual([
			...["sexual/minors", "illicit/violent"],
		]);
		expect(new Set(Object.values(scores ?? {}))).toEqual(new Set([0, 1, null]));
	});

	it.each([
		["blank lines around", "\n\nunsafe\nS10", { flagged: true, categories: { hate: true } }],
		["a hazard that is not known", "unsafe\nS15", { flagged: true, categories: { s15: true } }],
		["no hazard", "unsafe", { flagged: true, categories: { hate: false } }],
		["an object", { safe: false, categories: ["S1"] }, { flagged: true, categories: { violence: true } }],
		["a safe object", { safe: true }, { flagged: false, categories: { violence: false } }],
	])("is understood with %s", (_, response, judged) => {
		expect(verdict(response).results).toMatchObject([judged]);
	});

	it("whatever it says is a verdict by categories, or its fault", () => {
		const said = fc.oneof(fc.string(), fc.constantFrom("safe", "unsafe\nS1,S99"), fc.jsonValue({ maxDepth: 3 }));
		const object = fc.record({ safe: fc.oneof(fc.boolean(), fc.jsonValue()), categories: fc.jsonValue() });
		fc.assert(
			fc.property(fc.oneof(said, object), (response) => {
				try {
					const [result] = verdict(response).results;
					const values = Object.values(result?.categories ?? {});
					expect(values.every((value) => value === null || typeof value === "boolean")).toBe(true);
					if (result?.flagged === false) expect(values).not.toContain(true);
				} catch (thrown) {
					expect(thrown).toBeInstanceOf(UpstreamError);
				}
			}),
			{ numRuns: cases(200) },
		);
	});

	it.each([["words"], ["I cannot judge this."], [{ categories: [] }], [null], [""], [7], [undefined]])(
		"is not believed when it says %j",
		(response) => {
			expect(() => verdict(response)).toThrow(UpstreamError);
		},
	);
});
