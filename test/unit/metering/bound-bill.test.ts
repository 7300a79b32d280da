import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { ChatRequest, Message, Tool, UserPart } from "#core/chat/chat";
import { promptTokens } from "#core/chat/usage";
import { GatewayError } from "#core/errors";
import type { JsonObject } from "#lib/json";
import { boundOf, outputFor } from "#metering/bound";
import { costOf, priceAt } from "#metering/cost";
import { nanoUsd } from "#metering/money";
import { outputLimitOf } from "#providers/shared/output-limit";
import { answer } from "#simulator/model/model-behaviour";
import { answerUsage } from "#simulator/model/usage";
import { Refusal } from "#simulator/wire/wire";
import { cases, upTo } from "#test/support/scale";
import { chat, isRefused, MODELS, SCENARIOS, type Sent, send, takenBy } from "#test/unit/simulator/exchange";

const MINUTE = 60_000;
/** An ordinary afternoon; shortly before DeepSeek's peak, before its end, and before Gemini's next prices. */
const MOMENTS = [
	"2026-11-24T15:00:00Z",
	"2026-11-24T00:50:00Z",
	"2026-11-24T03:59:00Z",
	"2026-11-30T23:50:00Z",
	"2026-12-31T23:50:00Z",
].map((iso) => Date.parse(iso));
/** Those at which each model and scenario is looked at; generated requests take any. */
const LOOKED_AT = MOMENTS.slice(0, upTo(MOMENTS.length, 2));

const callOf = ({ call }: Sent, request: ChatRequest) => ({ ...call, request, outputLimit: outputLimitOf(call.body) });

/** Fails where the simulator counts or bills more than was bounded. */
function check(model: Model, request: ChatRequest, sent: Sent, at: number): void {
	const { play } = sent;
	const usage = answerUsage(play.input, answer(play.question));
	const bound = boundOf(callOf(sent, request), model, at);
	if (bound === null) {
		expect(priceAt(model, at)).toBeNull();
		return;
	}
	const name = `${model.provider}/${model.id}`;
	if (promptTokens(usage) > bound.inputTokens) {
		expect.fail(`${name}: ${promptTokens(usage)} tokens of input, bound by ${bound.inputTokens}`);
	}
	if (usage.output > bound.outputTokens) {
		expect.fail(`${name}: ${usage.output} tokens of output, bound by ${bound.outputTokens}`);
	}
	// The vendor goes by its own clock, anywhere within the attempt.
	for (const minutes of [0, 5, 15]) {
		const bill = costOf(usage, model, at + minutes * MINUTE, play.serviceTier);
		if (bill !== null && bill > bound.amount) expect.fail(`${name}: billed ${bill}, bound by ${bound.amount}`);
	}
	if (bound.leastAmount > bound.amount) expect.fail(`${name}: at least ${bound.leastAmount} of ${bound.amount}`);
}

/** Null when the adapter or the vendor refuses the request, which then costs nothing. */
function sendIfTaken(model: Model, request: ChatRequest): Sent | null {
	try {
		const sent = send(model, request);
		const isTooLong = model.context !== null && (sent?.play.input.total ?? 0) > model.context;
		return isTooLong ? null : sent;
	} catch (thrown) {
		if (thrown instanceof Refusal || thrown instanceof GatewayError) return null;
		throw thrown;
	}
}

/** Sends a request of which it is known that it is taken. Throws when it is refused all the same. */
function sendTaken(model: Model, request: ChatRequest): Sent {
	const sent = sendIfTaken(model, request);
	if (sent === null) throw new Error(`${model.provider}/${model.id} refuses what it took before`);
	return sent;
}

const TIERS = [undefined, "auto", "default", "flex", "priority", "fast"];
/** The models that cost nothing. */
const FREE = new Set(["openrouter/meta-llama/llama-3.3-70b-instruct:free"]);

describe.each(MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))("%s", (_, model) => {
	const taken = takenBy(model);

	it("refuses what it has no counterpart for, whatever the tier", () => {
		const refused = Object.entries(SCENARIOS).filter(([name]) => isRefused(model, name));
		for (const [name, scenario] of refused) {
			for (const tier of TIERS) {
				const request = { ...scenario, ...(tier !== undefined && { service_tier: tier }) };
				expect(sendIfTaken(model, request), name).toBeNull();
			}
		}
		expect(taken.length + refused.length).toBe(Object.keys(SCENARIOS).length);
	});

	it.each(taken)("is never billed above its bound: %s", (_name, scenario) => {
		for (const stream of [false, true]) {
			for (const tier of TIERS) {
				const request = { ...scenario, stream, ...(tier !== undefined && { service_tier: tier }) };
				const sent = sendTaken(model, request);
				for (const at of LOOKED_AT) check(model, request, sent, at);
			}
		}
	});

	it.each(taken)("is told the limit that the bound goes by: %s", (_name, request) => {
		const sent = sendTaken(model, request);
		const told = outputLimitOf(sent.call.body);
		expect(told ?? model.maxOutput ?? Number.MAX_SAFE_INTEGER).toBe(sent.play.question.limit);
	});

	if (FREE.has(`${model.provider}/${model.id}`)) {
		it.each(taken)("is free, so nothing is held for it: %s", (_name, request) => {
			const at = MOMENTS[0] as number;
			expect(boundOf(callOf(sendTaken(model, request), request), model, at)?.amount).toBe(0);
		});
		return;
	}

	it.each(taken)("costs at most what was held once its answer is limited to that: %s", (_, full) => {
		const { max_completion_tokens: _limit, ...open } = full;
		const request: ChatRequest = open;
		const sent = sendTaken(model, request);
		const at = MOMENTS[0] as number;
		const bound = boundOf(callOf(sent, request), model, at);
		if (bound === null) throw new Error("the model has no price");
		const { amount, leastAmount } = bound;
		expect(leastAmount).toBeLessThan(amount);
		for (const held of [leastAmount, Math.floor((leastAmount + amount) / 2), amount - 1]) {
			const limit = outputFor(nanoUsd(held), callOf(sent, request), model, at);
			expect(limit).toBeGreaterThanOrEqual(256);
			const limited = { ...request, max_completion_tokens: limit };
			const again = send(model, limited) as Sent;
			expect(outputLimitOf(again.call.body)).toBe(limit);
			expect(boundOf(callOf(again, limited), model, at)?.amount).toBeLessThanOrEqual(held);
		}
	});
});

const HARD_WORDS = [
	"海岸",
	"🐦",
	"👩‍👩‍👧‍👦",
	"ужин",
	"\u0001",
	"\ud800",
	'"',
	"\\",
	"\n",
	"].!?",
	"ﷺ",
	"e\u0301",
	"[[cached:900]]",
];
const words = fc
	.array(
		fc.oneof(
			fc.constantFrom(...HARD_WORDS, "[[cache_write:5000]]", "write 900 words", "call both tools"),
			fc.string({ maxLength: 30 }),
			fc.string({ unit: "binary", maxLength: 20 }),
		),
		{ maxLength: 12 },
	)
	.map((list) => list.join(" "));
const text = fc.oneof(
	words,
	fc.constant(""),
	fc.tuple(words, fc.nat(60)).map(([one, times]) => one.repeat(times)),
);
const mark = fc.constantFrom(
	{},
	{ cache_control: { type: "ephemeral" } },
	{ cache_control: { type: "ephemeral", ttl: "1h" } },
);

const part: fc.Arbitrary<UserPart> = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.tuple(text, mark).map(([said, marked]) => ({ type: "text" as const, text: said, ...marked })),
	},
	{
		weight: 3,
		arbitrary: fc
			.constantFrom("data:image/png;base64,iVBORw0KGgo=", "https://example.com/a.png", "data:image/webp;base64,AAAA")
			.map((url) => ({ type: "image_url" as const, image_url: { url } })),
	},
	fc.constant({ type: "input_audio" as const, input_audio: { data: "AAAA", format: "mp3" } }),
	fc.constant({ type: "file" as const, file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" } }),
	fc.constant({ type: "file" as const, file: { file_data: "data:text/plain;base64,AAAA" } }),
	fc.constant({ type: "video_url" as const, video_url: { url: "https://example.com/a.mp4" } }),
);
const images = fc
	.integer({ min: 10, max: 120 })
	.map((count): UserPart[] =>
		Array.from({ length: count }, () => ({ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } })),
	);

const schema: fc.Arbitrary<JsonObject> = fc
	.dictionary(
		fc.stringMatching(/^[a-z]{1,8}$/),
		fc.record({ type: fc.constantFrom("string", "integer", "boolean"), description: text }),
		{ maxKeys: 20 },
	)
	.map((properties) => ({
		type: "object",
		properties,
		required: Object.keys(properties),
		additionalProperties: false,
	}));
const tool: fc.Arbitrary<Tool> = fc
	.record({ name: fc.stringMatching(/^[a-z]{3,12}$/), description: text, parameters: schema })
	.map((declared) => ({ type: "function", function: declared }));
const tools = fc.uniqueArray(tool, {
	maxLength: 12,
	selector: (each) => (each.type === "function" ? each.function.name : ""),
});

const turn: fc.Arbitrary<Message[]> = fc.oneof(
	fc.tuple(fc.constantFrom("system", "developer"), text).map(([role, content]) => [{ role, content } as Message]),
	fc.tuple(text, mark).map(([content, marked]) => [{ role: "user", content, ...marked } as Message]),
	fc.oneof(fc.array(part, { maxLength: 6 }), images).map((content) => [{ role: "user", content } as Message]),
	fc
		.tuple(text, text, fc.option(text, { nil: undefined }))
		.map(([content, refusal, thought]) => [
			{ role: "assistant", content, refusal, ...(thought !== undefined && { reasoning_content: thought }) } as Message,
		]),
	fc.tuple(text, text, text).map(([said, input, result]): Message[] => {
		const call = { name: "look_up", arguments: JSON.stringify({ input }) };
		return [
			{ role: "assistant", content: said, tool_calls: [{ id: "call_1", type: "function", function: call }] },
			{ role: "tool", tool_call_id: "call_1", content: result },
		];
	}),
);
const hostile: fc.Arbitrary<ChatRequest> = fc
	.record({
		turns: fc.array(turn, { maxLength: 6 }),
		last: fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 })),
		tools: fc.option(tools, { nil: undefined }),
		more: fc.record(
			{
				stream: fc.boolean(),
				n: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 128 })),
				max_completion_tokens: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 16, max: 1_000_000 })),
				reasoning_effort: fc.constantFrom("none", "low", "high", "max"),
				service_tier: fc.constantFrom("auto", "default", "flex", "priority", "fast", "scale"),
				prompt_cache_key: fc.constant("mine"),
				response_format: schema.map((one) => ({
					type: "json_schema",
					json_schema: { name: "answer", schema: one, strict: true },
				})),
			},
			{ requiredKeys: [] },
		),
	})
	.map(({ turns, last, tools: declared, more }) =>
		chat([...turns.flat(), { role: "user", content: last }], {
			...(more as Partial<ChatRequest>),
			...(declared !== undefined && declared.length > 0 && { tools: declared }),
		}),
	);

describe("unusual requests", () => {
	it("are never billed above their bound by any vendor", { timeout: 300_000 }, () => {
		let taken = 0;
		const total = cases(1500);
		fc.assert(
			fc.property(hostile, fc.constantFrom(...MODELS), fc.constantFrom(...MOMENTS), (request, model, at) => {
				const sent = sendIfTaken(model, request);
				if (sent === null) return;
				taken++;
				check(model, request, sent, at);
			}),
			// Requests this large shrink for many minutes; the seed finds them again.
			{ numRuns: total, endOnFailure: true },
		);
		// A run in which most were refused would show little.
		expect(taken).toBeGreaterThan(total / 5);
	});
});
