import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PAYLOAD_LEVELS, payloadLevel } from "#core/key/payload-policy";
import { outlineOf } from "#gateway/record/outline";
import { scrubbed } from "#gateway/record/scrub";

describe("how much is kept of a request", () => {
	test("is what the policy says, for the share of requests that it says", () => {
		const policy = { level: "full", sample: 0.25 } as const;
		expect(payloadLevel(undefined, null, 0)).toBe("none");
		expect(payloadLevel(policy, null, 0.2499)).toBe("full");
		expect(payloadLevel(policy, null, 0.25)).toBe("none");
		expect(payloadLevel({ level: "full", sample: 1 }, null, 0.9999)).toBe("full");
		expect(payloadLevel({ level: "full", sample: 0 }, null, 0)).toBe("none");
	});

	test("is never more than either the policy or the caller wants", () => {
		const level = fc.constantFrom(...PAYLOAD_LEVELS);
		fc.assert(
			fc.property(level, level, (allowed, asked) => {
				const kept = PAYLOAD_LEVELS.indexOf(payloadLevel({ level: allowed, sample: 1 }, asked, 0.5));
				expect(kept).toBe(Math.min(PAYLOAD_LEVELS.indexOf(allowed), PAYLOAD_LEVELS.indexOf(asked)));
			}),
		);
	});
});

describe("a credential in a text", () => {
	const letters = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0";
	test.each([
		`tg_live_${letters}`,
		`sk-${letters}`,
		`sk-ant-api03-${letters}-AA`,
		`sk-proj-${letters}_x-y`,
		`AIzaSy${letters}`,
		"AKIAIOSFODNN7EXAMPLE",
		`ghp_${letters}`,
		`github_pat_${letters}`,
		`xoxb-123456789012-${letters}`,
		`hf_${letters}`,
		`Bearer ${letters}`,
		`whsec_${letters}`,
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
		"-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA+/=\\n",
	])("is blotted out: %s", (secret) => {
		const json = JSON.stringify({ content: `here it is: ${secret.replaceAll("\\n", "\n")} and on` });
		const clean = scrubbed(json);
		expect(clean).toContain("here it is: [credential]");
		expect(clean).not.toContain(secret);
		expect(JSON.parse(clean)).toHaveProperty("content");
	});

	test("of a URL is blotted out, and the URL stays", () => {
		expect(scrubbed("postgres://user:hunter2@db.example.com/x")).toBe("postgres://[credential]@db.example.com/x");
	});

	test("is nothing that prose, code or a model's name would look like", () => {
		const text =
			"The sk-learn task-based risk-averse model gpt-5.4-mini at https://example.com:8080/a@b has Bearer tokens.";
		expect(scrubbed(text)).toBe(text);
	});

	test.each(["sk-", "eyJa-", "eyJaaaaaaaaaaa.", "://a:", "://aa", "-----BEGIN ", "-----BEGIN A ", "Bearer ", "AKIA-"])(
		"is looked for in time that grows with the text alone: many times %s",
		(begin) => {
			// A pattern that went back and forth would not end before the test is given up.
			const text = begin.repeat(200_000);
			expect(scrubbed(text).length).toBeLessThanOrEqual(text.length);
		},
	);
});

describe("an outline", () => {
	test("keeps the shape, the numbers and a fixed vocabulary, and no text", () => {
		const request = {
			model: "openai/gpt-5.4",
			temperature: 0.2,
			stream: true,
			user: "jane",
			messages: [
				{ role: "user", content: "my secret" },
				{ role: "user", content: [{ type: "text", text: "more" }] },
			],
			tools: [{ type: "function", function: { name: "spy", parameters: { properties: { secretField: {} } } } }],
			metadata: { secret: "x" },
		};
		expect(outlineOf(request)).toEqual({
			model: "openai/gpt-5.4",
			temperature: 0.2,
			stream: true,
			user: "[4 characters]",
			messages: [
				{ role: "user", content: "[9 characters]" },
				{ role: "user", content: [{ type: "text", text: "[4 characters]" }] },
			],
			tools: [{ type: "function", function: { name: "[3 characters]", parameters: "[33 characters]" } }],
			metadata: "[14 characters]",
		});
	});

	test("of anything holds none of its longer texts", () => {
		fc.assert(
			fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (value, text) => {
				const canary = `canary ${text}`;
				expect(JSON.stringify(outlineOf({ value, deep: [{ model: canary, content: canary }] }))).not.toContain(
					"canary",
				);
			}),
		);
	});
});
