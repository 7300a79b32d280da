import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gemini } from "#providers/gemini/index";
import * as fixtures from "#test/unit/providers/fixtures/gemini";
import { errorReply } from "#test/unit/providers/native";

const fault = (status: number, body: unknown, headers = {}) => gemini.fault(errorReply(status, body, headers));

describe("an error of Gemini", () => {
	it("waits as long as RetryInfo says, rounded up, since there is no header", () => {
		expect(fault(429, fixtures.rateLimited)).toMatchObject({
			kind: "rate_limited",
			status: 429,
			code: "RESOURCE_EXHAUSTED",
			retryAfterMs: 34400,
		});
	});

	it("of a daily quota is to be waited for until midnight in California, and not as long as it suggests", () => {
		const { kind, retryAfterMs } = fault(429, fixtures.dailyQuota);
		expect([kind, retryAfterMs]).toEqual(["rate_limited", 14 * 60 * 60_000]);
	});

	it("blames the credential for a bad key, although the status is 400", () => {
		expect(fault(400, fixtures.badKey)).toMatchObject({ kind: "credential", status: 400, code: "API_KEY_INVALID" });
	});

	const { status } = fixtures;
	it("passes no markup on, and the field that Gemini names", () => {
		expect(fault(502, "<html>bad gateway</html>").message).toBe("Gemini answered 502");
		const violation = [{ fieldViolations: [{ field: "tools[0].x", description: "d" }] }];
		expect(fault(400, status(400, "INVALID_ARGUMENT", "m", violation)).param).toBe("tools[0].x");
	});

	it("is a fault whatever the body is", () => {
		fc.assert(
			fc.property(fc.integer({ min: 300, max: 599 }), fc.oneof(fc.json(), fc.string()), (code, body) => {
				expect(fault(code, body).status).toBe(code);
				expect(fault(code, { error: { details: [JSON.stringify(body)], message: body, status: code } }).status).toBe(
					code,
				);
			}),
		);
	});
});
