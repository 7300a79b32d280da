import { createExecutionContext, runDurableObjectAlarm, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BudgetChange } from "#core/budget/budget-status";
import type { SecretId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Reservation } from "#core/key-object/reservation";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { isolate } from "#simulator/isolate";
import { type Answer, admin, errorOf, type IssuedKey, issueKey, read } from "#test/worker/admin/admin-client";
import { ADMIN_TOKEN, send } from "#test/worker/gateway";

const bindings = env as unknown as Env;
const MODEL = { provider: "openai", model: "openai/gpt-6-luna", endUser: null };
const DOLLAR = 1_000_000_000;

beforeEach(() => isolate.renew());
afterEach(() => {
	vi.useRealTimers();
});

type Granted = Reservation & { outcome: "granted" };

/** Holds `amount` nano-dollars at the key's object, as the gateway would for one attempt. */
async function hold(key: IssuedKey, amount: number, endUser: string | null = null): Promise<Granted & { id: string }> {
	const { body } = await admin("GET", `/keys/${key.id}`);
	const [secret] = body.secrets as { id: SecretId }[];
	const version = await env.DB.prepare("SELECT version FROM api_keys WHERE id = ?")
		.bind(key.id)
		.first<number>("version");
	const id = crypto.randomUUID();
	const reservation = await bindings.API_KEYS.getByName(key.id).reserve({
		secretId: secret?.id ?? ("" as SecretId),
		version: version ?? 0,
		attemptId: id,
		scope: { ...MODEL, endUser },
		amount,
		atLeast: amount,
		tokens: 10,
		openMs: 60_000,
	});
	if (reservation.outcome !== "granted") throw new Error(JSON.stringify(reservation));
	return { ...reservation, id };
}

/** Spends `actual` nano-dollars of a hold of `amount`. */
async function spend(key: IssuedKey, amount: number, actual: number, endUser: string | null = null): Promise<void> {
	const { id, token } = await hold(key, amount, endUser);
	const item = { attemptId: id, token, actual, estimated: false, void: false, tokens: 10 };
	await bindings.API_KEYS.getByName(key.id).settle({ id: crypto.randomUUID(), sentAt: Date.now(), items: [item] });
}

type Shown = Record<string, unknown> & { id: string };

function budgetsOf(answer: Answer): Shown[] {
	if (answer.status !== 200) throw new Error(answer.text);
	return answer.body.budgets as Shown[];
}

/** The only budget that an answer shows. */
function budgetOf(answer: Answer): Shown {
	const [budget, ...others] = budgetsOf(answer);
	if (budget === undefined || others.length > 0) throw new Error(answer.text);
	return budget;
}

async function withHolder(key: IssuedKey): Promise<Answer> {
	return read(await send("http://localhost/v1/key", { headers: { "x-api-key": key.key } }));
}

async function adminWith(changed: Partial<Env>, method: string, path: string, body?: unknown): Promise<Answer> {
	const execution = createExecutionContext();
	const request = new Request(`http://localhost/admin${path}`, {
		method,
		headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	const answer = await read(await serve(request, { ...bindings, ...changed }, execution, newIsolateState()));
	await waitOnExecutionContext(execution);
	return answer;
}

const TOTAL = { limit_usd: "5.00", window: "total" };

describe("a key's budget", () => {
	test("stands whole before the first request", async () => {
		vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-02-10T20:00:00Z") });
		const key = await issueKey({ budgets: [{ limit_usd: "5.00", window: "month", time_zone: "Asia/Shanghai" }] });
		const answer = await admin("GET", `/keys/${key.id}/budget`);
		expect(answer.body).toMatchObject({ object: "key_budget", key_id: key.id, changes: [] });
		expect(budgetOf(answer)).toMatchObject({
			owner: "key",
			window: "month",
			time_zone: "Asia/Shanghai",
			limit_usd: "5",
			limit_nano_usd: 5 * DOLLAR,
			settled_usd: "0",
			settled_nano_usd: 0,
			reserved_nano_usd: 0,
			lent_nano_usd: 0,
			unproven_nano_usd: 0,
			overrun_nano_usd: 0,
			remaining_usd: "5",
			remaining_nano_usd: 5 * DOLLAR,
			resets_at: "2026-02-28T16:00:00.000Z",
		});
	});

	test("shows what was charged and what is held, to the nano-dollar, and the holder sees the same", async () => {
		const key = await issueKey({ budgets: [TOTAL], limits: { requests_per_minute: 60 }, models: ["openai/*"] });
		await spend(key, DOLLAR, 123_456_789);
		await hold(key, 1);
		const seen = await admin("GET", `/keys/${key.id}/budget`);
		expect(budgetOf(seen)).toMatchObject({
			limit_usd: "5",
			settled_usd: "0.123456789",
			settled_nano_usd: 123_456_789,
			reserved_usd: "0.000000001",
			reserved_nano_usd: 1,
			remaining_usd: "4.87654321",
			remaining_nano_usd: 4_876_543_210,
			unproven_usd: "0",
			overrun_usd: "0",
			resets_at: null,
		});
		expect(seen.body.limits).toMatchObject({ requests_per_minute: 60, tokens_per_minute: null });
		expect(seen.body.requests).toMatchObject({ limit: 60 });
		expect(seen.body.tokens).toBeNull();

		const own = await withHolder(key);
		expect(own.body).toMatchObject({
			object: "api_key",
			id: key.id,
			team_id: key.teamId,
			name: "a key",
			last4: key.key.slice(-4),
			models: ["openai/*"],
			providers: null,
			limits: seen.body.limits,
		});
		expect(budgetsOf(own)).toEqual(budgetsOf(seen));
		expect(own.text).not.toContain(key.key.slice(8, -4));
	});

	test("shows what a provider charged beyond the hold", async () => {
		const key = await issueKey({ budgets: [TOTAL] });
		await spend(key, DOLLAR, 3 * DOLLAR);
		expect(budgetOf(await admin("GET", `/keys/${key.id}/budget`))).toMatchObject({
			settled_usd: "1",
			overrun_usd: "2",
			remaining_usd: "2",
		});
	});

	test("keeps what was counted when its limit changes, and starts anew when it counts another way", async () => {
		const key = await issueKey({ budgets: [TOTAL] });
		await spend(key, DOLLAR, DOLLAR);
		await admin("PATCH", `/keys/${key.id}`, { budgets: [{ ...TOTAL, limit_usd: 2 }] });
		expect(budgetOf(await withHolder(key))).toMatchObject({ settled_usd: "1", remaining_usd: "1" });
		await expect(hold(key, DOLLAR + 1)).rejects.toThrow("exhausted");
		await admin("PATCH", `/keys/${key.id}`, { budgets: [{ ...TOTAL, limit_usd: "0.5" }] });
		expect(budgetOf(await withHolder(key))).toMatchObject({ settled_usd: "1", remaining_usd: "0" });
		await expect(hold(key, 1)).rejects.toThrow("exhausted");
		await admin("PATCH", `/keys/${key.id}`, { budgets: [{ limit_usd: 2, window: "week" }] });
		expect(budgetOf(await withHolder(key))).toMatchObject({ settled_usd: "0", remaining_usd: "2" });
	});
});

describe("an adjustment", () => {
	async function budgetOfNewKey(budgets: object[] = [TOTAL]) {
		const key = await issueKey({ budgets });
		const { id } = budgetOf(await admin("GET", `/keys/${key.id}/budget`));
		return { key, path: `/keys/${key.id}/budget`, adjust: `/keys/${key.id}/budget/${id}/adjust`, id };
	}

	test("adds to what remains, or takes from it, and stays on record with its reason", async () => {
		const { path, adjust, id } = await budgetOfNewKey();
		const added = await admin("POST", adjust, { amount_usd: "2.50", reason: "  a launch " });
		expect(added.status).toBe(201);
		expect(added.body).toEqual({
			id: expect.stringMatching(/^chg_/),
			object: "budget_change",
			budget_id: id,
			end_user: null,
			kind: "adjustment",
			amount_usd: "2.5",
			amount_nano_usd: 2_500_000_000,
			reason: "a launch",
			who: "admin",
			created_at: expect.any(String),
			confirmed_at: expect.any(String),
		});
		expect(budgetOf(await admin("GET", path))).toMatchObject({ limit_usd: "7.5", remaining_usd: "7.5" });
		const cut = await admin("POST", adjust, { amount_usd: -7, reason: "over" });
		const after = await admin("GET", path);
		expect(budgetOf(after)).toMatchObject({ limit_usd: "0.5", remaining_usd: "0.5" });
		expect(budgetOf(await admin("GET", path.replace("/budget", "")))).toMatchObject({ limit_usd: "5" });
		expect(after.body.changes).toEqual(expect.arrayContaining([cut.body, added.body]));
	});

	test("is in force at the next request", async () => {
		const { key, adjust } = await budgetOfNewKey([{ ...TOTAL, limit_usd: 0 }]);
		await expect(hold(key, 1)).rejects.toThrow("exhausted");
		await admin("POST", adjust, { amount_usd: 1, reason: "a start" });
		await spend(key, DOLLAR, DOLLAR);
		await expect(hold(key, 1)).rejects.toThrow("exhausted");
	});

	test("with an id counts once, however often and by however many it is sent", async () => {
		const { path, adjust } = await budgetOfNewKey();
		const body = { id: `once-${crypto.randomUUID()}`, amount_usd: 1, reason: "once" };
		const answers = await Promise.all([1, 2, 3].map(() => admin("POST", adjust, body)));
		answers.push(await admin("POST", adjust, body));
		expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
		const after = await admin("GET", path);
		expect(budgetOf(after)).toMatchObject({ remaining_usd: "6" });
		expect(after.body.changes).toHaveLength(1);
		for (const other of [
			{ ...body, amount_usd: 2 },
			{ ...body, reason: "twice" },
		]) {
			const answer = await admin("POST", adjust, other);
			expect(answer.status).toBe(409);
			expect(errorOf(answer).code).toBe("budget_change_exists");
		}
		const elsewhere = await budgetOfNewKey();
		expect((await admin("POST", elsewhere.adjust, body)).status).toBe(409);
		expect(budgetOf(await admin("GET", path))).toMatchObject({ remaining_usd: "6" });
	});

	test("whose answer was lost says so, and is made certain by repeating it", async () => {
		const { key, path, adjust } = await budgetOfNewKey();
		const after = (real: boolean) =>
			({
				getByName: (name: string) => {
					const stub = bindings.API_KEYS.getByName(name);
					return {
						configure: async (registration: KeyRegistration) => await stub.configure(registration),
						adjust: async (change: BudgetChange) => {
							if (real) await stub.adjust(change);
							throw new Error("the answer was lost");
						},
					};
				},
			}) as unknown as Env["API_KEYS"];
		for (const applied of [true, false]) {
			const body = { amount_usd: 1, reason: "lost" };
			const lost = await adminWith({ API_KEYS: after(applied) }, "POST", adjust, body);
			expect(lost.status).toBe(503);
			expect(errorOf(lost).code).toBe("budget_change_unconfirmed");
			const { id } = errorOf(lost).metadata as { id: string };
			expect((await admin("GET", path)).body.changes).toContainEqual(
				expect.objectContaining({ id, confirmed_at: null }),
			);
			const repeated = await admin("POST", adjust, { ...body, id });
			expect(repeated.body).toMatchObject({ id, confirmed_at: expect.any(String) });
		}
		expect(budgetOf(await withHolder(key))).toMatchObject({ remaining_usd: "7" });
	});

	test("of one end user leaves the others as they were", async () => {
		const { key, adjust } = await budgetOfNewKey([{ ...TOTAL, limit_usd: 1, per_end_user: true }]);
		await spend(key, DOLLAR, DOLLAR, "ada");
		await spend(key, DOLLAR, DOLLAR, "bob");
		await admin("POST", adjust, { amount_usd: 1, reason: "more", end_user: "ada" });
		await spend(key, DOLLAR, DOLLAR, "ada");
		await expect(hold(key, 1, "bob")).rejects.toThrow("exhausted");
		for (const [body, budget] of [
			[{ amount_usd: 1, reason: "x" }, adjust],
			[{ amount_usd: 1, reason: "x", end_user: "ada" }, (await budgetOfNewKey()).adjust],
		] as const) {
			const answer = await admin("POST", budget, body);
			expect(answer.status).toBe(400);
			expect(errorOf(answer).param).toBe("end_user");
		}
	});

	test.each<[object, string]>([
		[{ reason: "x" }, "amount_usd"],
		[{ amount_usd: 0, reason: "x" }, "amount_usd"],
		[{ amount_usd: "much", reason: "x" }, "amount_usd"],
		[{ amount_usd: 4_000_001, reason: "x" }, "amount_usd"],
		[{ amount_usd: -4_000_001, reason: "x" }, "amount_usd"],
		[{ amount_usd: 1 }, "reason"],
		[{ amount_usd: 1, reason: " " }, "reason"],
		[{ amount_usd: 1, reason: "x", who: "me" }, "who"],
		[{ amount_usd: 1, reason: "x", id: "a b" }, "id"],
	])("of %j is a 400 that names the field", async (body, param) => {
		for (const path of ["/keys/key_x/budget/x/adjust", "/keys/key_x/budget/x/write-off", "/teams/t/budget/x/adjust"]) {
			const answer = await admin("POST", path, body);
			expect(answer.status).toBe(400);
			expect(errorOf(answer).param).toBe(param);
		}
	});
});

describe("a write-off", () => {
	test("takes back what nothing proved, no more, and once", async () => {
		const key = await issueKey({ budgets: [TOTAL] });
		const now = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now });
		await hold(key, 2 * DOLLAR);
		vi.setSystemTime(now + 3_600_000);
		await runDurableObjectAlarm(bindings.API_KEYS.getByName(key.id));
		const path = `/keys/${key.id}/budget`;
		const lost = budgetOf(await admin("GET", path));
		expect(lost).toMatchObject({ unproven_usd: "2", reserved_usd: "0", remaining_usd: "3" });
		const writeOff = `${path}/${lost.id}/write-off`;

		const more = await admin("POST", writeOff, { amount_usd: "2.000000001", reason: "lost" });
		expect(more.status).toBe(409);
		expect(errorOf(more)).toMatchObject({ code: "budget_change_refused", param: "amount_usd" });
		expect(errorOf(more).message).toContain("only 2 USD");
		expect((await admin("POST", writeOff, { amount_usd: -1, reason: "lost" })).status).toBe(400);
		expect((await admin("GET", path)).body.changes).toEqual([]);

		const body = { id: `off-${crypto.randomUUID()}`, amount_usd: 2, reason: "lost" };
		expect((await admin("POST", writeOff, body)).body).toMatchObject({ kind: "write-off", amount_usd: "2" });
		expect((await admin("POST", writeOff, body)).status).toBe(201);
		const after = await admin("GET", path);
		expect(budgetOf(after)).toMatchObject({ unproven_usd: "0", remaining_usd: "5" });
		expect(after.body.changes).toHaveLength(1);
	});
});

describe("a team's budget", () => {
	async function teamOfTwo() {
		const team = String((await admin("POST", "/teams", { name: "t", budgets: [TOTAL] })).body.id);
		const keys = [];
		for (const name of ["one", "two"]) {
			const { body } = await admin("POST", "/keys", { team_id: team, name });
			keys.push({ id: String(body.id), key: String(body.key), teamId: team });
		}
		const [one, two] = keys;
		if (one === undefined || two === undefined) throw new Error("no keys");
		return { team, one, two };
	}

	test("shows what its keys were lent and what they spent", async () => {
		const { team, one, two } = await teamOfTwo();
		expect(budgetOf(await admin("GET", `/teams/${team}/budget`))).toMatchObject({
			owner: "team",
			limit_usd: "5",
			settled_usd: "0",
			lent_usd: "0",
			remaining_usd: "5",
			resets_at: null,
			keys: [],
		});
		await spend(one, DOLLAR, DOLLAR);
		await spend(two, 2 * DOLLAR, 2 * DOLLAR);
		const seen = budgetOf(await admin("GET", `/teams/${team}/budget`));
		expect(seen.settled_usd).toBe("3");
		expect(Date.parse(String(seen.as_of))).toBeGreaterThan(0);
		expect(Number(seen.lent_nano_usd)).toBeGreaterThanOrEqual(3 * DOLLAR);
		expect(Number(seen.lent_nano_usd) + Number(seen.remaining_nano_usd)).toBe(5 * DOLLAR);
		expect((seen.keys as { key_id: string }[]).map(({ key_id }) => key_id).toSorted()).toEqual(
			[one.id, two.id].toSorted(),
		);
		const own = budgetOf(await withHolder(one));
		expect(own).toMatchObject({ owner: "team", id: seen.id, limit_usd: "5", settled_usd: "1" });
		expect(Number(own.lent_nano_usd)).toBeGreaterThanOrEqual(DOLLAR);
	});

	test("is adjusted at the team, for all its keys, and not at a key", async () => {
		const { team, one, two } = await teamOfTwo();
		const { id } = budgetOf(await admin("GET", `/teams/${team}/budget`));
		const refused = await admin("POST", `/keys/${one.id}/budget/${id}/adjust`, { amount_usd: 1, reason: "x" });
		expect(refused.status).toBe(409);
		expect(errorOf(refused).code).toBe("budget_of_team");
		await spend(one, 5 * DOLLAR, 5 * DOLLAR);
		await expect(hold(two, DOLLAR)).rejects.toThrow("exhausted");
		const body = { id: `team-${crypto.randomUUID()}`, amount_usd: 1, reason: "x" };
		expect((await admin("POST", `/teams/${team}/budget/${id}/adjust`, body)).status).toBe(201);
		expect((await admin("POST", `/teams/${team}/budget/${id}/adjust`, body)).status).toBe(201);
		await spend(two, DOLLAR, DOLLAR);
		await expect(hold(two, DOLLAR)).rejects.toThrow("exhausted");
		const seen = await admin("GET", `/teams/${team}/budget`);
		expect(seen.body.changes).toHaveLength(1);
	});

	test("holds with its new limit at the next request of each key", async () => {
		const { team, one, two } = await teamOfTwo();
		await spend(one, DOLLAR, DOLLAR);
		await admin("PATCH", `/teams/${team}`, { budgets: [{ ...TOTAL, limit_usd: 1 }] });
		for (const key of [one, two]) await expect(hold(key, DOLLAR)).rejects.toThrow("exhausted");
		await admin("PATCH", `/teams/${team}`, { budgets: [{ ...TOTAL, limit_usd: 3 }] });
		await spend(two, DOLLAR, DOLLAR);
		await admin("PATCH", `/teams/${team}`, { budgets: null });
		for (const key of [one, two]) await spend(key, 100 * DOLLAR, DOLLAR);
		expect(budgetsOf(await withHolder(one))).toEqual([]);
	});
});

test("a key, a team or a budget that does not exist is a 404", async () => {
	const key = await issueKey({ budgets: [TOTAL] });
	const change = { amount_usd: 1, reason: "x" };
	for (const [method, path, body, code] of [
		["GET", "/keys/key_x/budget", undefined, "key_not_found"],
		["GET", "/teams/team_x/budget", undefined, "team_not_found"],
		["POST", "/keys/key_x/budget/bud_x/adjust", change, "key_not_found"],
		["POST", "/keys/key_x/budget/bud_x/write-off", change, "key_not_found"],
		["POST", "/teams/team_x/budget/bud_x/adjust", change, "team_not_found"],
		["POST", `/keys/${key.id}/budget/bud_x/adjust`, change, "budget_not_found"],
		["POST", `/keys/${key.id}/budget/bud_x/write-off`, change, "budget_not_found"],
		["POST", `/teams/${key.teamId}/budget/bud_x/adjust`, change, "budget_not_found"],
	] as const) {
		const answer = await admin(method, path, body);
		expect(answer.status).toBe(404);
		expect(errorOf(answer).code).toBe(code);
	}
});

test("objects that do not answer are a 503 that asks to try again", async () => {
	const key = await issueKey({ budgets: [TOTAL] });
	const down = { getByName: () => ({ configure: () => Promise.reject(new Error("down")) }) };
	const env = { API_KEYS: down as unknown as Env["API_KEYS"], TEAMS: down as unknown as Env["TEAMS"] };
	for (const path of [`/keys/${key.id}/budget`, `/teams/${key.teamId}/budget`]) {
		const answer = await adminWith(env, "GET", path);
		expect(answer.status).toBe(503);
		expect(errorOf(answer).code).toBe("budget_unavailable");
		expect(answer.headers.get("retry-after")).toBe("1");
	}
});
