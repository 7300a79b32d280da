import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TeamId } from "#core/ids";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import { isolate } from "#simulator/isolate";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, events, fault, mend, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

const MODELS = ["openai/gpt-6-luna", "deepseek/deepseek-flash"];
/** The most that either copy may hold, in nano-dollars. */
const MOST_HELD = 10_000_000;

let key: IssuedKey;

beforeEach(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
	const alias = { models: MODELS, sticky: false, hedge: { after_ms: 20, max_usd: "0.01" } };
	const { status } = await admin("PUT", "/aliases/twice", alias);
	if (status !== 200) expect((await admin("POST", "/aliases", { name: "twice", ...alias })).status).toBe(201);
	// What a team that has been busy may spend.
	isolate.renew();
	const { hedgeBudgets } = isolate.state;
	for (let request = 0; request < 50; request++) hedgeBudgets.request(key.teamId as TeamId);
	hedgeBudgets.spent(key.teamId as TeamId, 50 * MOST_HELD);
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const ask = () => {
	const body = { model: "twice", stream: true, max_tokens: 20, messages: user("Hi") };
	return chat(body, { authorization: `Bearer ${key.key}` });
};

test("a stream that stays silent is sent twice; both copies are held for, settled and charged", async () => {
	await fault({ provider: "openai", fault: "hang_before_headers" });
	const recordOf = watchRecords();
	const reserve = vi.spyOn(ApiKeyObject.prototype, "reserve");
	const answer = await ask();
	expect(answer.status).toBe(200);
	expect(answer.headers.get("x-tollgate-attempts")).toBe("openai:left,deepseek:200");
	expect(answer.headers.get("x-tollgate-provider")).toBe("deepseek");
	expect((await events(answer)).at(-1)).toBe("[DONE]");
	const holds = reserve.mock.calls.map(([{ attemptId, scope }]) => [attemptId.slice(-2), scope.provider]);
	expect(holds).toEqual([
		[".1", "openai"],
		[".2", "deepseek"],
	]);
	const { attempts, provider } = await recordOf(answer);
	expect(provider).toBe("deepseek");
	const some = expect.toSatisfy((cost) => cost > 0 && cost <= MOST_HELD);
	expect(attempts).toMatchObject([
		{ provider: "openai", end: "left", fault: null, estimated: true, cost: some },
		{ provider: "deepseek", end: "answered", fault: null, estimated: false, cost: some },
	]);
	expect(await settledOf(key.id)).toBe(attempts.reduce((sum, { cost }) => sum + cost, 0));
});

test("a stream is sent once where the team's purse for copies is empty, and waits", async () => {
	isolate.renew();
	await fault({ provider: "openai", fault: "latency", ms: 200 });
	const answer = await ask();
	expect(answer.headers.get("x-tollgate-attempts")).toBe("openai:200");
	await answer.text();
});

test("a stream whose second copy is not afforded goes on alone", async () => {
	await fault({ provider: "openai", fault: "latency", ms: 200 });
	const reserve = ApiKeyObject.prototype.reserve;
	let refused = 0;
	vi.spyOn(ApiKeyObject.prototype, "reserve").mockImplementation(async function (this: ApiKeyObject, ...all) {
		if (all[0].further !== true) return reserve.apply(this, all);
		refused++;
		throw new Error("the key's object does not answer");
	});
	const answer = await ask();
	expect(answer.headers.get("x-tollgate-attempts")).toBe("openai:200");
	await answer.text();
	expect(refused).toBeGreaterThan(0);
	await settledOf(key.id);
});
