import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases, upTo } from "#test/support/scale";
import { Gateway } from "./gateway";
import { ask, billed, crowd, type Fate, holders, settledBudgets, sumOf, tally } from "./load";

/** Enough to spend the budget nearly twice. */
const REQUESTS = upTo(1_000, 400);
const SOCKETS = 64;
const LIMIT = 1_000_000_000;

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
});
afterAll(async () => {
	await gateway?.stop();
});

/** Each request holds more than half a cent and costs less: a dollar holds 160 at once and pays 220, of them all. */
const CROWDS = [
	{ who: "one key with a budget of its own", keys: 1, model: "openai/gpt-5.5" },
	{ who: "five keys of a team with a budget", keys: 5, model: "openai/gpt-5.6-sol" },
];

describe.each(Array.from({ length: cases(1) }, (_, round) => round + 1))("round %i", () => {
	it.each(CROWDS)(
		"however many ask at once, $who cannot spend more than a dollar, and can spend nearly all of it",
		{ timeout: 120_000 },
		async ({ keys: count, model }) => {
			const keys = await holders(gateway, count, "1.00");
			const before = await billed(gateway, model);
			let asked = 0;
			const fates = await crowd(SOCKETS, (): Promise<Fate> | null => {
				if (asked === REQUESTS) return null;
				const { key } = keys[asked % count] ?? { key: "" };
				return ask(gateway, { key, model, max_tokens: 150, stream: asked++ % 3 === 0 });
			});
			const { answered, refused, limited, lost, cost } = tally(fates);
			const budgets = await settledBudgets(gateway, keys);
			const after = await billed(gateway, model);
			const bill = after.nano_usd - before.nano_usd;

			expect(bill).toBeLessThanOrEqual(LIMIT);
			expect(bill).toBeGreaterThanOrEqual(0.9 * LIMIT);
			expect({ all: answered + refused, limited, lost }).toEqual({ all: REQUESTS, limited: 0, lost: 0 });
			expect(refused).toBeGreaterThan(0);
			expect(after.requests - before.requests).toBe(answered);
			expect(cost).toBe(bill);
			expect(sumOf(budgets, ({ settled }) => settled)).toBe(bill);
			expect(sumOf(budgets, ({ unproven, overrun }) => unproven + overrun)).toBe(0);
			expect(new Set(budgets.map(({ limit }) => limit))).toEqual(new Set([LIMIT]));
		},
	);
});
