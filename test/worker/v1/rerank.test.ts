import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { failure, fault, mend, send } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** A model of each vendor, and whether it tells its usage. */
const VENDORS = {
	siliconflow: { model: "siliconflow/BAAI/bge-reranker-v2-m3", isTold: true },
	openrouter: { model: "openrouter/cohere/rerank-5-fast", isTold: true },
	"workers-ai": { model: "workers-ai/@cf/baai/bge-reranker-base", isTold: false },
};
const DOCUMENTS = ["Budgets are held before a request is sent.", "Penguins are birds that swim.", "Keys are revoked."];
const ASKED = { query: "Which birds swim?", documents: DOCUMENTS };

interface Ranking {
	results: { index: number; relevance_score: number; document?: { text: string } }[];
	usage: { prompt_tokens: number; cost: number; estimated?: true };
}

let key: IssuedKey;
beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "1", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

function post(path: string, body: object, by = key.key): Promise<Response> {
	return send(`http://gateway/v1${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${by}`, "content-type": "application/json" },
		body: JSON.stringify(body),
	});
}

async function books(): Promise<{ total_nano_usd: number; requests: number }> {
	return (await send("http://gateway/_simulator/billing")).json();
}

describe.each(Object.entries(VENDORS))("a rerank of %s", (vendor, { model, isTold }) => {
	it("puts what is about the query first, and is one hold and one bill as the vendor has it", async () => {
		const recordOf = watchRecords();
		const response = await post("/rerank", { model, ...ASKED, top_n: 2, return_documents: true });
		expect(response.status).toBe(200);
		const { results, usage } = await response.json<Ranking>();
		expect(results).toHaveLength(2);
		expect(results[0]).toMatchObject({ index: 1, document: { text: DOCUMENTS[1] } });
		const { attempts, face } = await recordOf(response);
		const charged = await settledOf(key.id);
		expect(face).toBe("rerank");
		expect(attempts).toMatchObject([{ provider: vendor, end: "answered", cost: charged, estimated: !isTold }]);
		expect(Math.round(usage.cost * 1e9)).toBe(charged);
		const { total_nano_usd: truth } = await books();
		expect(truth).toBeGreaterThan(0);
		if (isTold) expect(charged).toBe(truth);
		else expect(charged).toBeGreaterThanOrEqual(truth);
	});

	it.each([
		["an error", { fault: "error", status: 500 }, 502, "upstream_error"],
		["an empty body", { fault: "empty" }, 502, "upstream_invalid_response"],
		["no results", { fault: "says_nothing" }, 502, "upstream_invalid_response"],
		["a web page", { fault: "html" }, 502, "upstream_invalid_response"],
		["a cut connection", { fault: "cut_mid_stream" }, 502, "upstream_error"],
		["an error inside a success", { fault: "error_frame" }, 502, "upstream_error"],
	] as const)(
		"that ends with %s says so, and charges no less than the vendor bills",
		async (_, wrong, status, code) => {
			await fault({ provider: vendor, ...wrong });
			const refused = await failure(post("/rerank", { model, ...ASKED }));
			// OpenRouter says that it is the model's vendor that fails.
			const isRelayed = vendor === "openrouter" && wrong.fault === "error_frame";
			expect([refused.status, refused.error.code]).toEqual(isRelayed ? [503, "upstream_overloaded"] : [status, code]);
			expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
		},
	);
});

describe("a moderation", () => {
	const model = "openai/omni-moderation-latest";
	interface Judged {
		model: string;
		results: { flagged: boolean; categories: Record<string, boolean> }[];
		usage: { cost: number };
	}

	it("judges each text, is logged, and costs nothing", async () => {
		const recordOf = watchRecords();
		const response = await post("/moderations", { input: ["Good morning", "I will kill the process, idiot"] });
		const { model: ran, results, usage } = await response.json<Judged>();
		expect(response.headers.get("x-tollgate-provider")).toBe("openai");
		expect(ran).toBe("omni-moderation-latest");
		expect(results.map(({ flagged }) => flagged)).toEqual([false, true]);
		expect(results[1]?.categories).toMatchObject({ violence: true, harassment: true, hate: false });
		expect(await recordOf(response)).toMatchObject({ face: "moderations", attempts: [{ end: "answered", cost: 0 }] });
		expect([usage.cost, await settledOf(key.id), (await books()).total_nano_usd]).toEqual([0, 0, 0]);
		expect((await books()).requests).toBe(1);
	});

	it("of Llama Guard is translated from what it writes, each text by itself, and billed as Workers AI does", async () => {
		const guard = "workers-ai/@cf/meta/llama-guard-3-8b";
		const recordOf = watchRecords();
		const input = ["Good morning", "I will kill the process", "the home address of Ann"];
		const response = await post("/moderations", { model: guard, input });
		const { results, usage } = await response.json<Judged>();
		expect(results.map(({ flagged }) => flagged)).toEqual([false, true, true]);
		expect(results[2]?.categories).toMatchObject({ privacy: true, violence: false, harassment: null });
		const charged = await settledOf(key.id);
		const { attempts } = await recordOf(response);
		expect(attempts).toMatchObject([{ provider: "workers-ai", end: "answered", cost: charged, estimated: false }]);
		expect(charged).toBeGreaterThan(0);
		expect([charged, Math.round(usage.cost * 1e9)]).toEqual([(await books()).total_nano_usd, charged]);
		await fault({ provider: "workers-ai", fault: "says_nothing" });
		const refused = await failure(post("/moderations", { model: guard, input: "Hi" }));
		expect([refused.status, refused.error.code]).toEqual([502, "upstream_invalid_response"]);
		expect(await settledOf(key.id)).toBeGreaterThanOrEqual((await books()).total_nano_usd);
	});

	it("says what is wrong with an answer that is none, and with a request before it is sent", async () => {
		await fault({ provider: "openai", fault: "says_nothing" });
		const refused = await failure(post("/moderations", { model, input: "Hi" }));
		expect([refused.status, refused.error.code]).toEqual([502, "upstream_invalid_response"]);
		const before = await books();
		const wrong = await failure(post("/moderations", { model, input: ["one", ""] }));
		expect([wrong.status, wrong.error.param]).toEqual([400, "input[1]"]);
		const chatting = await failure(post("/moderations", { model: "openai/gpt-4o-mini", input: "Hi" }));
		expect(chatting.error.message).toContain("operation:moderations");
		expect(await books()).toEqual(before);
	});
});

describe("a rerank", () => {
	it("fails over among hosts of one model, and never mixes two", async () => {
		const models = [VENDORS.siliconflow.model, VENDORS["workers-ai"].model];
		const mixed = await failure(post("/rerank", { models, ...ASKED }));
		expect([mixed.status, mixed.error.code]).toEqual([400, "no_candidate"]);
		for (const model of models) await admin("PATCH", `/models/${model}`, { family: "one" });
		try {
			await fault({ provider: "siliconflow", fault: "error", status: 503 });
			const response = await post("/rerank", { models, ...ASKED });
			expect(response.headers.get("x-tollgate-attempts")).toBe("siliconflow:503,workers-ai:200");
			expect((await response.json<Ranking>()).results[0]?.index).toBe(1);
		} finally {
			for (const model of models) await admin("DELETE", `/models/${model}`);
		}
	});

	it("reaches no vendor when it is malformed, beyond the budget, or asked of a model that chats", async () => {
		const { model } = VENDORS.siliconflow;
		const wrong = await failure(post("/rerank", { model, query: "q", documents: ["one", ""] }));
		expect([wrong.status, wrong.error.param]).toEqual([400, "documents[1]"]);
		const poor = await issueKey({ budgets: [{ limit_usd: "0.000001", window: "total" }] });
		expect((await failure(post("/rerank", { model, ...ASKED }, poor.key))).status).toBe(402);
		const chatting = await failure(post("/rerank", { model: "openai/gpt-4o-mini", ...ASKED }));
		expect(chatting.error.message).toContain("operation:rerank");
		const ranking = await failure(post("/chat/completions", { model, messages: [{ role: "user", content: "Hi" }] }));
		expect(ranking.error.message).toContain("operation:chat");
		expect((await books()).requests).toBe(0);
	});
});
