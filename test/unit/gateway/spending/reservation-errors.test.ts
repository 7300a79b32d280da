import { describe, expect, it } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import type { ProviderName } from "#core/ids";
import { budgetExhausted, limitReached, priceUnknown } from "#gateway/spending/reservation-errors";
import { duration, limitHeaders } from "#http/response/limit-headers";

const budget: BudgetSpec = {
	id: "bud_1",
	limit: 5_000_000_000,
	window: "month",
	timeZone: "Asia/Shanghai",
	owner: "team",
	action: "block",
	perEndUser: false,
};
const resetsAt = Date.UTC(2026, 10, 30, 16);

describe("a refusal for money", () => {
	it("names the budget, its size and its reset, and tells SDKs not to repeat it", () => {
		const { details } = budgetExhausted({ budget, remaining: 0, resetsAt }, 2_000);
		expect(details).toMatchObject({
			status: 402,
			type: "insufficient_quota",
			code: "insufficient_quota",
			shouldRetry: false,
		});
		expect(details.message).toBe(
			"[gateway] the team's monthly budget of $5 (Asia/Shanghai) is used up; it resets at 2026-11-30T16:00:00.000Z",
		);
	});

	it("says what is left when it is not enough", () => {
		const total = { ...budget, owner: "key" as const, window: "total" as const };
		expect(budgetExhausted({ budget: total, remaining: 1_500, resetsAt: null }, 2_000).details.message).toBe(
			"[gateway] the API key's budget of $5 cannot cover the $0.000002 that this request may cost: $0.0000015 is neither spent nor held; it does not reset",
		);
	});

	it("says that no reset helps when the whole budget is not enough", () => {
		const { message } = budgetExhausted({ budget, remaining: 1_500, resetsAt: null }, 6_000_000_000).details;
		expect(message).toContain("cannot cover the $6 that");
		expect(message).toContain("no reset brings as much");
	});

	it("calls a budget by its name, and says whom it counts apart", () => {
		const apart = { ...budget, owner: "key" as const, name: "trial", window: "day" as const, perEndUser: true };
		const { message } = budgetExhausted({ budget: apart, remaining: 0, resetsAt }, 1).details;
		expect(message).toContain(`the API key's daily budget "trial" of $5 for each end user (Asia/Shanghai) is used up`);
	});

	it("names a model without a price, and the call that sets one", () => {
		const acme = "acme" as ProviderName;
		const { details } = priceUnknown({ provider: acme, id: "x/y" }, budget);
		expect(details).toMatchObject({ status: 400, code: "model_price_unknown", param: "model" });
		expect(details.message).toContain('PATCH /admin/models/acme/x/y {"prices":[{"input":1,"output":2}]}');
		expect(priceUnknown({ provider: acme, id: "x/y", unlisted: true }, budget).details.message).toContain(
			'POST /admin/models/acme {"id":"x/y","prices":[{"input":1,"output":2}]}',
		);
	});
});

describe("a refusal for a limit", () => {
	it("says which and when to come back", () => {
		expect(limitReached("requestsPerMinute", 2, 29_500).details).toMatchObject({
			status: 429,
			code: "rate_limit_exceeded",
			retryAfterMs: 29_500,
			message: "[gateway] the API key is at its limit of 2 requests per minute",
		});
	});
});

describe("the headers for limits", () => {
	it.each([
		[0, "0ms"],
		[12, "12ms"],
		[1000, "1s"],
		[1500, "1.5s"],
		[360_000, "6m0s"],
		[3_723_000, "1h2m3s"],
	])("write %d ms as %s", (ms, text) => {
		expect(duration(ms)).toBe(text);
	});

	it("are OpenAI's six, and what is left of the tightest budget", () => {
		const figures = {
			requests: { limit: 2, remaining: 1, resetMs: 30_000 },
			tokens: { limit: 100, remaining: 90, resetMs: 6 },
		};
		expect(limitHeaders({ figures, tightest: { budget, remaining: 12_345, resetsAt } })).toEqual({
			"x-ratelimit-limit-requests": "2",
			"x-ratelimit-remaining-requests": "1",
			"x-ratelimit-reset-requests": "30s",
			"x-ratelimit-limit-tokens": "100",
			"x-ratelimit-remaining-tokens": "90",
			"x-ratelimit-reset-tokens": "6ms",
			"x-tollgate-budget-remaining": "0.000012345",
		});
		expect(limitHeaders({ figures: { requests: null, tokens: null }, tightest: null })).toEqual({});
	});
});
