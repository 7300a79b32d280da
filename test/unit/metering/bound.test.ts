import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model, Price } from "#catalog/model";
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { ProviderName } from "#core/ids";
import type { JsonObject } from "#lib/json";
import { JsonSource } from "#lib/json-source";
import { type BoundCall, boundOf, outputFor } from "#metering/bound";
import { inputBound, jsonStringBytes } from "#metering/bound-input";
import { nanoUsd } from "#metering/money";
import { cases } from "#test/support/scale";

const MONDAY = Date.parse("2026-12-07T12:00:00Z");
const MINUTE = 60_000;

const FLAT: Price = { input: 1000, cacheRead: 100, cacheWrite: 1000, cacheWriteHour: 1000, output: 1000 };

function model(of: Partial<Model>, price: Partial<Price> = {}): Model {
	return {
		provider: "acme" as ProviderName,
		id: "m",
		aliases: [],
		context: null,
		maxOutput: 1000,
		input: ["text"],
		output: ["text"],
		tools: true,
		jsonSchema: true,
		reasoning: false,
		traits: {},
		prices: [{ from: 0, price: { ...FLAT, ...price } }],
		rules: {},
		family: null,
		quality: null,
		regions: [],
		...of,
	};
}

function call(body: JsonObject, more: Partial<BoundCall> = {}): BoundCall {
	return { request: {}, body, outputLimit: null, ...more };
}

const says = (content: JsonObject[string], more: JsonObject = {}): BoundCall =>
	call({ messages: [{ role: "user", content }], ...more });
const HI = says("hi");

function bound(of: BoundCall, on: Model, at = MONDAY) {
	const answer = boundOf(of, on, at);
	if (answer === null) throw new Error("no price");
	return answer;
}

function builtIn(provider: string, id: string): Model {
	const found = BUILT_IN_MODELS.find((each) => each.provider === provider && each.id === id);
	if (found === undefined) throw new Error(`no ${provider}/${id}`);
	return found;
}

describe("the bound of an attempt's input", () => {
	it("is the bytes of the text as JSON with a fixed allowance for what vendors put around it", () => {
		const empty = bound(says(""), model({})).inputTokens;
		for (const text of ["a".repeat(1000), "海".repeat(50), "🐦", 'quo"te\n', "\u0001", "\ud800", "é"]) {
			const bytes = new TextEncoder().encode(JSON.stringify(text)).length - 2;
			expect(bound(says(text), model({})).inputTokens - empty).toBeGreaterThanOrEqual(bytes);
			expect(bound(says(text), model({})).inputTokens - empty).toBeLessThanOrEqual(2 * bytes + 4);
		}
	});

	it("counts a string no shorter than it is in JSON, and exactly without control characters", () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.string({ unit: fc.constantFrom(...'"\\ é') })),
				(text) => {
					const exact = new TextEncoder().encode(JSON.stringify(text)).length;
					const counted = jsonStringBytes(text);
					if (counted < exact) expect.fail(`${counted} for ${exact} of ${JSON.stringify(text)}`);
					const isGenerous = [...text].some((char) => char < " ");
					if (!isGenerous && counted !== exact) expect.fail(`${counted}, not ${exact}`);
				},
			),
			{ numRuns: cases(2000) },
		);
	});

	it("counts tools and schemas, and room for the vendor's words about them", () => {
		const parameters = { type: "object", properties: Object.fromEntries(["a", "b"].map((key) => [key, {}])) };
		const tools = [{ type: "function", function: { name: "f", parameters } }];
		const more = bound(says("hi", { tools }), model({})).inputTokens - bound(HI, model({})).inputTokens;
		expect(more).toBeGreaterThan(1024 + JSON.stringify(tools).length);
	});

	it("does not grow with the output limit or other settings", () => {
		const settings = { max_tokens: 123_456, temperature: 0.123, stream: true, thinking: { budget_tokens: 1024 } };
		const gemini = { generationConfig: { maxOutputTokens: 99_999 } };
		expect(bound(says("hi", { ...settings, thinking: {} }), model({})).inputTokens).toBe(
			bound(says("hi", settings), model({})).inputTokens,
		);
		expect(bound(says("hi", gemini), model({})).inputTokens).toBe(
			bound(says("hi", { generationConfig: {} }), model({})).inputTokens,
		);
	});

	it("is never more than the model's context, with room for how it was rounded", () => {
		expect(bound(says("a".repeat(100_000)), model({ context: 8000 })).inputTokens).toBe(8400);
	});

	it.each<[string, boolean, JsonObject]>([
		["sound", true, { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } }],
		["Gemini's sound", true, { inlineData: { mimeType: "audio/mp3", data: "AAAA" } }],
		["a video", true, { inlineData: { mimeType: "video/mp4", data: "AAAA" } }],
		["a file of no known type", true, { type: "file", file: { file_id: "file_1" } }],
		["a picture", false, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
		["a document", false, { inlineData: { mimeType: "application/pdf", data: "AAAA" } }],
		["text", false, { type: "text", text: "hi" }],
	])("takes the price of sound for %s: %s", (_, isDearer, part) => {
		const body = says([part]);
		const [plain, apart] = [bound(body, model({})), bound(body, model({}, { audioInput: 9000 }))];
		const more = (apart.amount - plain.amount) * 1000;
		expect(more).toBe(isDearer ? plain.inputTokens * 8000 : 0);
	});

	const data = "A".repeat(4_000_000);
	const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } };
	const images: [string, string, JsonObject, number][] = [
		["OpenAI", "openai", picture, 12_000],
		["OpenAI's Responses", "openai", { type: "input_image", image_url: data, detail: "auto" }, 12_000],
		["Anthropic", "anthropic", { type: "image", source: { type: "base64", media_type: "image/png", data } }, 5000],
		["a vendor that does not say", "acme", picture, 16_384],
		["a link", "acme", { type: "image_url", image_url: { url: "https://example.com/a.png" } }, 16_384],
	];
	it.each(images)("takes the dearest image of %s", (_, provider, part, tokens) => {
		const on = model({ provider: provider as ProviderName });
		const rest = bound(says([{ type: "text", text: "hi" }]), on).inputTokens;
		const one = bound(says([{ type: "text", text: "hi" }, part]), on).inputTokens;
		expect(one - rest).toBeGreaterThanOrEqual(tokens);
		expect(one - rest).toBeLessThan(tokens + 150);
		const two = bound(says([{ type: "text", text: "hi" }, part, part]), on).inputTokens;
		expect(two - one).toBe(one - rest);
	});

	it("knows Gemini's parts, and a model whose images cost more than its vendor's", () => {
		const gemini = (part: JsonObject) =>
			bound(call({ contents: [{ role: "user", parts: [part] }] }), model({ provider: "gemini" as ProviderName }));
		const inline = (mimeType: string, bytes: string) => gemini({ inlineData: { mimeType, data: bytes } }).inputTokens;
		const text = gemini({ text: "" }).inputTokens;
		expect(inline("image/png", data) - text).toBeLessThan(5160 + 60);
		expect(inline("audio/mp3", "A".repeat(9000)) - text).toBeGreaterThanOrEqual(9000);
		expect(inline("audio/mp3", "A") - text).toBeGreaterThanOrEqual(1024);
		expect(inline("text/plain", "A".repeat(9000)) - text).toBeLessThan(9100);
		expect(inline("application/pdf", "A")).toBeGreaterThan(1_000_000);
		expect(gemini({ fileData: { mimeType: "image/jpeg", fileUri: "https://a.b/c" } }).inputTokens - text).toBeLessThan(
			5300,
		);
		expect(gemini({ fileData: { fileUri: "https://youtu.be/x" } }).inputTokens).toBeGreaterThan(1_000_000);
		const mini = builtIn("openai", "gpt-4o-mini");
		expect(bound(says([picture]), mini).inputTokens).toBeGreaterThan(48_169);
	});

	it.each([
		["a PDF", { type: "file", file: { file_data: "data:application/pdf;base64,AAAA" } }],
		["a file that only an id names", { type: "file", file: { file_id: "file-1" } }],
		["a file of the Responses API", { type: "input_file", file_id: "file-1" }],
		["a PDF for Anthropic", { type: "document", source: { type: "base64", data: "AAAA" } }],
		["a video", { type: "video_url", video_url: { url: "https://example.com/a.mp4" } }],
		["a part without its content", { type: "file", file: null }],
	] as [string, JsonObject][])("takes the whole context for %s", (_, part) => {
		expect(bound(says([part]), model({ context: 200_000 })).inputTokens).toBe(210_000);
	});

	it.each([
		["an earlier response", { previous_response_id: "resp_1" }],
		["a cache", { cachedContent: "cachedContents/1" }],
		["connectors", { mcp_servers: [{ url: "https://example.com" }] }],
		["a store of files", { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] }],
		["sound that the vendor keeps", { messages: [{ role: "assistant", audio: { id: "audio_1" } }] }],
	] as [string, JsonObject][])("takes the whole context for %s", (_, more) => {
		expect(bound(says("hi", more), model({ context: 200_000 })).inputTokens).toBe(210_000);
	});

	it("reads what looks like an attachment as text where no attachment can be", () => {
		const on = model({});
		const hidden = { type: "image_url", image_url: { url: data } };
		const tools = [{ type: "function", function: { name: "f", parameters: { default: hidden } } }];
		expect(bound(says("hi", { tools }), on).inputTokens).toBeGreaterThan(data.length);
		const other = { type: "text", text: "hi", image_url: { url: data } };
		expect(bound(says([other]), on).inputTokens).toBeGreaterThan(data.length);
		const beside = { ...picture, note: data };
		expect(bound(says([beside]), on).inputTokens).toBeGreaterThan(data.length);
		const history = call({ messages: [{ role: "assistant", content: "hi", reasoning_content: data }] });
		expect(bound(history, on).inputTokens).toBeGreaterThan(data.length);
	});
});

describe("the bound of what goes out as it came", () => {
	const parts = fc.oneof(
		{ weight: 4, arbitrary: fc.record({ type: fc.constant("text"), text: fc.string() }) },
		fc.constant({ type: "text", text: "cached", cache_control: { type: "ephemeral", ttl: "1h" } }),
		fc.constant({ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(400)}` } }),
		fc.constant({ type: "input_audio", input_audio: { data: "A".repeat(200), format: "wav" } }),
	);
	const content = fc.oneof({ weight: 3, arbitrary: fc.string({ unit: "binary" }) }, fc.array(parts, { maxLength: 3 }));
	const messages = fc.array(
		fc.record(
			{ role: fc.constant("user"), content, audio: fc.constant({ id: "x" }) },
			{ requiredKeys: ["role", "content"] },
		),
		{ maxLength: 4 },
	);
	const tools = fc.array(fc.record({ name: fc.string(), parameters: fc.jsonValue() }), { maxLength: 3 });
	const bodies = fc.record({ messages, tools, n: fc.nat() }, { requiredKeys: ["messages"] });

	it("is that of the same body written anew, within a byte for each value", () => {
		fc.assert(
			fc.property(bodies, fc.constantFrom("", "  "), (value, space) => {
				const text = JSON.stringify(value, null, space);
				const body: JsonObject = JSON.parse(text);
				const source = new JsonSource(text, body);
				const on = { ...builtIn("openai", "gpt-5.4-mini"), context: 100_000_000 };
				const anew = inputBound(body, on);
				const asItCame = inputBound(body, on, undefined, source);
				expect(asItCame).toEqual({ ...anew, tokens: asItCame.tokens });
				expect(Math.abs(asItCame.tokens - anew.tokens)).toBeLessThanOrEqual(valuesIn(body));
			}),
			{ numRuns: cases(500) },
		);
	});
});

/** How many values there are in a value, itself included. */
function valuesIn(value: unknown): number {
	if (typeof value !== "object" || value === null) return 1;
	return Object.values(value).reduce<number>((sum, each) => sum + valuesIn(each), 1);
}

describe("the bound of an attempt's output", () => {
	it("is the limit that is told, for each choice, with what is billed beyond it", () => {
		expect(bound(call({}, { outputLimit: 300 }), model({})).outputTokens).toBe(300);
		expect(bound(call({}, { outputLimit: 300, request: { n: 4 } }), model({})).outputTokens).toBe(1200);
		expect(bound(call({}, { outputLimit: 300, beyondLimit: 50, request: { n: 2 } }), model({})).outputTokens).toBe(700);
		const prediction = { type: "content", content: "x".repeat(500) };
		const predicted = bound(call({ prediction }, { outputLimit: 300 }), model({})).outputTokens;
		expect(predicted).toBeGreaterThanOrEqual(800);
		expect(predicted).toBeLessThan(900);
	});

	it("is all that the model can give when no limit is told", () => {
		expect(bound(call({}), model({})).outputTokens).toBe(1000);
		expect(bound(call({}), model({ maxOutput: null, context: 10_000 })).outputTokens).toBe(10_500);
		expect(bound(call({}), model({ maxOutput: null })).outputTokens).toBeGreaterThan(1_000_000);
	});

	it("leaves room for the fees of searches, whatever is held", () => {
		const on = model({ context: 1_000, rules: { useFees: { web_search: 500 } } });
		const searching = call({}, { outputLimit: 300, searches: { uses: 2, contexts: 3 } });
		// Three windows of 1,050 tokens, 300 of output at one nano-dollar each, and two searches.
		expect(bound(searching, on)).toMatchObject({ inputTokens: 3_150, outputTokens: 300, amount: 3_150 + 300 + 1_000 });
		expect(bound(searching, on).leastAmount).toBe(3_150 + 256 + 1_000);
		expect(outputFor(nanoUsd(3_150 + 1_000 + 7), searching, on, MONDAY)).toBe(7);
		expect(outputFor(nanoUsd(3_150 + 1_000), searching, on, MONDAY)).toBe(0);
	});

	it("holds at least for an answer of 256 tokens, or of the limit if that is lower", () => {
		const free = model({}, { input: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 });
		expect(bound(call({}), free)).toMatchObject({ amount: 1000, leastAmount: 256 });
		expect(bound(call({}, { outputLimit: 10 }), free)).toMatchObject({ amount: 10, leastAmount: 10 });
	});
});

describe("the price of the bound", () => {
	const perToken = (of: BoundCall, on: Model, at = MONDAY) => {
		const { amount, inputTokens, outputTokens } = bound(of, on, at);
		return amount / (inputTokens + outputTokens);
	};

	it("is unknown without a price", () => {
		expect(boundOf(HI, model({ prices: [] }), MONDAY)).toBeNull();
		expect(outputFor(nanoUsd(1e9), HI, model({ prices: [] }), MONDAY)).toBe(0);
	});

	it("is the long prompt's as soon as the bound passes its limit, and never lower for it", () => {
		const above = bound(HI, model({})).inputTokens;
		const long = (limit: number, factor: number) =>
			model({ rules: { longPrompt: { above: limit, inputFactor: factor, outputFactor: factor } } });
		expect(perToken(HI, long(above, 3000))).toBe(1);
		expect(perToken(HI, long(above - 1, 3000))).toBe(3);
		expect(perToken(HI, long(above - 1, 500))).toBe(1);
	});

	it("is that of a tier as soon as the tier may serve", () => {
		const tiers = { flex: 500, priority: 2000, fast: 2000, ultrafast: 6000 };
		const tiered = model({ rules: { tiers } });
		const asked = (tier: JsonObject) => perToken(says("hi", tier), tiered);
		expect(asked({})).toBe(2);
		expect(asked({ service_tier: "auto" })).toBe(2);
		expect(asked({ service_tier: "default" })).toBe(1);
		expect(asked({ service_tier: "standard_only" })).toBe(1);
		expect(asked({ service_tier: "flex" })).toBe(1);
		expect(asked({ service_tier: "fast" })).toBe(2);
		expect(asked({ serviceTier: "priority" })).toBe(2);
		expect(asked({ service_tier: "ultrafast" })).toBe(6);
		expect(asked({ service_tier: "constructor" })).toBe(6);
		expect(asked({ service_tier: 7 })).toBe(6);
		expect(perToken(HI, model({ rules: { tiers: { flex: 500 } } }))).toBe(1);
		expect(perToken(says("hi", { service_tier: "priority" }), model({}))).toBe(1);
	});

	it("is the peak's when an attempt may reach into it", () => {
		const peak = { factor: 2000, weekdays: [1], hours: [[13, 14]] as [number, number][] };
		const peaked = model({ rules: { peak } });
		expect(perToken(HI, peaked, MONDAY + 44 * MINUTE)).toBe(1);
		expect(perToken(HI, peaked, MONDAY + 45 * MINUTE)).toBe(2);
		expect(perToken(HI, peaked, MONDAY + 119 * MINUTE)).toBe(2);
		expect(perToken(HI, peaked, MONDAY + 120 * MINUTE)).toBe(1);
	});

	it("is a later price as soon as an attempt may last until then, and never a lower one", () => {
		const turn = MONDAY + 60 * MINUTE;
		const later = (factor: number) => {
			const price = Object.fromEntries(Object.entries(FLAT).map(([name, each]) => [name, each * factor]));
			return model({
				prices: [
					{ from: 0, price: FLAT },
					{ from: turn, price: price as unknown as Price },
				],
			});
		};
		expect(perToken(HI, later(3), turn - 16 * MINUTE)).toBe(1);
		expect(perToken(HI, later(3), turn - 15 * MINUTE)).toBe(3);
		expect(perToken(HI, later(0.5), turn - 1)).toBe(1);
		expect(perToken(HI, later(0.5), turn)).toBeCloseTo(0.5, 2);
	});

	it("is the cache's for writing, and for an hour where a mark asks for it", () => {
		const cached = model({ maxOutput: 1 }, { cacheWrite: 2000, cacheWriteHour: 4000, output: 0 });
		const unit = (body: JsonObject) => {
			const { amount, inputTokens } = bound(says("hi", body), cached);
			return amount / inputTokens;
		};
		expect(unit({})).toBe(2);
		expect(unit({ cache_control: { type: "ephemeral" } })).toBe(2);
		expect(unit({ cache_control: { type: "ephemeral", ttl: "5m" } })).toBe(2);
		expect(unit({ cache_control: { type: "ephemeral", ttl: "1h" } })).toBe(4);
		expect(unit({ system: [{ type: "text", text: "", cache_control: { type: "ephemeral", ttl: "1h" } }] })).toBe(4);
	});

	it("is more than any budget where it is more than a number holds", () => {
		const huge = call({}, { request: { n: 1e16 } });
		expect(bound(huge, model({})).amount).toBe(MAX_LIMIT_NANO_USD + 1);
		expect(outputFor(nanoUsd(MAX_LIMIT_NANO_USD), huge, model({}), MONDAY)).toBe(0);
	});
});

/** A price entry by the rules of a written tariff and no code of ours: exact, over to nano-dollars at the end. */
interface Case {
	readonly on: Model;
	readonly of: BoundCall;
	readonly at: number;
	readonly asked: string | null;
	readonly hour: boolean;
}
const factor = fc.oneof(fc.nat(8000), fc.constant(1000));
const pico = fc.oneof(fc.nat(2_000_000), fc.nat(200_000_000));
const prices: fc.Arbitrary<Price> = fc.record({
	input: pico,
	cacheRead: pico,
	cacheWrite: pico,
	cacheWriteHour: pico,
	output: pico,
});
const anyCase: fc.Arbitrary<Case> = fc
	.record({
		price: prices,
		next: fc.option(fc.record({ minutes: fc.integer({ min: -30, max: 30 }), price: prices })),
		long: fc.option(fc.record({ above: fc.integer({ min: 1, max: 2000 }), inputFactor: factor, outputFactor: factor })),
		tiers: fc.option(fc.record({ flex: factor, priority: factor, fast: factor })),
		peak: fc.option(fc.record({ factor, hours: fc.tuple(fc.nat(24), fc.nat(24)) })),
		maxOutput: fc.option(fc.integer({ min: 1, max: 500_000 })),
		context: fc.option(fc.integer({ min: 1, max: 2_000_000 })),
		limit: fc.option(fc.integer({ min: 1, max: 500_000 })),
		beyond: fc.option(fc.nat(50_000)),
		n: fc.option(fc.integer({ min: 1, max: 128 })),
		text: fc.string({ maxLength: 2000 }),
		asked: fc.constantFrom(null, "auto", "default", "flex", "priority", "fast"),
		hour: fc.boolean(),
		minute: fc.nat(24 * 60),
	})
	.map(({ price, next, long, tiers, peak, n, limit, beyond, text, asked, hour, minute, ...more }): Case => {
		const at = MONDAY + minute * MINUTE;
		const late = next === null ? [] : [{ from: at + next.minutes * MINUTE, price: next.price }];
		const rules = {
			...(long && { longPrompt: long }),
			...(tiers && { tiers }),
			...(peak && { peak: { factor: peak.factor, weekdays: [1], hours: [peak.hours] } }),
		};
		const body: JsonObject = {
			messages: [{ role: "user", content: text }],
			...(asked !== null && { service_tier: asked }),
			...(hour && { cache_control: { ttl: "1h" } }),
		};
		return {
			on: model({ ...more, prices: [{ from: 0, price }, ...late], rules }),
			of: {
				body,
				request: n === null ? {} : { n },
				outputLimit: limit,
				...(beyond !== null && { beyondLimit: beyond }),
			},
			at,
			asked,
			hour,
		};
	});

/** Every bill in nano-dollars times 10^12 that can come of the bound's tokens, at one moment. */
function billsAt({ on, asked, hour }: Case, tokens: { input: number; output: number }, when: number): bigint[] {
	const entry = on.prices.filter(({ from }) => from <= when).at(-1);
	if (entry === undefined) return [];
	const { price } = entry;
	const { longPrompt, tiers, peak } = on.rules;
	const inputs = [price.input, price.cacheRead, price.cacheWrite, ...(hour ? [price.cacheWriteHour] : [])];
	const served = asked === null || asked === "auto" ? ["default", "priority"] : [asked, "default", "priority"];
	const reachable = asked === "default" || asked === "flex" || asked === "priority" ? served.slice(0, 2) : served;
	const hourOfDay = Math.floor((when % 86_400_000) / 3_600_000);
	const isPeak =
		peak?.hours.some(([from, to]) => from <= hourOfDay && hourOfDay < to) === true &&
		peak.weekdays.includes((Math.floor(when / 86_400_000) + 4) % 7);
	const lengths = longPrompt !== undefined && tokens.input > longPrompt.above ? [true, false] : [false];
	return inputs.flatMap((input) =>
		lengths.flatMap((isLong) =>
			reachable.map(
				(tier) =>
					(BigInt(tokens.input) * BigInt(input) * BigInt(isLong ? (longPrompt?.inputFactor ?? 0) : 1000) +
						BigInt(tokens.output) * BigInt(price.output) * BigInt(isLong ? (longPrompt?.outputFactor ?? 0) : 1000)) *
					BigInt((tiers as Record<string, number> | undefined)?.[tier] ?? 1000) *
					BigInt(isPeak ? (peak?.factor ?? 0) : 1000),
			),
		),
	);
}

describe("against an exact oracle", () => {
	it("no bill that can come of the bound's tokens is above the bound", () => {
		fc.assert(
			fc.property(anyCase, (each) => {
				const { amount, inputTokens, outputTokens } = bound(each.of, each.on, each.at);
				for (let minute = 0; minute <= 15; minute++) {
					const when = each.at + minute * MINUTE;
					for (const bill of billsAt(each, { input: inputTokens, output: outputTokens }, when)) {
						// Pico-dollars times a thousand cubed, in nano-dollars.
						if (bill > BigInt(amount) * 10n ** 12n) expect.fail(`${bill} is above ${amount}`);
					}
				}
			}),
			{ numRuns: cases(2000) },
		);
	});

	it("is no looser than the dearest bill where prices do not change on the way", () => {
		fc.assert(
			fc.property(anyCase, (each) => {
				const steady = { ...each, on: { ...each.on, prices: each.on.prices.slice(0, 1), rules: { ...each.on.rules } } };
				delete (steady.on.rules as { longPrompt?: unknown }).longPrompt;
				delete (steady.on.rules as { peak?: unknown }).peak;
				const { amount, inputTokens, outputTokens } = bound(steady.of, steady.on, steady.at);
				const bills = billsAt(steady, { input: inputTokens, output: outputTokens }, steady.at);
				const dearest = bills.reduce((most, bill) => (bill > most ? bill : most), 0n);
				if (BigInt(amount - 1) * 10n ** 12n >= dearest && amount > 0) expect.fail(`${amount} for ${dearest}`);
			}),
			{ numRuns: cases(1000) },
		);
	});

	it("finds the largest output that an amount affords, to the token", () => {
		const share = fc.oneof(fc.double({ min: 0, max: 1.2, noNaN: true }), fc.constant(1));
		fc.assert(
			fc.property(anyCase, share, (each, part) => {
				const { of, on, at } = each;
				const free = { ...of, outputLimit: null };
				const most = bound(free, on, at);
				const amount = nanoUsd(Math.floor(most.amount * part));
				const limit = outputFor(amount, of, on, at);
				if (!Number.isSafeInteger(limit) || limit < 0) expect.fail(`not a limit: ${limit}`);
				const cost = (outputLimit: number) => bound({ ...of, outputLimit }, on, at).amount;
				if (limit > 0 && cost(limit) > amount) expect.fail(`${limit} tokens cost ${cost(limit)}, not ${amount}`);
				const all = most.outputTokens / (of.request.n ?? 1) - (of.beyondLimit ?? 0);
				if (limit > all) expect.fail(`${limit} is more than the model gives`);
				if (limit < all && cost(limit + 1) <= amount)
					expect.fail(`${limit + 1} tokens would cost ${cost(limit + 1)} too`);
			}),
			{ numRuns: cases(3000) },
		);
	});
});
