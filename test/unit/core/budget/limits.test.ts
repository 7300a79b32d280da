import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { LIMIT_KINDS, LIMIT_NAMES, tokenLimit } from "#core/budget/limits";
import { Limiter, newLimiterState } from "#durable-objects/api-key/reserve/limiter";
import { Limits, limitChanges, newLimits } from "#http/routes/admin/fields/limit-fields";
import { renderLimits } from "#http/views/budget";

const kinds = Object.values(LIMIT_KINDS);

describe("the kinds of limits", () => {
	it("are those that docs/api.md lists, with their largest values", () => {
		const rows = kinds.map(
			({ wireName, words, max }) => `| \`${wireName}\` | ${words} | ${max.toLocaleString("en-US")} |`,
		);
		const documented = readFileSync("docs/api.md", "utf8");
		expect(documented).toContain(`| limit | of | at most |\n| --- | --- | --- |\n${rows.join("\n")}\n\n`);
	});

	it("can each be kept exactly up to the largest value", () => {
		for (const name of LIMIT_NAMES) {
			expect(() => new Limiter({ [name]: LIMIT_KINDS[name].max }, newLimiterState())).not.toThrow();
		}
	});

	it("are each read from the API, taken away there, and shown", () => {
		const written = Object.fromEntries(kinds.map(({ wireName }, index) => [wireName, index + 1]));
		const body = v.parse(Limits, written);
		expect(newLimits(body)).toEqual(Object.fromEntries(LIMIT_NAMES.map((name, index) => [name, index + 1])));
		expect(limitChanges(body)).toEqual(newLimits(body));
		expect(renderLimits(newLimits(body))).toEqual(written);
		for (const { wireName, max } of kinds) {
			expect(limitChanges(v.parse(Limits, { [wireName]: null }))).not.toEqual({});
			expect(newLimits(v.parse(Limits, { [wireName]: null }))).toEqual({});
			expect(v.safeParse(Limits, { [wireName]: max }).success).toBe(true);
			expect(v.safeParse(Limits, { [wireName]: max + 1 }).success).toBe(false);
		}
		expect(v.safeParse(Limits, { requestsPerMinute: 1 }).success).toBe(false);
	});

	it("each bind: what is at its limit of one is refused by name", () => {
		for (const name of LIMIT_NAMES) {
			const limiter = new Limiter({ [name]: 1 }, newLimiterState());
			expect(limiter.admit({ attemptId: "first", tokens: 1, expiresAt: 10_000 }, 0).outcome).toBe("admitted");
			expect(limiter.admit({ attemptId: "second", tokens: 1, expiresAt: 10_000 }, 0)).toMatchObject({ by: name });
		}
	});

	it("bound an estimate of tokens by those that count tokens", () => {
		expect(tokenLimit({ tokensPerMinute: 5, requestsPerMinute: 1 })).toBe(5);
		expect(tokenLimit({ requestsPerMinute: 1 })).toBe(Number.POSITIVE_INFINITY);
	});
});
