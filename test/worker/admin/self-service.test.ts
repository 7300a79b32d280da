// Self-service of keys: at once within a team's ceilings, else once a person approves; and when a key was last used.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ADMIN_TOKEN, type Answer, admin, errorOf, read } from "#test/worker/admin/admin-client";
import { send } from "#test/worker/gateway";

const CEILINGS = { max_keys: 2, max_budget_usd: "20", window: "month", max_days: 30 };

let team: string;
let member: string;
let person: string;

async function as(token: string, method: string, path: string, body?: object): Promise<Answer> {
	const answer = await send(`http://localhost/admin${path}`, {
		method,
		headers: { authorization: `Bearer ${token}` },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	return read(answer);
}

async function tokenOf(role: string, owner: string | null): Promise<string> {
	const made = await admin("POST", "/tokens", { name: role, role, teams: [team], owner_id: owner });
	return String(made.body.token);
}

const ask = (body: object = {}) => as(member, "POST", "/key-requests", { team_id: team, name: "my editor", ...body });
const requestOf = ({ body }: Answer) => body.request as Record<string, unknown>;
const keyOf = ({ body }: Answer) => body.api_key as Record<string, unknown> | null;

function works(key: unknown): Promise<number> {
	return send("http://localhost/v1/models", { headers: { authorization: `Bearer ${key}` } }).then(async (answer) => {
		await answer.body?.cancel();
		return answer.status;
	});
}

beforeEach(async () => {
	team = String((await admin("POST", "/teams", { name: "Search", self_service: CEILINGS })).body.id);
	person = `lin-${crypto.randomUUID()}`;
	member = await tokenOf("member", person);
});

describe("within a team's ceilings", () => {
	test("a member's key is made at once, its own, with the ceilings' budget and end, and on record", async () => {
		const answer = await ask();
		expect(answer.status).toBe(201);
		expect(requestOf(answer)).toMatchObject({ status: "granted", owner_id: person, budget_usd: "20", window: "month" });
		const key = keyOf(answer);
		expect(key).toMatchObject({ owner_id: person, team_id: team, budgets: [{ limit_usd: "20", window: "month" }] });
		const days = (Date.parse(String(key?.expires_at)) - Date.parse(String(key?.created_at))) / 86_400_000;
		expect(days).toBe(30);
		expect(await works(key?.key)).toBe(200);
		const { data } = (await admin("GET", `/audit?subject=${requestOf(answer).id}`)).body;
		expect(data).toMatchObject([{ action: "grant", who: expect.stringMatching(/^member \(tok_/) }]);
		expect(JSON.stringify((await as(member, "GET", "/key-requests")).body)).not.toContain(key?.key);
		expect((await as(member, "GET", "/own-teams")).body.data).toEqual([
			{ id: team, object: "own_team", name: "Search", self_service: CEILINGS, counted_keys: 1 },
		]);
	});

	test("a smaller budget is granted, and a larger one or another window waits", async () => {
		expect(keyOf(await ask({ budget_usd: "5" }))).toMatchObject({ budgets: [{ limit_usd: "5" }] });
		for (const beyond of [{ budget_usd: "20.01" }, { budget_usd: "1", window: "day" }]) {
			const answer = await ask(beyond);
			expect([requestOf(answer).status, keyOf(answer)]).toEqual(["waiting", null]);
		}
	});

	test("many who ask at once get no more than there may be", async () => {
		const answers = await Promise.all(Array.from({ length: 6 }, () => ask()));
		const statuses = answers.map((answer) => requestOf(answer).status).sort();
		expect(statuses).toEqual(["granted", "granted", "waiting", "waiting", "waiting", "waiting"]);
		expect((await as(member, "GET", "/keys")).body.data).toHaveLength(2);
	});

	test("a key that was revoked counts on, so that ending it buys no new budget", async () => {
		const first = keyOf(await ask());
		await ask();
		await as(member, "POST", `/keys/${first?.id}/revoke`);
		expect(requestOf(await ask()).status).toBe("waiting");
	});
});

describe("beyond them", () => {
	beforeEach(async () => {
		await admin("PATCH", `/teams/${team}`, { self_service: null });
	});

	test("a manager approves once, and the asker alone gets the key's text", async () => {
		const answer = await ask({ budget_usd: "7", reason: "a try" });
		const { id } = requestOf(answer);
		expect(requestOf(answer)).toMatchObject({ status: "waiting", reason: "a try", key_id: null });
		const manager = await tokenOf("team_manager", null);
		const listed = (await as(manager, "GET", "/key-requests?status=waiting")).body.data;
		expect(listed).toMatchObject([{ id }]);
		const decisions = await Promise.all([0, 1, 2].map(() => as(manager, "POST", `/key-requests/${id}/approve`)));
		expect(decisions.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
		const approved = decisions.find(({ status }) => status === 200);
		expect(approved?.body).toMatchObject({ status: "approved", decided_by: expect.stringContaining("team_manager") });
		expect(approved?.text).not.toContain("tg_live_");
		expect((await as(member, "GET", "/keys")).body.data).toMatchObject([
			{ id: approved?.body.key_id, name: "my editor", budgets: [{ limit_usd: "7" }] },
		]);
		const rotated = await as(member, "POST", `/keys/${approved?.body.key_id}/rotate`, { grace_seconds: 0 });
		expect(await works(rotated.body.key)).toBe(200);
	});

	test("a refusal says why, and is final", async () => {
		const { id } = requestOf(await ask());
		const refused = await admin("POST", `/key-requests/${id}/refuse`, { reason: "share the indexer's" });
		expect(refused.body).toMatchObject({ status: "refused", refusal: "share the indexer's", key_id: null });
		const late = await admin("POST", `/key-requests/${id}/approve`);
		expect([late.status, errorOf(late).code]).toEqual([409, "key_request_decided"]);
		expect((await as(member, "GET", "/keys")).body.data).toEqual([]);
	});

	test("no more than ten of a person's requests wait", async () => {
		const answers = await Promise.all(Array.from({ length: 12 }, () => ask()));
		expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
		expect(errorOf(answers.find(({ status }) => status !== 201) as Answer).code).toBe("key_requests_waiting");
	});
});

test("nobody asks in another's team, and the holder of a key asks for none", async () => {
	const other = (await admin("POST", "/teams", { name: "other", self_service: CEILINGS })).body.id;
	const answer = await ask({ team_id: other });
	expect([answer.status, errorOf(answer).param]).toEqual([400, "team_id"]);
	const key = (await admin("POST", "/keys", { team_id: team, name: "a key" })).body;
	const session = await send("https://gateway.example/admin/session", {
		method: "POST",
		headers: { "sec-fetch-site": "same-origin" },
		body: JSON.stringify({ token: key.key }),
	});
	const cookie = (session.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
	const asked = await send("https://gateway.example/admin/key-requests", {
		method: "POST",
		headers: { cookie, "sec-fetch-site": "same-origin" },
		body: JSON.stringify({ team_id: team, name: "more" }),
	}).then(read);
	expect([asked.status, errorOf(asked).code]).toEqual([403, "role_not_allowed"]);
});

test("a key says when it was last used, to the hour", async () => {
	const key = keyOf(await ask());
	expect(key?.last_used_at).toBeNull();
	const before = Math.floor(Date.now() / 3_600_000) * 3_600_000;
	const answer = await send("http://localhost/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${key?.key}` },
		body: JSON.stringify({ model: "openai/gpt-6-luna", messages: [{ role: "user", content: "Hi" }] }),
	});
	await answer.text();
	await vi.waitFor(async () => {
		// Reading the log has what is owed flushed.
		await as(ADMIN_TOKEN, "GET", "/requests?limit=1");
		const used = (await as(member, "GET", `/keys/${key?.id}`)).body.last_used_at;
		expect(Date.parse(String(used))).toBeGreaterThanOrEqual(before);
	});
});

test.each([
	["no key at all", { max_keys: 0 }],
	["no amount", { max_budget_usd: "much" }],
	["a window that is none", { window: "year" }],
])("ceilings with %s are refused", async (_, wrong) => {
	const answer = await admin("PATCH", `/teams/${team}`, { self_service: { ...CEILINGS, ...wrong } });
	expect(answer.status).toBe(400);
	expect(errorOf(answer).param).toMatch(/^self_service\./);
});
