import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HoldToken } from "#core/budget/budget";
import { normalUsage, type Usage } from "#core/chat/usage";
import type { Fault, FaultKind } from "#core/fault";
import type { Principal } from "#core/key/principal";
import type { Hold } from "#gateway/spending/reservation";
import { billOf, type Seen } from "#gateway/upstream/bill";
import { type AttemptEnding, chargeFor } from "#gateway/upstream/charge";
import { boundCall } from "#gateway/upstream/upstream-request";
import { boundOf } from "#metering/bound";
import { nanoUsd } from "#metering/money";
import { provider, upstreamRequestTo } from "#test/support/upstream-request";

const upstream = upstreamRequestTo(
	provider(() => Promise.reject(new Error("not sent"))),
	{ max_completion_tokens: 1000 },
);
/** The same of a caller who wants the whole answer at once. */
const whole = { ...upstream, request: { ...upstream.request, stream: false } };
const LOST: Fault = { kind: "connect", status: null, message: "" };
const HOLD = boundOf(boundCall(upstream), upstream.model, 0)?.amount ?? 0;
const token: HoldToken = { attemptId: "req_1.1", amount: HOLD, lines: [] };
const hold: Hold = {
	attemptId: "req_1.1",
	principal: {} as Principal,
	token,
	limits: { figures: { requests: null, tokens: null }, tightest: null },
	warnings: [],
};
const usage = normalUsage({ input: 10, output: 3 }) as Usage;
const charge = (ending: AttemptEnding) => chargeFor(upstream, hold, ending);
const end = (ending: AttemptEnding) => charge(ending).ended;
const failed = (kind: FaultKind, status: number | null, unbilled = false): AttemptEnding => {
	const fault: Fault = { kind, status, message: "", ...(unbilled && { unbilled }) };
	return { how: "failed", cause: fault, silentMs: 0 };
};

describe("what an attempt is charged", () => {
	it("is its bill when it was answered", () => {
		expect(end({ how: "answered", bill: { usage, cost: nanoUsd(16) } })).toEqual({
			attemptId: "req_1.1",
			token,
			actual: 16,
			estimated: false,
			void: false,
			tokens: 13,
		});
	});

	it("is nothing where it is known that nobody bills it", () => {
		expect(end(failed("overloaded", 529, true))).toMatchObject({ actual: 0, void: true, estimated: false });
		expect(end(failed("connect", null, true))).toMatchObject({ actual: 0, void: true, tokens: 0 });
	});

	it.each<[FaultKind, number | null]>([
		["connect", null],
		["timeout", null],
		["timeout", 504],
		["server", 520],
		["overloaded", 503],
		["malformed", 200],
		["truncated", 200],
		["empty", 200],
	])(
		"is an estimate after %s with status %s, unless it is known, because the vendor may have worked",
		(kind, status) => {
			const ended = end(failed(kind, status));
			expect(ended).toMatchObject({ void: false, estimated: true });
			expect(ended.actual).toBeGreaterThan(0);
			expect(ended.actual).toBeLessThanOrEqual(token.amount);
		},
	);

	it("grows with the time that a caller waited in vain, up to the hold", () => {
		const at = (silentMs: number) => chargeFor(whole, hold, { how: "failed", cause: null, silentMs }).ended.actual;
		expect(at(1_000)).toBeGreaterThan(at(0));
		expect(at(600_000)).toBe(token.amount);
	});

	it("counts the silence before a stream that its caller leaves for models that can think only", () => {
		const left = (reasoning: boolean, silentMs: number) => {
			const of = { ...upstream, model: { ...upstream.model, reasoning } };
			return chargeFor(of, hold, { how: "failed", cause: null, silentMs }).ended.actual;
		};
		expect(left(true, 100)).toBe(left(true, 0) + 2 * 300);
		expect(left(false, 600_000)).toBe(left(false, 0));
		// What was lost on its way, or could not be read, may have been written.
		expect(end({ how: "failed", cause: "internal", silentMs: 100 }).actual).toBe(left(false, 0) + 2 * 300);
		expect(end({ how: "failed", cause: LOST, silentMs: 100 }).actual).toBe(left(false, 0) + 2 * 300);
	});

	it("goes on record with the tokens that it was made of", () => {
		const prompt = boundOf(boundCall(upstream), upstream.model, 0)?.inputTokens ?? 0;
		const cut = (figures: Usage | null, text: string) =>
			charge({ how: "cut", cause: null, usage: figures, tier: undefined, text, unseenMs: 0 });
		for (const { ended, usage: recorded } of [
			cut(null, "12345"),
			cut(usage, "12345"),
			charge({ how: "failed", cause: LOST, silentMs: 10 }),
		]) {
			expect(recorded?.source).toBe("estimated");
			expect(ended.tokens).toBe((recorded?.uncachedInput ?? 0) + (recorded?.output ?? 0));
			// At one nano-dollar a token of the prompt, and two of the answer.
			expect(ended.actual).toBe((recorded?.uncachedInput ?? 0) + 2 * (recorded?.output ?? 0));
		}
		expect(cut(null, "12345").usage).toMatchObject({ uncachedInput: prompt, output: 5 + 64 });
		expect(cut(usage, "12345").usage).toMatchObject({ uncachedInput: 10, output: 3 + 5 + 64 });
		expect(cut(usage, "a".repeat(5_000)).usage).toMatchObject({ output: 1_000 });
		expect(charge(failed("overloaded", 529, true)).usage).toBeNull();
	});

	it("counts what all choices wrote once, and for each choice what it may have written unseen", () => {
		const three = upstreamRequestTo(
			provider(() => Promise.reject(new Error("not sent"))),
			{ max_completion_tokens: 1000, n: 3 },
		);
		const most = boundOf(boundCall(three), three.model, 0);
		const held = { ...hold, token: { ...token, amount: most?.amount ?? 0 } };
		const prompt = most?.inputTokens ?? 0;
		const cut = (text: string, figures: Usage | null = null, cause: Fault | null = null, unseenMs = 0) =>
			chargeFor(three, held, { how: "cut", cause, usage: figures, tier: undefined, text, unseenMs });
		const { ended, usage: recorded } = cut("12345");
		expect(recorded).toMatchObject({ uncachedInput: prompt, output: 5 + 3 * 64, source: "estimated" });
		expect(ended).toMatchObject({ actual: prompt + 2 * (5 + 3 * 64), tokens: prompt + 5 + 3 * 64 });
		expect(cut("", null, LOST, 10).ended.actual).toBe(prompt + 2 * (3 * 30 + 3 * 64));
		expect(cut("12345", usage).ended.actual).toBe(10 + 2 * (3 + 5 + 3 * 64));
		expect(cut("a".repeat(9_000)).usage).toMatchObject({ output: 3_000 });
		const billed = billOf(three, { usage: null, tier: undefined, text: "12345", unseenMs: 0 });
		expect(billed.cost).toBe(prompt + 2 * 5);
	});

	it("bills what was not met of a prediction beside what was written", () => {
		const prediction = { type: "content", content: "x".repeat(100) };
		const predicted = upstreamRequestTo(
			provider(() => Promise.reject(new Error("not sent"))),
			{ max_completion_tokens: 1000, prediction },
		);
		const most = boundOf(boundCall(predicted), predicted.model, 0);
		const unmet = (most?.outputTokens ?? 0) - 1000;
		expect(unmet).toBeGreaterThanOrEqual(100);
		const { usage: recorded } = chargeFor(
			predicted,
			{ ...hold, token: null },
			{
				how: "cut",
				cause: null,
				usage: null,
				tier: undefined,
				text: "12345",
				unseenMs: 0,
			},
		);
		expect(recorded).toMatchObject({ output: 5 + 64 + unmet });
	});

	it("is by the provider's figures when they came before the cut, with what came after them and what was under way", () => {
		const cut = (text: string, unseenMs = 0) =>
			end({ how: "cut", cause: null, usage, tier: undefined, text, unseenMs }).actual;
		// 10 tokens at one nano-dollar, 3 of the figures and 64 under way at two.
		expect(cut("")).toBe(10 + 2 * (3 + 64));
		expect(cut("12345")).toBe(cut("") + 10);
		expect(cut("", 10)).toBe(cut("") + 60);
		expect(cut("", 600_000)).toBe(token.amount);
	});

	it("is by the provider's figures even beyond the hold, because that is what it bills", () => {
		const much = normalUsage({ input: 10, output: 3_000 }) as Usage;
		const ended = end({ how: "cut", cause: null, usage: much, tier: undefined, text: "", unseenMs: 0 });
		expect(ended.actual).toBe(6_010);
	});

	it("never falls below the price of what came, whatever it was, nor exceeds the hold", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), fc.nat(2_000), (text, unseenMs) => {
				const { actual } = end({ how: "cut", cause: null, usage: null, tier: undefined, text, unseenMs });
				// At two nano-dollars a token; no tokenizer makes more tokens than characters count in bytes.
				const least = Math.min(token.amount, 2 * (new TextEncoder().encode(text).byteLength + 3 * unseenMs));
				expect(actual).toBeGreaterThanOrEqual(least);
				expect(actual).toBeLessThanOrEqual(token.amount);
			}),
		);
	});

	it("is never more than the request itself allows, when no budget held anything", () => {
		const ending: AttemptEnding = { how: "failed", cause: null, silentMs: 600_000 };
		const { actual } = chargeFor(whole, { ...hold, token: null }, ending).ended;
		expect(actual).toBe(HOLD);
	});
});

describe("figures that cannot be true", () => {
	const cut = (reported: Usage): AttemptEnding => ({
		how: "cut",
		cause: null,
		usage: reported,
		tier: undefined,
		text: "",
		unseenMs: 0,
	});
	const answered = (reported: Usage): AttemptEnding => {
		return { how: "answered", bill: billOf(upstream, { usage: reported, tier: undefined, text: "", unseenMs: 0 }) };
	};

	it.each([
		["an output of more than twice the limit and 1,024 tokens", { input: 10, output: 3_025 }],
		["a prompt of more than the model's context", { input: 1_200_000, output: 5 }],
		["what fills a month", { input: 10, output: 99_999_999 }],
		["what no number of tokens comes to", { input: 1e308, output: 1e308 }],
	])("are charged at the hold and kept: %s", (_, reported) => {
		const usage = normalUsage(reported) as Usage;
		const bound = boundOf(boundCall(upstream), upstream.model, 0);
		for (const ending of [cut(usage), answered(usage)]) {
			const { ended, usage: charged, implausible: claim } = charge(ending);
			expect(ended).toMatchObject({ actual: HOLD, estimated: true, void: false });
			// The tokens of the hold, so that a limit on tokens is not used up either.
			expect(ended.tokens).toBe((bound?.inputTokens ?? 0) + (bound?.outputTokens ?? 0));
			expect(charged).toMatchObject({ uncachedInput: bound?.inputTokens, output: 1_000, source: "estimated" });
			const claimed = { input: Math.min(reported.input, 1e8), output: Math.min(reported.output, 1e8) };
			expect(claim).toEqual({ ...claimed, beyond: claimed.input + 2 * claimed.output - HOLD });
		}
	});

	it("are told from those of a vendor that only counts more than it was allowed", () => {
		const usage = normalUsage({ input: 10, output: 3_024 }) as Usage;
		for (const ending of [cut(usage), answered(usage)]) {
			expect(charge(ending).implausible).toBeUndefined();
			expect(end(ending).actual).toBe(10 + 2 * 3_024);
		}
	});

	it("never come to more than the hold, whatever is claimed, and what is believed is charged", () => {
		const tokens = fc.oneof(fc.nat(4_000), fc.nat(200_000_000), fc.constantFrom(1e9, 1e308));
		fc.assert(
			fc.property(tokens, tokens, fc.boolean(), (input, output, isWhole) => {
				const usage = normalUsage({ input: input + 1, output }) as Usage;
				const { ended, implausible: claim } = charge(isWhole ? answered(usage) : cut(usage));
				if (claim === undefined) expect(ended.actual).toBeGreaterThanOrEqual(input + 1 + 2 * output);
				else expect(ended).toMatchObject({ actual: HOLD, estimated: true });
				// No overrun is larger than what a vendor may count beyond its limit, and a prompt as long as the context.
				expect(ended.actual).toBeLessThanOrEqual(1_101_005 + 2 * 3_024);
			}),
		);
	});

	it("are charged at a hold that is smaller than what was sent allows", () => {
		const small = { ...token, amount: 100 };
		const { ended } = chargeFor(
			upstream,
			{ ...hold, token: small },
			cut(normalUsage({ input: 1, output: 1e7 }) as Usage),
		);
		expect(ended.actual).toBe(100);
	});
});

describe("searches of the web", () => {
	const FEE = 500;
	const searching = {
		...upstream,
		model: { ...upstream.model, context: 1_000, rules: { useFees: { web_search: FEE } } },
		call: { ...upstream.call, searches: { uses: 3, contexts: 4 } },
	};
	const most = boundOf(boundCall(searching), searching.model, 0)?.amount ?? 0;
	const held: Hold = { ...hold, token: { ...token, amount: most } };
	const seen = (reported: Usage | null): Seen => ({ usage: reported, tier: undefined, text: "", unseenMs: 0 });
	const answered = (reported: Usage | null) =>
		chargeFor(searching, held, { how: "answered", bill: billOf(searching, seen(reported)) });
	const cut = (reported: Usage | null) => chargeFor(searching, held, { how: "cut", cause: null, ...seen(reported) });

	it("are held and charged as the vendor counts them", () => {
		expect(most).toBe(4 * 1_050 + 2 * 1_000 + 3 * FEE);
		for (const webSearches of [0, 1, 3]) {
			const { ended, usage: recorded } = answered({ ...usage, webSearches });
			expect(ended).toMatchObject({ actual: 16 + webSearches * FEE, estimated: false });
			expect(recorded).toMatchObject({ webSearches, source: "provider" });
		}
	});

	it("are charged as often as was allowed where the vendor counts tokens alone, marked estimated", () => {
		const { ended, usage: recorded } = answered(usage);
		expect(ended).toMatchObject({ actual: 16 + 3 * FEE, estimated: true });
		expect(recorded).toMatchObject({ webSearches: 3, source: "estimated" });
	});

	it("are charged as often as was allowed when nothing is counted", () => {
		expect(answered(null).ended).toMatchObject({ actual: 4 * 1_050 + 3 * FEE, estimated: true });
	});

	it("are not taken for none because a stream that was cut had counted none yet", () => {
		for (const reported of [null, usage, { ...usage, webSearches: 0 }]) {
			const { ended } = cut(reported);
			const output = (reported?.output ?? 0) + 64;
			expect(ended).toMatchObject({ actual: 4 * 1_050 + 2 * output + 3 * FEE, estimated: true });
		}
	});

	it("are charged at the hold where more are claimed than were allowed", () => {
		for (const { ended, implausible } of [answered({ ...usage, webSearches: 4 }), cut({ ...usage, webSearches: 4 })]) {
			expect(ended).toMatchObject({ actual: most, estimated: true });
			expect(implausible).toBeDefined();
		}
		const { implausible } = chargeFor(upstream, hold, {
			how: "answered",
			bill: billOf(upstream, seen({ ...usage, webSearches: 1 })),
		});
		expect(implausible).toBeDefined();
	});
});

describe("the bill of a whole answer", () => {
	const thinking = { ...upstream, model: { ...upstream.model, reasoning: true } };
	const bill = (seen: Partial<Seen>, of = upstream) =>
		billOf(of, { usage: null, tier: undefined, text: "", unseenMs: 0, ...seen });

	it("is by the provider's figures", () => {
		expect(bill({ usage })).toEqual({ usage, cost: 16 });
	});

	it("is the most that was written and may have been thought, where there are none", () => {
		const prompt = bill({}).cost ?? 0;
		expect(prompt).toBeGreaterThan(0);
		expect(bill({ text: "12345" }).cost).toBe(prompt + 10);
		expect(bill({ text: "12345", unseenMs: 10 }).cost).toBe(prompt + 10);
		expect(bill({ text: "12345", unseenMs: 10 }, thinking).cost).toBe(prompt + 10 + 60);
		expect(bill({ text: "12345" }).usage.source).toBe("estimated");
		expect(bill({ unseenMs: 600_000 }, thinking).cost).toBe(HOLD);
	});

	it("is unknown where the price is", () => {
		const unpriced = { ...upstream, model: { ...upstream.model, prices: [] } };
		expect(bill({ usage }, unpriced).cost).toBeNull();
		expect(bill({}, unpriced).cost).toBeNull();
	});

	it("is never below the true one, whatever a provider reports and hides", () => {
		const figure = fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constantFrom(Number.NaN, 1e308, "7", null, undefined));
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), figure, figure, (text, input, output) => {
				const reported = normalUsage({ input, output });
				const { cost, implausible: claim } = bill({ usage: reported, text: reported === null ? text : "" });
				if (claim !== undefined) {
					expect(cost).toBe(HOLD);
					return;
				}
				// What the provider claims is what it bills; where it claims nothing, it bills a token for a byte at worst.
				const bytes = new TextEncoder().encode(text).byteLength;
				const truth = reported === null ? 2 * bytes : reported.uncachedInput + 2 * reported.output;
				expect(cost).toBeGreaterThanOrEqual(truth);
			}),
		);
	});
});
