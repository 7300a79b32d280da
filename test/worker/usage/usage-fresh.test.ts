import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { admin, type IssuedKey, issueKey, read } from "#test/worker/admin/admin-client";
import { chat, fault, send, user } from "#test/worker/gateway";

const bindings = env as unknown as Env;
const MODELS = ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5", "gemini/gemini-3.1-flash-lite"];

beforeEach(async () => {
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	await fault();
	vi.restoreAllMocks();
});

async function ask({ key }: IssuedKey, model: string | undefined, stream: boolean): Promise<void> {
	await (await chat({ model, messages: user("Hi"), stream }, { authorization: `Bearer ${key}` })).text();
}

interface Usage {
	data: { requests: number; attempts: number; errors: number; cost: string; output_tokens: number }[];
	lag: { keys: number; since: string | null };
}

const usage = async (query: string): Promise<Usage> => (await admin("GET", `/usage?${query}`)).body as never;

const billed = async (): Promise<number> => {
	const answer = await send("http://gateway/_simulator/billing");
	return (await answer.json<{ total_nano_usd: number }>()).total_nano_usd;
};

test("usage is right within a second of the last answer: for a key, its team, all, and its holder", async () => {
	const key = await issueKey();
	for (const [index, model] of [...MODELS, ...MODELS].entries()) await ask(key, model, index % 2 === 0);
	// Waits for at most a second.
	await vi.waitFor(async () => expect((await usage(`key_id=${key.id}`)).data[0]?.requests).toBe(6));
	const total = await billed();
	const holder = async () =>
		(await read(await send("http://localhost/v1/usage", { headers: { authorization: `Bearer ${key.key}` } })))
			.body as never as Usage;
	for (const answer of [await usage(`key_id=${key.id}`), await usage(`team_id=${key.teamId}`), await holder()]) {
		expect(answer.data).toMatchObject([{ requests: 6, attempts: 6, errors: 0 }]);
		expect(Math.round(Number(answer.data[0]?.cost) * 1e9)).toBe(total);
		expect(answer.lag).toEqual({ keys: 0, since: null });
	}
	for (const query of ["", "?start_date=2026-01-01"]) {
		const headers = { authorization: `Bearer ${key.key}` };
		const balance = await read(await send(`http://localhost/v1/dashboard/billing/usage${query}`, { headers }));
		expect(Math.round(Number(balance.body.total_usage) * 1e7), query).toBe(total);
	}
	const { data } = await usage(`team_id=${key.teamId}&group_by=model`);
	expect(data.map(({ requests }) => requests)).toEqual([2, 2, 2]);
});

test("usage of everybody includes what nobody flushed yet", async () => {
	const before = (await usage("")).data[0]?.requests ?? 0;
	const keys = [await issueKey(), await issueKey()];
	for (const key of keys) await ask(key, MODELS[0], false);
	await vi.waitFor(async () => expect((await usage("")).data[0]?.requests).toBe(before + 2));
});

test("a request is there for its holder right after its answer, with its attempts", async () => {
	await fault({ provider: "openai", fault: "error", status: 503, times: 1 });
	const key = await issueKey();
	const headers = { authorization: `Bearer ${key.key}` };
	const answer = await chat({ models: [MODELS[0], MODELS[1]], messages: user("Hi") }, headers);
	await answer.text();
	const id = answer.headers.get("x-request-id");
	await vi.waitFor(async () => {
		const shown = await read(await send(`http://localhost/v1/requests/${id}`, { headers }));
		expect(shown.body).toMatchObject({
			id,
			status: 200,
			provider: "anthropic",
			attempts: [
				{ provider: "openai", end: "failed", upstream_status: 503, cost: "0" },
				{ provider: "anthropic", end: "answered" },
			],
		});
	});
	expect((await admin("GET", `/requests?key_id=${key.id}`)).body.data).toMatchObject([{ id, attempt_count: 2 }]);
});

test("what an object cannot ship is said to lag, and the rest is answered", async () => {
	const key = await issueKey();
	await ask(key, MODELS[0], false);
	await vi.waitFor(async () => expect((await usage(`key_id=${key.id}`)).data[0]?.requests).toBe(1));
	vi.spyOn(ApiKeyObject.prototype, "sweep").mockResolvedValue({
		weight: 1,
		acknowledged: { entries: 0, cost: 0 },
		oldestAt: 1_700_000_000_000,
	});
	expect(await usage(`key_id=${key.id}`)).toMatchObject({
		data: [{ requests: 1 }],
		lag: { keys: 1, since: "2023-11-14T22:13:20.000Z" },
	});
	vi.spyOn(ApiKeyObject.prototype, "sweep").mockRejectedValue(new Error("unreachable"));
	expect(await usage(`key_id=${key.id}`)).toMatchObject({ data: [{ requests: 1 }], lag: { keys: 1 } });
});

test("an unknown key or team wakes no object", async () => {
	const named = vi.spyOn(bindings.API_KEYS, "getByName");
	expect(await usage("key_id=key_nobody")).toMatchObject({ data: [], lag: { keys: 0 } });
	expect(await usage("team_id=team_nobody")).toMatchObject({ data: [], lag: { keys: 0 } });
	expect(named).not.toHaveBeenCalled();
});
