import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openaiFault } from "#providers/openai-chat/errors";
import { errorReply } from "#test/unit/providers/native";

describe("an error answer", () => {
	it("gives no HTTP status for a code", () => {
		expect(openaiFault(errorReply(400, { error: { code: 400, message: "no" } }))).not.toHaveProperty("code");
	});

	it("names the vendor's request id", () => {
		for (const header of ["x-request-id", "x-generation-id", "x-siliconcloud-trace-id"]) {
			expect(openaiFault(errorReply(500, "", { [header]: "req-7" })).upstreamRequestId).toBe("req-7");
		}
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
