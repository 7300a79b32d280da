import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { GatewayError } from "#core/errors";
import { choicesOf, limitOf, refuseInBody } from "#faces/native/refusals";
import type { JsonObject } from "#lib/json";
import type { NativeApi, NativeEndpoint } from "#operations/native/endpoint";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { openai } from "#providers/vendors/openai";
import { siliconflow } from "#providers/vendors/siliconflow";

const endpoint = (api: NativeApi | undefined, path: string) =>
	api?.endpoints.find((one) => one.path === path) as NativeEndpoint;
const chat = endpoint(openai.native?.api, "/chat/completions");
const silicon = endpoint(siliconflow.native?.api, "/chat/completions");
const generate = endpoint(gemini.native?.api, "/models/{model}:generateContent");
const spelled = (body: JsonObject) => gemini.native?.api.spelled?.(body) ?? body;

describe("the limit on output", () => {
	it("is the largest of those that the vendor keeps to, and none where one of them is no number", () => {
		expect(limitOf({ max_tokens: 5, max_completion_tokens: 9 }, chat)).toBe(9);
		expect(limitOf({ max_tokens: 5, max_completion_tokens: null }, chat)).toBe(5);
		expect(limitOf({ max_tokens: 5, max_completion_tokens: "9" }, chat)).toBeUndefined();
		expect(limitOf({ max_tokens: 0 }, chat)).toBeUndefined();
		// Whoever reads `max_tokens` alone writes on.
		expect(limitOf({ max_completion_tokens: 9 }, silicon)).toBeUndefined();
		expect(limitOf({ generationConfig: { maxOutputTokens: 7 } }, generate)).toBe(7);
		expect(limitOf(spelled({ generation_config: { max_output_tokens: 7 } }), generate)).toBe(7);
	});

	it("of answers is a whole number", () => {
		expect(choicesOf({}, chat)).toBe(1);
		expect(choicesOf({ n: 3 }, chat)).toBe(3);
		expect(choicesOf({ generationConfig: { candidateCount: 4 } }, generate)).toBe(4);
		for (const n of [0, -1, 1.5, "2", 1e9, [2]]) expect(() => choicesOf({ n }, chat)).toThrow(GatewayError);
	});

	it("is found in no other spelling, so that none may be there", () => {
		const spelling = fc
			.tuple(
				fc.constantFrom("max_tokens", "n", "model", "store", "service_tier", "messages"),
				fc.infiniteStream(fc.boolean()),
			)
			.map(([name, coins]) =>
				[...name]
					.map((letter) => (coins.next().value ? letter.toUpperCase() : letter))
					.join("")
					.replaceAll("_", coins.next().value ? "" : "_"),
			);
		fc.assert(
			fc.property(spelling, (name) => {
				const isOwn = ["max_tokens", "n", "model", "service_tier", "messages", "store"].includes(name);
				const refused = () => refuseInBody({ [name]: name === "service_tier" ? "auto" : 1 }, chat);
				if (isOwn) expect(refused).not.toThrow();
				else expect(refused).toThrow(GatewayError);
			}),
		);
	});
});

describe("Anthropic's switches", () => {
	const { native } = anthropic;
	if (native === undefined) throw new Error("Anthropic's own API is passed on");
	const { headers: { "anthropic-beta": list, "anthropic-version": version } = {}, checkHeaders } = native.api;
	const small = { context: 200_000 } as Model;

	it("go out where they change no price and draw on no account", () => {
		const check = (betas: string) => () => checkHeaders?.({ "anthropic-beta": betas }, {}, small);
		expect(check("claude-code-20250219,interleaved-thinking-2025-05-14, effort-2025-11-24")).not.toThrow();
		for (const other of ["context-1m-2025-08-07", "effort-2025-11-24,fast-mode-2026-02-01", "files-api-2025-04-14"]) {
			expect(check(other)).toThrow(GatewayError);
		}
		expect([list?.test("effort-2025-11-24,pdfs-2024-09-25"), list?.test("x\nhost: y")]).toEqual([true, false]);
		expect([version?.test("2023-06-01"), version?.test("2023-06-01\r\nx: y")]).toEqual([true, false]);
	});
});

describe("Google's two spellings", () => {
	it("are one, but in what is the caller's own", () => {
		const args = { file_name: "a", max_output_tokens: 1 };
		const body = { system_instruction: { parts: [] }, contents: [{ parts: [{ function_call: { name: "f", args } }] }] };
		expect(spelled(body)).toEqual({
			systemInstruction: { parts: [] },
			contents: [{ parts: [{ functionCall: { name: "f", args } }] }],
		});
		expect(() => spelled({ generation_config: {}, generationConfig: {} })).toThrow(GatewayError);
	});
});
