import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openaiFault } from "../../../src/providers/openai-faults";
import { ERRORS } from "./fixtures/openai-faults";
import { errorReply } from "./native";

describe("an error answer", () => {
	it.each(ERRORS)("of $who ($status) is $kind", ({ status, body, kind, code, param, message }) => {
		const fault = openaiFault(errorReply(status, body));
		expect(fault).toMatchObject({ kind, status });
		if (code !== undefined) expect(fault.code).toBe(code);
		if (param !== undefined) expect(fault.param).toBe(param);
		if (message !== undefined) expect(fault.message).toBe(message);
	});

	it("gives no HTTP status for a code", () => {
		expect(openaiFault(errorReply(400, { error: { code: 400, message: "no" } }))).not.toHaveProperty("code");
	});

	it("names the vendor's request id", () => {
		for (const header of ["x-request-id", "x-generation-id", "x-siliconcloud-trace-id"]) {
			expect(openaiFault(errorReply(500, "", { [header]: "req-7" })).upstreamRequestId).toBe("req-7");
		}
	});

	it("says how long to wait: in milliseconds, seconds, a date, or OpenRouter's body", () => {
		const wait = (headers: Record<string, string>, body: unknown = "") =>
			openaiFault(errorReply(429, body, headers)).retryAfterMs;
		expect(wait({ "retry-after-ms": "250", "retry-after": "9" })).toBe(250);
		expect(wait({ "retry-after": "1.5" })).toBe(1500);
		expect(wait({ "retry-after": "Mon, 23 Nov 2026 18:00:30 GMT" })).toBe(30_000);
		const reset = String(Date.UTC(2026, 10, 23, 18, 1, 0));
		const body = { error: { code: 429, message: "", metadata: { headers: { "X-RateLimit-Reset": reset } } } };
		expect(wait({}, body)).toBe(60_000);
		for (const absurd of ["-1", "soon", "1e99", "99999999999"]) expect(wait({ "retry-after": absurd })).toBeUndefined();
	});

	it("keeps parameters that look like secrets readable, and secrets not", () => {
		const message = (text: string) => openaiFault(errorReply(400, text)).message;
		expect(message("skip_special_tokens_everywhere is unknown")).toBe("skip_special_tokens_everywhere is unknown");
		expect(message("key sk-abcdefghijklmnop1234 is bad")).toBe("key …1234 is bad");
	});

	it("is classified whatever its body and status", () => {
		fc.assert(
			fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.json(), fc.string()), (status, body) => {
				const fault = openaiFault(errorReply(status, body));
				expect(fault.status).toBe(status);
				expect(fault.message.length).toBeGreaterThan(0);
				expect(fault.message.length).toBeLessThanOrEqual(501);
			}),
		);
	});
});
