import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import { parseModeration } from "#faces/openai-moderations/parse";
import type { JsonObject } from "#lib/json";
import { promptsBound } from "#metering/bound-prompts";
import { moderations } from "#operations/moderations/index";
import { openaiModerations } from "#providers/openai-moderations/index";
import { findModel } from "#simulator/model/models";
import { answerUsage } from "#simulator/model/usage";
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
