import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concealing } from "#providers/transport/conceal";
import { cases } from "#test/support/scale";

describe("a credential in a provider's words", () => {
	it("is blotted out wherever it stands", () => {
		expect(concealing("sk-12345")("bad key sk-12345, I said sk-12345")).toBe(
			"bad key [credential], I said [credential]",
		);
	});

	it("is not looked for when it is shorter than 8 characters, or none", () => {
		for (const secret of ["x", "e", "1234567", "", null]) {
			expect(concealing(secret)("the model exploded: 1234567")).toBe("the model exploded: 1234567");
		}
	});

	it("is blotted out of base64 too, whatever stands around it", () => {
		const secret = fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 }).filter((text) => text.length >= 8);
		fc.assert(
			fc.property(secret, fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (text, before, after) => {
				const bytes = Buffer.from(before + text + after);
				for (const encoding of ["base64", "base64url"] as const) {
					expect(concealing(text)(`said ${bytes.toString(encoding)}.`)).toContain("[credential]");
				}
			}),
			{ numRuns: cases(1_000) },
		);
	});

	it("leaves of its base64 too little to be guessed", () => {
		const secret = "a secret of a vendor";
		const said = `Basic ${Buffer.from(`user:${secret}@`).toString("base64")}`;
		const left = concealing(secret)(said).replace("Basic ", "").split("[credential]");
		expect(left).toHaveLength(2);
		expect(Buffer.from(left[0] ?? "", "base64").toString()).toMatch(/^user:/);
		for (const part of left) expect(Buffer.from(part, "base64").length).toBeLessThan("user:".length + 2);
	});
});
