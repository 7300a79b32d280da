import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import { parseChat } from "#faces/openai-chat/parse";
import type { Json, JsonObject } from "#lib/json";
import { ADAPTERS, MODELS } from "#test/unit/simulator/exchange";
import requests from "../../../../.generated/requests.json" with { type: "json" };
import { type TypeSchema, type Variant, variants } from "./sdk-values";

const chat = requests.chat as unknown as TypeSchema;

/** What most fields can stand beside. */
const BASE: JsonObject = { model: "m", messages: [{ role: "user", content: "x" }], stream: true, logprobs: true };
/** What some need beside themselves, or cannot have. */
const COMPANY: Readonly<Record<string, JsonObject>> = {
	tool_choice: { ...BASE, tools: [{ type: "function", function: { name: "f" } }] },
	function_call: { ...BASE, functions: [{ name: "f" }] },
};

/** Requests that differ from a plain one in one place each. */
const REQUESTS: Variant[] = Object.entries(chat.properties ?? {}).flatMap(([name, field]) => {
	const base = COMPANY[name] ?? BASE;
	const { [name]: _, ...plain } = base;
	const isOptional = !(chat.required ?? []).includes(name);
	const nulled = isOptional ? [{ value: { ...base, [name]: null }, at: name, leaf: null, without: plain }] : [];
	const given = variants(field, name).map((one) => ({
		...one,
		value: { ...base, [name]: one.value },
		...(one.without !== undefined && { without: { ...base, [name]: one.without } }),
	}));
	return [...given, ...nulled];
});

const isEmpty = (leaf: Json) => leaf === "" || (Array.isArray(leaf) && leaf.length === 0);
const outOf = (least: number, most: number) => (leaf: Json) =>
	typeof leaf === "number" && (leaf < least || leaf > most);
const noCount = (least: number, most: number) => (leaf: Json) =>
	typeof leaf === "number" && (!Number.isInteger(leaf) || outOf(least, most)(leaf));

/**
 * The values of OpenAI's types that are refused: what docs/api.md says of them, in which places, and which they are.
 */
const REFUSED: readonly { readonly why: string; readonly at: readonly string[]; refuses(leaf: Json): boolean }[] = [
	{
		why: "names, links and data must not be empty, nor may the list of messages",
		at: [
			"model",
			"messages",
			"stop[]",
			"functions[].name",
			"function_call.name",
			"tools[].function.name",
			"tools[].custom.name",
			"tool_choice.function.name",
			"tool_choice.custom.name",
			"response_format.json_schema.name",
			"messages[].audio.id",
			"messages[].content[].image_url.url",
			"messages[].content[].input_audio.data",
			"messages[].function_call.name",
			"messages[].tool_call_id",
			"messages[].tool_calls[].id",
			"messages[].tool_calls[].function.name",
			"messages[].tool_calls[].custom.name",
		],
		refuses: isEmpty,
	},
	{
		why: "stops are four at most, and none is empty",
		at: ["stop"],
		refuses: (leaf) => leaf === "" || (Array.isArray(leaf) && leaf.length > 4),
	},
	{ why: "OpenAI's range", at: ["temperature"], refuses: outOf(0, 2) },
	{ why: "OpenAI's range", at: ["top_p"], refuses: outOf(0, 1) },
	{ why: "OpenAI's range", at: ["presence_penalty", "frequency_penalty"], refuses: outOf(-2, 2) },
	{ why: "OpenAI's range", at: ["logit_bias.*"], refuses: outOf(-100, 100) },
	{ why: "whole numbers", at: ["seed"], refuses: noCount(-Infinity, Infinity) },
	{ why: "whole numbers from 1", at: ["max_tokens", "max_completion_tokens"], refuses: noCount(1, Infinity) },
	{ why: "whole numbers in OpenAI's range", at: ["n"], refuses: noCount(1, 128) },
	{ why: "whole numbers in OpenAI's range", at: ["top_logprobs"], refuses: noCount(0, 20) },
];

/** Where `null` is the caller's own data: the gateway does not read it, so that it reaches OpenAI as it came. */
const OWN_DATA = /^(?:moderation|prompt_cache_options)\.|\.prompt_cache_breakpoint\.|\.user_location\.|\.grammar\./;

function parse(body: Json): ChatRequest | GatewayError {
	try {
		return parseChat(body, () => undefined).request;
	} catch (thrown) {
		if (thrown instanceof GatewayError && thrown.details.status === 400) return thrown;
		throw thrown;
	}
}

/** One model of each adapter, and of OpenAI's other protocol. */
const SAMPLES = MODELS.filter(
	({ provider, id }, at) => MODELS.findIndex((one) => one.provider === provider) === at || id === "gpt-4.1",
);

describe("every value that OpenAI's own types allow", () => {
	it("is accepted, but for what is named above", () => {
		expect(REQUESTS.length).toBeGreaterThan(250);
		for (const { value, at, leaf } of REQUESTS) {
			const isRefused = parse(value) instanceof GatewayError;
			const isNamed = REFUSED.some((rule) => rule.at.includes(at) && rule.refuses(leaf));
			expect(`${at}=${JSON.stringify(leaf)} ${isRefused}`).toBe(`${at}=${JSON.stringify(leaf)} ${isNamed}`);
		}
		for (const rule of REFUSED) {
			for (const place of rule.at) {
				expect(REQUESTS.some(({ at, leaf }) => at === place && rule.refuses(leaf)) ? place : "").toBe(place);
			}
		}
	});

	it("means absent where it is null, but in the caller's own data", () => {
		const nulled = REQUESTS.filter(({ without }) => without !== undefined);
		expect(nulled.length).toBeGreaterThan(60);
		for (const { at, value, without } of nulled) {
			if (OWN_DATA.test(at)) continue;
			expect([at, parse(value)]).toEqual([at, parse(without as Json)]);
		}
	});

	it.each(SAMPLES.map((model) => [`${model.provider}/${model.id}`, model] as const))(
		"is translated for %s, or refused as the caller's request",
		(_, model) => {
			const adapter = ADAPTERS[model.provider];
			for (const { value } of REQUESTS) {
				const request = parse(value);
				if (request instanceof GatewayError) continue;
				try {
					expect(adapter?.chat.encode(request, model).body).toBeTypeOf("object");
				} catch (thrown) {
					expect(thrown).toBeInstanceOf(GatewayError);
					expect((thrown as GatewayError).details.status).toBe(400);
				}
			}
		},
	);
});
