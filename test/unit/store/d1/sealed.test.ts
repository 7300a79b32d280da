import fc from "fast-check";
import { expect, test } from "vitest";
import { SealError, seal, unseal } from "#store/d1/sealed";

const SECRET = "a gateway secret of enough length 0";
const binding = { recordId: "prov_1", version: 3, origin: "https://api.example.com" };

test("what was sealed opens again, whatever it is", async () => {
	await fc.assert(
		fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
			expect(await unseal(SECRET, await seal(SECRET, text, binding), binding)).toBe(text);
		}),
		{ numRuns: 30 },
	);
});

test("the sealed text does not contain the secret, and sealing twice gives different texts", async () => {
	const one = await seal(SECRET, "sk-very-secret-credential", binding);
	const other = await seal(SECRET, "sk-very-secret-credential", binding);
	expect(one).not.toContain("secret");
	expect(atob(JSON.parse(one).data)).not.toContain("secret");
	expect(one).not.toBe(other);
	expect(JSON.parse(one).key).not.toBe(JSON.parse(other).key);
});

test.each([
	["another record", { ...binding, recordId: "prov_2" }],
	["another version", { ...binding, version: 4 }],
	["another origin", { ...binding, origin: "https://evil.example.com" }],
	// Joined without care these would read the same.
	["a shifted border", { ...binding, recordId: "prov_13", version: 3 }],
])("it does not open for %s", async (_, other) => {
	const sealed = await seal(SECRET, "credential", binding);
	await expect(unseal(SECRET, sealed, other)).rejects.toThrow(SealError);
});

test("it does not open with another gateway secret", async () => {
	const sealed = await seal(SECRET, "credential", binding);
	await expect(unseal(`${SECRET}1`, sealed, binding)).rejects.toThrow(SealError);
});

test("any changed byte is noticed", async () => {
	const sealed = JSON.parse(await seal(SECRET, "credential", binding)) as { v: number; key: string; data: string };
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom("key", "data"),
			fc.nat(),
			fc.integer({ min: 1, max: 255 }),
			async (part, at, flip) => {
				const bytes = Uint8Array.from(atob(sealed[part as "key" | "data"]), (character) => character.charCodeAt(0));
				const index = at % bytes.length;
				bytes[index] = (bytes[index] ?? 0) ^ flip;
				const changed = { ...sealed, [part]: btoa(String.fromCharCode(...bytes)) };
				await expect(unseal(SECRET, JSON.stringify(changed), binding)).rejects.toThrow(SealError);
			},
		),
		{ numRuns: 50 },
	);
});

test("parts of two sealed texts do not go together", async () => {
	const one = JSON.parse(await seal(SECRET, "one", binding));
	const other = JSON.parse(await seal(SECRET, "other", binding));
	await expect(unseal(SECRET, JSON.stringify({ ...one, key: other.key }), binding)).rejects.toThrow(SealError);
});

test.each([
	"",
	"null",
	"{}",
	'{"v":2,"key":"AAAA","data":"AAAA"}',
	'{"v":1,"key":"A","data":"A"}',
	'{"v":1,"key":"","data":""}',
])("%j is not a sealed text", async (text) => {
	await expect(unseal(SECRET, text, binding)).rejects.toThrow(SealError);
});
