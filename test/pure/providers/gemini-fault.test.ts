import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FaultKind } from "../../../src/core/fault";
import { gemini } from "../../../src/providers/gemini";
import * as fixtures from "./fixtures/gemini";
import { errorReply } from "./native";

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

	it("of a daily quota is not worth the wait that it suggests", () => {
		const { kind, retryAfterMs } = fault(429, fixtures.dailyQuota);
		expect([kind, retryAfterMs]).toEqual(["vendor_quota", undefined]);
	});

	it("blames the credential for a bad key, although the status is 400", () => {
		expect(fault(400, fixtures.badKey)).toMatchObject({ kind: "credential", status: 400, code: "API_KEY_INVALID" });
	});

	const { status } = fixtures;
	const cases: [FaultKind, number, unknown][] = [
		["bad_request", 400, status(400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "x"')],
		[
			"context_length",
			400,
			status(
				400,
				"INVALID_ARGUMENT",
				"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
			),
		],
		["too_large", 400, status(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes.")],
		[
			"vendor_quota",
			400,
			status(400, "FAILED_PRECONDITION", "Please enable billing on your project in Google AI Studio."),
		],
		["vendor_quota", 429, status(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap.")],
		["vendor_quota", 429, status(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.")],
		["server", 400, status(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")],
		["credential", 401, status(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")],
		["credential", 403, status(403, "PERMISSION_DENIED", "Your API key was reported as leaked.")],
		["model_missing", 404, status(404, "NOT_FOUND", "models/gemini-0 is not found for API version v1beta")],
		["overloaded", 429, status(429, "RESOURCE_EXHAUSTED", "No capacity", [{ reason: "MODEL_CAPACITY_EXHAUSTED" }])],
		["server", 500, status(500, "INTERNAL", "An internal error has occurred.")],
		["overloaded", 503, status(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")],
		["timeout", 504, status(504, "DEADLINE_EXCEEDED", "Deadline expired.")],
		["overloaded", 503, "<html><body>503</body></html>"],
		["server", 502, ""],
		["rate_limited", 429, [fixtures.rateLimited]],
	];
	it.each(cases)("is %s: %d %j", (kind, code, body) => {
		expect(fault(code, body).kind).toBe(kind);
	});

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
