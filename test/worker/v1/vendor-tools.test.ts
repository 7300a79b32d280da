import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, failure, fault, mend, send, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

const FEES = { openai: 10_000_000, anthropic: 10_000_000, openrouter: 4_000_000 };

/** How each vendor is asked to search: at most twice at OpenAI and Anthropic, four results at OpenRouter. */
const ASKS = {
	openai: { model: "openai/gpt-6-luna", max_tool_calls: 2, openai: { tools: [{ type: "web_search" }] } },
	anthropic: {
		model: "anthropic/claude-haiku-4-5",
		anthropic: { tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 2 }] },
	},
	openrouter: { model: "openrouter/openai/gpt-oss-120b", plugins: [{ id: "web", max_results: 4 }] },
};
type Vendor = keyof typeof ASKS;
const VENDORS = Object.keys(ASKS) as Vendor[];

let key: IssuedKey;

beforeEach(async () => {
	key = await issueKey({ vendor_tools: ["web_search"], budgets: [{ limit_usd: "100", window: "total" }] });
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const ask = (vendor: Vendor, text: string, more: object = {}, by = key.key) =>
	chat({ ...ASKS[vendor], messages: user(text), max_tokens: 200, ...more }, { authorization: `Bearer ${by}` });

async function billed(): Promise<number> {
	const books = await send("http://gateway/_simulator/billing");
	return (await books.json<{ total_nano_usd: number }>()).total_nano_usd;
}

/** The most that an attempt would hold, in nano-dollars. */
async function held(vendor: Vendor): Promise<number> {
	const answer = await send("http://gateway/v1/route", {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}` },
		body: JSON.stringify({ ...ASKS[vendor], messages: user("Hi"), max_tokens: 200 }),
	});
	const { candidates } = await answer.json<{ candidates: { most_usd: string }[] }>();
	return Math.round(Number(candidates[0]?.most_usd) * 1e9);
}

describe.each(VENDORS)("a search of the web at %s", (vendor) => {
	it.each([
		[0, false],
		[1, true],
		[2, false],
		[9, true],
	])("is charged to the nano-dollar as the vendor bills it: %i wanted, stream %s", async (wanted, stream) => {
		const recordOf = watchRecords();
		const answer = await ask(vendor, `[[search:${wanted}]] Hello!`, { stream });
		expect(answer.status).toBe(200);
		expect(answer.headers.get("x-tollgate-dropped")).toBeNull();
		await answer.text();
		const { attempts } = await recordOf(answer);
		// OpenRouter bills results, and does not say how many.
		const isTold = vendor !== "openrouter";
		const uses = isTold ? Math.min(wanted, 2) : 4;
		const truth = await billed();
		expect(attempts).toMatchObject([{ end: "answered", cost: truth, estimated: !isTold }]);
		expect(await settledOf(key.id)).toBe(truth);
		expect(truth).toBeGreaterThan(uses * FEES[vendor]);
		expect(truth).toBeLessThan((uses + 1) * FEES[vendor]);
		expect(truth).toBeLessThanOrEqual(await held(vendor));
	});

	it("is charged as often as was allowed where the answer is lost, and never less than the bill", async () => {
		await fault({ provider: vendor, fault: "cut_mid_stream", after: 2 });
		const recordOf = watchRecords();
		const answer = await ask(vendor, "[[search:9]] Write 60 words.", { stream: true });
		await answer.text();
		const { attempts } = await recordOf(answer);
		const truth = await billed();
		expect(attempts).toMatchObject([{ estimated: true, cost: expect.toSatisfy((cost) => cost >= truth) }]);
		expect(attempts[0]?.cost).toBeLessThanOrEqual(await held(vendor));
	});

	it("is taken out and named where the policy does not allow it", async () => {
		const { key: plain } = await issueKey({ budgets: [{ limit_usd: "1", window: "total" }] });
		const answer = await ask(vendor, "[[search:2]] Hello!", {}, plain);
		expect(answer.status).toBe(200);
		const [name] = { openai: ["web_search"], anthropic: ["web_search_20250305"], openrouter: ["plugins.web"] }[vendor];
		expect(answer.headers.get("x-tollgate-dropped")).toBe(name);
		await answer.text();
		expect(await billed()).toBeLessThan(FEES[vendor] / 4);
	});
});

describe("the policy of vendor-run tools", () => {
	it("is changed by the admin, from the next request on", async () => {
		const dropped = async () => {
			const answer = await ask("anthropic", "Hello!");
			await answer.text();
			return answer.headers.get("x-tollgate-dropped");
		};
		expect(await dropped()).toBeNull();
		const path = `/keys/${key.id}`;
		for (const nothing of [[], null]) {
			expect((await admin("PATCH", path, { vendor_tools: nothing })).body.vendor_tools).toEqual([]);
			expect(await dropped()).toBe("web_search_20250305");
			const all = await admin("PATCH", path, { vendor_tools: ["web_search", "web_search"] });
			expect(all.body.vendor_tools).toEqual(["web_search"]);
			expect(await dropped()).toBeNull();
		}
	});

	it("is refused where a tool is demanded that it does not allow", async () => {
		const demand = { anthropic: { ...ASKS.anthropic.anthropic, tool_choice: { type: "tool", name: "web_search" } } };
		const { key: plain } = await issueKey();
		const { status, error } = await failure(ask("anthropic", "Hello!", demand, plain));
		expect([status, error.code, error.param]).toEqual([403, "vendor_tool_not_allowed", "tool_choice"]);
		expect(error.message).toContain("`vendor_tools`");
	});

	it("holds a search whose answer could cost more than a small budget, before it is made", async () => {
		const { key: small } = await issueKey({
			vendor_tools: ["web_search"],
			budgets: [{ limit_usd: "0.015", window: "total" }],
		});
		const { status, error } = await failure(ask("anthropic", "[[search:2]] Hello!", {}, small));
		expect([status, error.code]).toEqual([402, "insufficient_quota"]);
		expect(await billed()).toBe(0);
		expect((await ask("anthropic", "Hello!", { anthropic: {} }, small)).status).toBe(200);
	});

	it.each([
		["as the end of a model's name", { model: "openrouter/openai/gpt-oss-120b:online" }, 404, "model_not_found"],
		["before another suffix", { model: "openrouter/openai/gpt-oss-120b:online:extended" }, 404, "model_not_found"],
		[
			"among several names",
			{ models: ["openrouter/openai/gpt-oss-120b:online"], model: undefined },
			404,
			"model_not_found",
		],
		["in a native field", { openrouter: { model: "openai/gpt-oss-120b:online" } }, 400, "unsupported_parameter"],
	])("is not passed by OpenRouter's `:online` %s", async (_, more, status, code) => {
		const { error, ...refused } = await failure(ask("openrouter", "Hello!", more));
		expect([refused.status, error.code]).toEqual([status, code]);
		expect(await billed()).toBe(0);
	});
});
