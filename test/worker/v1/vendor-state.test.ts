import { beforeAll, describe, expect, it } from "vitest";
import { admin, issueKey } from "#test/worker/admin/admin-client";
import { completion, failure, send, user } from "#test/worker/gateway";

let plain: string;
let trusted: string;
let trustedId: string;

beforeAll(async () => {
	plain = (await issueKey({ budgets: [{ limit_usd: "1", window: "day" }] })).key;
	const issued = await issueKey({ vendor_state: true, budgets: [{ limit_usd: "100", window: "day" }] });
	trusted = issued.key;
	trustedId = issued.id;
});

const post = (key: string, path: string, body: object) =>
	send(`http://gateway${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${key}` },
		body: JSON.stringify({ messages: user("Hi"), max_tokens: 16, ...body }),
	});

/** The most that an attempt would hold, in USD. */
async function most(key: string, body: object): Promise<number> {
	const answer = await post(key, "/v1/route", body);
	const { candidates } = (await answer.json()) as { candidates: { most_usd: string }[] };
	return Number(candidates[0]?.most_usd);
}

const GEMINI = "gemini/gemini-3.1-flash-lite";

describe("what a vendor's account keeps", () => {
	it.each<[string, object]>([
		["gemini.cachedContent", { model: GEMINI, gemini: { cachedContent: "cachedContents/x" } }],
		["previous_response_id", { model: "openai/gpt-6-luna", previous_response_id: "resp_x" }],
		["store", { model: "openai/gpt-6-luna", store: true }],
		["plugins", { model: "openrouter/openai/gpt-oss-120b", plugins: [{ id: "file-parser" }] }],
	])("is out of reach of a key whose policy says nothing: %s", async (field, body) => {
		for (const path of ["/v1/chat/completions", "/v1/route"]) {
			const { status, error } = await failure(post(plain, path, body));
			expect([status, error.code, error.param]).toEqual([400, "vendor_state_not_allowed", field]);
			expect(error.message).toContain(`\`${field}\``);
			expect(error.message).toContain("`vendor_state`");
		}
	});

	it("holds the model's whole context where the policy allows it", async () => {
		const usual = await most(trusted, { model: GEMINI });
		const drawing = await most(trusted, { model: GEMINI, gemini: { cachedContent: "cachedContents/x" } });
		expect(usual).toBeLessThan(0.01);
		// 1,048,576 tokens at $0.25 a million.
		expect(drawing).toBeGreaterThan(0.26);
	});

	it("is allowed and forbidden by the admin, from the next request on", async () => {
		const body = { model: "openai/gpt-6-luna", store: true };
		expect((await post(trusted, "/v1/chat/completions", body)).status).toBe(200);
		expect((await admin("PATCH", `/keys/${trustedId}`, { vendor_state: false })).body.vendor_state).toBe(false);
		expect((await failure(post(trusted, "/v1/chat/completions", body))).error.code).toBe("vendor_state_not_allowed");
		expect((await admin("PATCH", `/keys/${trustedId}`, { vendor_state: true })).body.vendor_state).toBe(true);
		expect((await post(trusted, "/v1/chat/completions", body)).status).toBe(200);
	});

	it("is none of a plain request's", async () => {
		expect((await completion({ model: GEMINI, messages: user("Hi") })).answer.choices).toHaveLength(1);
	});
});
