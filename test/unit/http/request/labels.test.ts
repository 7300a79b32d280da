import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { checkLabels, labelsOf } from "#http/request/labels";

const labels = (headers: Record<string, string>) => labelsOf(new Headers(headers));
const metadata = (headers: Record<string, string>) => labels(headers).metadata;

describe("what the headers say of whoever asks", () => {
	it.each([
		[{ "user-agent": "OpenAI/JS 7.57.0" }, "OpenAI/JS"],
		[{ "user-agent": "openai-python/2.1 (linux; x64)" }, "openai-python/2.1"],
		[{ "user-agent": "x", "http-referer": "https://chat.example/secret?token=1" }, "chat.example"],
		[{ "http-referer": "https://chat.example", "x-title": " My App " }, "My App"],
		[{ "http-referer": "not a URL" }, null],
		[{ "user-agent": "(nothing)" }, null],
		[{}, null],
	])("names the app of %o", (headers, app) => {
		expect(labels(headers as Record<string, string>).app).toBe(app);
	});

	it("names session and end user by what known clients send", () => {
		expect(labels({ "x-claude-code-session-id": "s1" }).session).toBe("s1");
		expect(labels({ "x-openwebui-user-id": "u1" }).endUser).toBe("u1");
		expect(labels({ "helicone-user-id": "u2" }).endUser).toBe("u2");
		expect(labels({})).toEqual({ app: null, session: null, endUser: null, metadata: {} });
	});

	it("keeps no more of a header than a label is worth", () => {
		expect(labels({ "x-title": "a".repeat(9_000) }).app).toHaveLength(128);
	});
});

describe("metadata", () => {
	it("is a flat object, its values as text", () => {
		expect(metadata({ "x-tollgate-metadata": '{"team":"blue","run":7,"dry":true}' })).toEqual({
			team: "blue",
			run: "7",
			dry: "true",
		});
	});

	it.each([
		["no JSON", "team=blue"],
		["no object", '["a"]'],
		["null", "null"],
		["nested", '{"a":{"b":1}}'],
		["null inside", '{"a":null}'],
		["an empty name", '{"":"a"}'],
		["a name that is too long", JSON.stringify({ ["n".repeat(65)]: "a" })],
		["a value that is too long", JSON.stringify({ a: "v".repeat(257) })],
		["too many", JSON.stringify(Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`n${i}`, "v"])))],
		["a name that would be a prototype", '{"__proto__":"a"}'],
	])("is refused when it is %s, and the header named", (_, text) => {
		const headers = new Headers({ "x-tollgate-metadata": text });
		for (const read of [checkLabels, labelsOf]) {
			let error: unknown;
			try {
				read(headers);
			} catch (thrown) {
				error = thrown;
			}
			if (!(error instanceof GatewayError)) throw new Error("accepted");
			expect(error.details).toMatchObject({ status: 400, param: "x-tollgate-metadata" });
			expect(error.message).not.toContain(text);
		}
	});

	it("is taken from what other gateways' users send, as far as it makes sense", () => {
		expect(metadata({ "x-portkey-metadata": '{"_user":"ann"}' })).toEqual({ _user: "ann" });
		expect(metadata({ "cf-aig-metadata": '{"a":1}', "x-portkey-metadata": "no JSON" })).toEqual({ a: "1" });
		expect(metadata({ "helicone-property-app": "mobile", "Helicone-Property-Run": "7" })).toEqual({
			app: "mobile",
			run: "7",
		});
		expect(metadata({ "x-portkey-metadata": JSON.stringify({ a: "x", b: { c: 1 }, d: "v".repeat(300) }) })).toEqual({
			a: "x",
		});
	});

	it("of our own stands alone", () => {
		const headers = { "x-tollgate-metadata": '{"a":"1"}', "helicone-property-b": "2" };
		expect(metadata(headers)).toEqual({ a: "1" });
	});

	it("never exceeds its bounds, whatever is sent as a synonym", () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string({ maxLength: 100 }), fc.json(), { maxKeys: 40 }), (sent) => {
				const text = JSON.stringify(sent).replace(/[^\x20-\x7e]/g, "?");
				const entries = Object.entries(metadata({ "cf-aig-metadata": text }));
				expect(entries.length).toBeLessThanOrEqual(16);
				for (const [name, value] of entries) {
					expect(name.length).toBeLessThanOrEqual(64);
					expect(value.length).toBeLessThanOrEqual(256);
				}
			}),
		);
	});
});
