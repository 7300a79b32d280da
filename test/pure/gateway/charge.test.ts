import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HoldToken } from "../../../src/core/budget";
import type { Fault, FaultKind } from "../../../src/core/fault";
import type { Principal } from "../../../src/core/principal";
import { normalUsage, type Usage } from "../../../src/core/usage";
import { type Ending, endedAttempt } from "../../../src/gateway/charge";
import type { Ticket } from "../../../src/gateway/reservation";
import { nanoUsd } from "../../../src/metering/money";
import { orderAt, provider } from "./order";

const order = orderAt(
	provider(() => Promise.reject(new Error("not sent"))),
	{ max_completion_tokens: 1000 },
);
const token: HoldToken = { attemptId: "req_1.1", amount: 5_000, lines: [] };
const ticket: Ticket = {
	attemptId: "req_1.1",
	principal: {} as Principal,
	token,
	standing: { figures: { requests: null, tokens: null }, tightest: null },
	warnings: [],
};
const usage = normalUsage({ input: 10, output: 3 }) as Usage;
const end = (ending: Ending) => endedAttempt(order, ticket, ending);
const failed = (kind: FaultKind, status: number | null): Ending => {
	const fault: Fault = { kind, status, message: "" };
	return { how: "failed", fault, silentMs: 0 };
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

	it.each<[FaultKind, number | null]>([
		["connect", null],
		["server", 500],
		["overloaded", 529],
		["rate_limited", 429],
		["bad_request", 400],
		["credential", 401],
	])("is nothing after %s with status %s", (kind, status) => {
		expect(end(failed(kind, status))).toMatchObject({ actual: 0, void: true, estimated: false });
	});

	it.each<[FaultKind, number | null]>([
		["timeout", null],
		["malformed", 200],
		["truncated", 200],
		["empty", 200],
	])("is an estimate after %s with status %s, because the vendor may have worked", (kind, status) => {
		const ended = end(failed(kind, status));
		expect(ended).toMatchObject({ void: false, estimated: true });
		expect(ended.actual).toBeGreaterThan(0);
		expect(ended.actual).toBeLessThanOrEqual(token.amount);
	});

	it("grows with the time that a caller waited in vain, up to the hold", () => {
		const at = (silentMs: number) => end({ how: "failed", fault: null, silentMs }).actual;
		expect(at(1_000)).toBeGreaterThan(at(0));
		expect(at(600_000)).toBe(token.amount);
	});

	it("is by the provider's figures when they came before the cut, and something for what was under way", () => {
		const ended = end({ how: "cut", fault: null, usage, tier: undefined, text: "abc", silentMs: 0 });
		expect(ended).toMatchObject({ estimated: true, void: false });
		expect(ended.actual).toBeGreaterThanOrEqual(16);
	});

	it("never falls below the price of what came, whatever it was, nor exceeds the hold", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), fc.nat(2_000), (text, silentMs) => {
				const { actual } = end({ how: "cut", fault: null, usage: null, tier: undefined, text, silentMs });
				// At two nano-dollars a token; no tokenizer makes more tokens than characters count in bytes.
				const least = Math.min(token.amount, 2 * [...text].length);
				expect(actual).toBeGreaterThanOrEqual(least);
				expect(actual).toBeLessThanOrEqual(token.amount);
			}),
		);
	});
});
