import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { KeyRegistration } from "#core/key/key";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { isolate } from "#simulator/isolate";
import { ADMIN_TOKEN, send } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, listModels, read } from "./admin-client";

const bindings = env as unknown as Env;

beforeEach(() => isolate.renew());

interface ShownBudget {
	id: string;
	name: string | null;
	limit_usd: string;
	window: unknown;
	time_zone: string | null;
	action: string;
	models: string[] | null;
	providers: string[] | null;
	operations: string[] | null;
	per_end_user: boolean;
}

function budgetsOf(answer: Answer): ShownBudget[] {
	if (answer.status >= 300) throw new Error(answer.text);
	return answer.body.budgets as ShownBudget[];
}

/** What the key's object holds after a request of the key. */
async function inForce({ id, key }: { id: string; key: string }): Promise<KeyRegistration> {
	expect((await listModels({ "x-api-key": key })).status).toBe(200);
	return runInDurableObject(bindings.API_KEYS.getByName(id), (_, state) => {
		const [row] = state.storage.sql.exec("SELECT body FROM registration").toArray();
		return JSON.parse(String(row?.body)) as KeyRegistration;
	});
}

/** Calls the admin API with changed bindings. */
async function adminWith(changed: Partial<Env>, method: string, path: string, body: unknown): Promise<Answer> {
	const execution = createExecutionContext();
	const request = new Request(`http://localhost/admin${path}`, {
		method,
		headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
		body: JSON.stringify(body),
	});
	const answer = await read(await serve(request, { ...bindings, ...changed }, execution, newIsolateState()));
	await waitOnExecutionContext(execution);
	return answer;
}

const MONTH = { limit_usd: "5.00", window: "month", time_zone: "Asia/Shanghai" };
const LIMITS = { requests_per_minute: 60, requests_per_day: 1000, tokens_per_minute: 90_000, concurrent_requests: 4 };
const NO_LIMITS = {
	requests_per_minute: null,
	requests_per_day: null,
	tokens_per_minute: null,
	concurrent_requests: null,
};

describe("budgets of a key", () => {
	test("come back as they were written, with ids of their own, and sending them back changes nothing", async () => {
		const { id } = await issueKey({
			budgets: [
				MONTH,
				{
					name: "per user",
					limit_usd: 0.000000001,
					window: { rolling_seconds: 3600 },
					action: "warn",
					models: ["google/gemini-3*", "openai/gpt-6-luna"],
					providers: ["Google"],
					per_end_user: true,
				},
				{ limit_usd: 4_000_000, window: "total" },
			],
		});
		const shown = await admin("GET", `/keys/${id}`);
		const rest = { name: null, action: "block", models: null, providers: null, operations: null, per_end_user: false };
		expect(budgetsOf(shown)).toEqual([
			{ id: expect.stringMatching(/^bud_/), ...rest, limit_usd: "5", window: "month", time_zone: "Asia/Shanghai" },
			{
				id: expect.stringMatching(/^bud_/),
				name: "per user",
				limit_usd: "0.000000001",
				window: { rolling_seconds: 3600 },
				time_zone: null,
				action: "warn",
				models: ["gemini/gemini-3*", "openai/gpt-6-luna"],
				providers: ["gemini"],
				operations: null,
				per_end_user: true,
			},
			{ id: expect.stringMatching(/^bud_/), ...rest, limit_usd: "4000000", window: "total", time_zone: null },
		]);
		const again = await admin("PATCH", `/keys/${id}`, { budgets: budgetsOf(shown) });
		expect(budgetsOf(again)).toEqual(budgetsOf(shown));
		expect(budgetsOf(await admin("GET", `/keys/${id}`))).toEqual(budgetsOf(shown));
	});

	test("are in force at the next request, exactly as written", async () => {
		const key = await issueKey({ budgets: [MONTH], limits: LIMITS });
		const before = await inForce(key);
		expect(before.budgets).toEqual([
			{
				id: expect.any(String),
				limit: 5_000_000_000,
				window: "month",
				timeZone: "Asia/Shanghai",
				owner: "key",
				action: "block",
				perEndUser: false,
			},
		]);
		expect(before.limits).toEqual({
			requestsPerMinute: 60,
			requestsPerDay: 1000,
			tokensPerMinute: 90_000,
			concurrentRequests: 4,
		});
		await admin("PATCH", `/keys/${key.id}`, { budgets: [{ ...MONTH, limit_usd: "7.123456789" }] });
		expect((await inForce(key)).budgets).toEqual([{ ...before.budgets[0], limit: 7_123_456_789 }]);
		await admin("PATCH", `/keys/${key.id}`, { budgets: null, limits: null });
		expect(await inForce(key)).toMatchObject({ budgets: [], limits: {} });
	});

	test("stay when a change does not mention them", async () => {
		const key = await issueKey({ budgets: [MONTH], limits: LIMITS });
		const renamed = await admin("PATCH", `/keys/${key.id}`, { name: "renamed" });
		expect(renamed.body).toMatchObject({ name: "renamed", limits: LIMITS, budgets: [{ limit_usd: "5" }] });
		await admin("POST", `/keys/${key.id}/rotate`, {});
		expect((await inForce(key)).budgets).toHaveLength(1);
	});

	test("keep their id with a new limit, and get a new one when they count another way", async () => {
		const { id } = await issueKey({ budgets: [MONTH, { limit_usd: 1, window: "day" }] });
		const [month, day] = budgetsOf(await admin("GET", `/keys/${id}`)).map((budget) => budget.id);
		const patch = async (...budgets: object[]) =>
			budgetsOf(await admin("PATCH", `/keys/${id}`, { budgets })).map((budget) => budget.id);
		expect(await patch({ limit_usd: 2, window: "day" }, { ...MONTH, id: month, limit_usd: 9 })).toEqual([day, month]);
		const [moved] = await patch({ ...MONTH, id: month, time_zone: "Europe/Oslo" });
		expect([month, day]).not.toContain(moved);
		// The very request again, whose first answer may have been lost.
		expect(await patch({ ...MONTH, id: month, time_zone: "Europe/Oslo" })).toEqual([moved]);
		const [each] = await patch({ ...MONTH, id: moved, time_zone: "Europe/Oslo", per_end_user: true });
		expect(each).not.toBe(moved);
	});

	test("changed by several at once end as one of them said, beside every other change", async () => {
		const { id } = await issueKey({ budgets: [MONTH] });
		const [before] = budgetsOf(await admin("GET", `/keys/${id}`));
		const answers = await Promise.all([
			...[1, 2, 3, 4].map((usd) => admin("PATCH", `/keys/${id}`, { budgets: [{ ...MONTH, limit_usd: usd }] })),
			admin("PATCH", `/keys/${id}`, { name: "one" }),
			admin("PATCH", `/keys/${id}`, { limits: { concurrent_requests: 2 } }),
		]);
		expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
		const after = await admin("GET", `/keys/${id}`);
		expect(after.body).toMatchObject({ name: "one", limits: { ...NO_LIMITS, concurrent_requests: 2 } });
		expect(budgetsOf(after)).toEqual([{ ...before, limit_usd: expect.stringMatching(/^[1-4]$/) }]);
	});
});

test("a budget may count some operations only, and is another one over others", async () => {
	const videos = { limit_usd: "0.01", window: "total", operations: ["videos", "embeddings"] };
	const { id, key } = await issueKey({ budgets: [videos] });
	const [first] = budgetsOf(await admin("GET", `/keys/${id}`));
	expect(first?.operations).toEqual(["videos", "embeddings"]);
	const post = (path: string, body: object) =>
		send(`http://gateway/v1/${path}`, {
			method: "POST",
			headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
			body: JSON.stringify(body),
		});
	const film = { model: "gemini/veo-3.1-fast-generate-preview", prompt: "A lighthouse", seconds: 4 };
	expect((await post("videos", film)).status).toBe(402);
	const question = { model: "deepseek/deepseek-flash", messages: [{ role: "user", content: "Hello" }] };
	expect((await post("chat/completions", question)).status).toBe(200);
	expect((await post("embeddings", { model: "openai/text-embedding-3-small", input: "Hello" })).status).toBe(200);
	const again = budgetsOf(await admin("PATCH", `/keys/${id}`, { budgets: [{ ...videos, limit_usd: "5" }] }));
	expect(again.map((one) => one.id)).toEqual([first?.id]);
	const other = budgetsOf(await admin("PATCH", `/keys/${id}`, { budgets: [{ ...videos, operations: ["chat"] }] }));
	expect(other.map((one) => one.id)).not.toEqual([first?.id]);
	const wrong = await admin("PATCH", `/keys/${id}`, { budgets: [{ ...videos, operations: ["dance"] }] });
	expect(errorOf(wrong).param).toBe("budgets[0].operations[0]");
});

test("limits change one by one, and null takes one or all of them away", async () => {
	const { id } = await issueKey({ limits: LIMITS });
	const path = `/keys/${id}`;
	expect((await admin("GET", path)).body.limits).toEqual(LIMITS);
	const changed = await admin("PATCH", path, { limits: { requests_per_minute: null, concurrent_requests: 9 } });
	expect(changed.body.limits).toEqual({ ...LIMITS, requests_per_minute: null, concurrent_requests: 9 });
	expect((await admin("PATCH", path, { limits: null })).body.limits).toEqual(NO_LIMITS);
});

describe("a team's budgets", () => {
	async function teamOf(fields: object, keys: number) {
		const team = String((await admin("POST", "/teams", { name: "a team", ...fields })).body.id);
		const issued = [];
		for (let count = 0; count < keys; count++) {
			const { body } = await admin("POST", "/keys", { team_id: team, name: `key ${count}`, budgets: [MONTH] });
			issued.push({ id: String(body.id), key: String(body.key) });
		}
		return { team, keys: issued };
	}

	const owners = ({ budgets }: KeyRegistration) => budgets.map(({ owner, limit }) => [owner, limit]);
	const OWN = ["key", 5_000_000_000];

	test("bind every key of the team, those made before and those made after", async () => {
		const { team, keys } = await teamOf({}, 7);
		for (const key of keys) expect(owners(await inForce(key))).toEqual([OWN]);
		const changed = await admin("PATCH", `/teams/${team}`, { budgets: [{ limit_usd: 20, window: "total" }] });
		expect(budgetsOf(changed)).toMatchObject([{ id: expect.stringMatching(/^bud_/), limit_usd: "20" }]);
		for (const key of keys) expect(owners(await inForce(key))).toEqual([OWN, ["team", 20_000_000_000]]);
		const later = await admin("POST", "/keys", { team_id: team, name: "later" });
		expect(owners(await inForce({ id: String(later.body.id), key: String(later.body.key) }))).toEqual([
			["team", 20_000_000_000],
		]);
		// What is the team's is not shown as the key's own, and so cannot be taken away there.
		expect(budgetsOf(await admin("GET", `/keys/${later.body.id}`))).toEqual([]);
		await admin("PATCH", `/teams/${team}`, { budgets: null });
		for (const key of keys) expect(owners(await inForce(key))).toEqual([OWN]);
	});

	test("may be given at once, and keep their ids", async () => {
		const { team, keys } = await teamOf({ budgets: [{ limit_usd: 20, window: "week" }] }, 1);
		const [created] = budgetsOf(await admin("GET", `/teams/${team}`));
		const [changed] = budgetsOf(
			await admin("PATCH", `/teams/${team}`, { budgets: [{ limit_usd: "1.5", window: "week" }] }),
		);
		expect(changed).toEqual({ ...created, limit_usd: "1.5" });
		expect((await inForce(keys[0] ?? { id: "", key: "" })).budgets[1]).toMatchObject({
			id: created?.id,
			owner: "team",
			limit: 1_500_000_000,
		});
	});

	test("leave a revoked key revoked", async () => {
		const { team, keys } = await teamOf({}, 2);
		const [first, second] = keys.map(({ id }) => id);
		await admin("DELETE", `/keys/${first}`);
		expect((await admin("PATCH", `/teams/${team}`, { budgets: [MONTH] })).status).toBe(200);
		expect((await listModels({ "x-api-key": keys[0]?.key ?? "" })).status).toBe(401);
		expect((await admin("GET", `/keys/${second}`)).body.status).toBe("active");
	});

	test("are told to all objects that answer even when one does not, and repeating brings the others up to date", async () => {
		const { team, keys } = await teamOf({}, 6);
		const [lost] = keys;
		for (const key of keys) await inForce(key);
		let running = 0;
		let most = 0;
		const namespace = {
			getByName: (name: string) => {
				const real = bindings.API_KEYS.getByName(name);
				return {
					configure: async (registration: KeyRegistration) => {
						most = Math.max(most, ++running);
						try {
							if (name === lost?.id) throw new Error("unreachable");
							return await real.configure(registration);
						} finally {
							running--;
						}
					},
				};
			},
		} as unknown as Env["API_KEYS"];
		const body = { budgets: [{ limit_usd: 3, window: "day" }] };
		const answer = await adminWith({ API_KEYS: namespace }, "PATCH", `/teams/${team}`, body);
		expect(answer.status).toBe(503);
		expect(errorOf(answer)).toMatchObject({ code: "key_change_unconfirmed" });
		expect(errorOf(answer).message).toContain("the objects of 1 of its keys");
		expect(most).toBeLessThanOrEqual(5);
		for (const key of keys.slice(1)) expect(owners(await inForce(key))).toHaveLength(2);

		const [recorded] = budgetsOf(await admin("GET", `/teams/${team}`));
		const [repeated] = budgetsOf(await admin("PATCH", `/teams/${team}`, body));
		expect(repeated).toEqual(recorded);
		for (const key of keys) expect(owners(await inForce(key))).toEqual([OWN, ["team", 3_000_000_000]]);
	});

	test("are told to the keys even when the team's own object does not answer", async () => {
		const { team, keys } = await teamOf({}, 1);
		const unreachable = {
			getByName: () => ({ configure: () => Promise.reject(new Error("unreachable")) }),
		} as unknown as Env["TEAMS"];
		const answer = await adminWith({ TEAMS: unreachable }, "PATCH", `/teams/${team}`, { budgets: [MONTH] });
		expect(answer.status).toBe(503);
		expect(errorOf(answer)).toMatchObject({ code: "key_change_unconfirmed" });
		expect(errorOf(answer).message).toContain("the team's object");
		expect(owners(await inForce(keys[0] ?? { id: "", key: "" }))).toEqual([OWN, ["team", 5_000_000_000]]);
		expect((await admin("PATCH", `/teams/${team}`, { budgets: [MONTH] })).status).toBe(200);
	});

	test("reach a key whose push was lost as soon as its edge copy is read", async () => {
		const { team, keys } = await teamOf({}, 1);
		const [key] = keys;
		if (key === undefined) throw new Error("no key");
		await inForce(key);
		const unreachable = {
			getByName: () => ({ configure: () => Promise.reject(new Error("unreachable")) }),
		} as unknown as Env["API_KEYS"];
		const answer = await adminWith({ API_KEYS: unreachable }, "PATCH", `/teams/${team}`, { budgets: [MONTH] });
		expect(answer.status).toBe(503);
		isolate.renew();
		expect(owners(await inForce(key))).toEqual([OWN, ["team", 5_000_000_000]]);
	});

	test("go with its limits: of two limits the lower one holds", async () => {
		const { team, keys } = await teamOf({ limits: { requests_per_minute: 10, tokens_per_minute: 500 } }, 1);
		const [key] = keys;
		if (key === undefined) throw new Error("no key");
		await admin("PATCH", `/keys/${key.id}`, { limits: { requests_per_minute: 20, concurrent_requests: 3 } });
		expect((await inForce(key)).limits).toEqual({
			requestsPerMinute: 10,
			tokensPerMinute: 500,
			concurrentRequests: 3,
		});
		const changed = await admin("PATCH", `/teams/${team}`, { limits: { requests_per_minute: 30 } });
		expect(changed.body.limits).toMatchObject({ requests_per_minute: 30, tokens_per_minute: 500 });
		expect((await inForce(key)).limits.requestsPerMinute).toBe(20);
	});

	test("changed by several at once keep every change", async () => {
		const { team, keys } = await teamOf({}, 1);
		const answers = await Promise.all([
			admin("PATCH", `/teams/${team}`, { budgets: [MONTH] }),
			admin("PATCH", `/teams/${team}`, { limits: { concurrent_requests: 2 } }),
			admin("PATCH", `/teams/${team}`, { name: "one" }),
		]);
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect((await admin("GET", `/teams/${team}`)).body).toMatchObject({
			name: "one",
			limits: { concurrent_requests: 2 },
			budgets: [{ limit_usd: "5" }],
		});
		expect(await inForce(keys[0] ?? { id: "", key: "" })).toMatchObject({
			limits: { concurrentRequests: 2 },
			budgets: [{ owner: "key" }, { owner: "team" }],
		});
	});
});

describe("a body that is wrong is a 400 that names the field", () => {
	const budget = (fields: object) => ({ budgets: [{ ...MONTH, ...fields }] });

	test.each<[object, string]>([
		[{ budgets: {} }, "budgets"],
		[{ budgets: "5" }, "budgets"],
		[{ budgets: [5] }, "budgets[0]"],
		[{ budgets: [{ window: "day" }] }, "budgets[0].limit_usd"],
		[{ budgets: [{ limit_usd: 1 }] }, "budgets[0].window"],
		[{ budgets: Array.from({ length: 21 }, () => MONTH) }, "budgets"],
		[budget({ limit_usd: -1 }), "budgets[0].limit_usd"],
		[budget({ limit_usd: "-0.1" }), "budgets[0].limit_usd"],
		[budget({ limit_usd: "5 USD" }), "budgets[0].limit_usd"],
		[budget({ limit_usd: "1e3" }), "budgets[0].limit_usd"],
		[budget({ limit_usd: "0.0000000001" }), "budgets[0].limit_usd"],
		[budget({ limit_usd: 1e-10 }), "budgets[0].limit_usd"],
		[budget({ limit_usd: "4000000.000000001" }), "budgets[0].limit_usd"],
		[budget({ limit_usd: 1e300 }), "budgets[0].limit_usd"],
		[budget({ limit_usd: null }), "budgets[0].limit_usd"],
		[budget({ limit_usd: true }), "budgets[0].limit_usd"],
		[budget({ window: "monthly" }), "budgets[0].window"],
		[budget({ window: "year" }), "budgets[0].window"],
		[budget({ window: {} }), "budgets[0].window.rolling_seconds"],
		[budget({ window: { rolling_seconds: 59 }, time_zone: null }), "budgets[0].window.rolling_seconds"],
		[budget({ window: { rolling_seconds: 90.5 }, time_zone: null }), "budgets[0].window.rolling_seconds"],
		[budget({ window: { rolling_seconds: 1e12 }, time_zone: null }), "budgets[0].window.rolling_seconds"],
		[budget({ window: { rolling_seconds: 60, days: 1 }, time_zone: null }), "budgets[0].window.days"],
		[budget({ window: { rolling_seconds: 60 } }), "budgets[0].time_zone"],
		[budget({ window: "total" }), "budgets[0].time_zone"],
		[budget({ time_zone: "Mars/Olympus" }), "budgets[0].time_zone"],
		[budget({ time_zone: "+08:00" }), "budgets[0].time_zone"],
		[budget({ time_zone: "" }), "budgets[0].time_zone"],
		[budget({ action: "ignore" }), "budgets[0].action"],
		[budget({ models: [] }), "budgets[0].models"],
		[budget({ models: ["gpt-6-luna"] }), "budgets[0].models[0]"],
		[budget({ models: ["openai/*/x"] }), "budgets[0].models[0]"],
		[budget({ providers: [7] }), "budgets[0].providers[0]"],
		[budget({ per_end_user: "yes" }), "budgets[0].per_end_user"],
		[budget({ name: "" }), "budgets[0].name"],
		[budget({ owner: "team" }), "budgets[0].owner"],
		[budget({ limit: 5 }), "budgets[0].limit"],
		[budget({ id: "bud_none" }), "budgets[0].id"],
		[{ limits: 5 }, "limits"],
		[{ limits: [] }, "limits"],
		[{ limits: { requests_per_minute: 0 } }, "limits.requests_per_minute"],
		[{ limits: { requests_per_day: 1.5 } }, "limits.requests_per_day"],
		[{ limits: { tokens_per_minute: "9" } }, "limits.tokens_per_minute"],
		[{ limits: { concurrent_requests: 1e9 } }, "limits.concurrent_requests"],
		[{ limits: { requests_per_hour: 1 } }, "limits.requests_per_hour"],
	])("%j", async (fields, param) => {
		const { id, teamId } = await shared;
		for (const answer of [
			await admin("POST", "/keys", { team_id: teamId, name: "x", ...fields }),
			await admin("PATCH", `/keys/${id}`, fields),
			await admin("POST", "/teams", { name: "x", ...fields }),
			await admin("PATCH", `/teams/${teamId}`, fields),
		]) {
			expect(answer.status, answer.text).toBe(400);
			expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", code: "invalid_request", param });
			expect(errorOf(answer).message).toMatch(/^\[gateway\] /);
		}
	});

	const shared = issueKey();

	test("a team's budget that would count end users apart", async () => {
		const { teamId } = await shared;
		const answer = await admin("PATCH", `/teams/${teamId}`, budget({ per_end_user: true }));
		expect(answer.status).toBe(400);
		expect(errorOf(answer).param).toBe("budgets[0].per_end_user");
	});

	test("an id that two entries name", async () => {
		const { id } = await issueKey({ budgets: [MONTH] });
		const [budget] = budgetsOf(await admin("GET", `/keys/${id}`));
		const answer = await admin("PATCH", `/keys/${id}`, { budgets: [budget, budget] });
		expect(answer.status).toBe(400);
		expect(errorOf(answer).param).toBe("budgets[1].id");
	});
});
