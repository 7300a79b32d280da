import { afterEach, expect, test, vi } from "vitest";
import { ADMIN_TOKEN, admin, issueKey } from "#test/worker/admin/admin-client";
import { chat, DEMO_KEY, failure, fault, send, user } from "#test/worker/gateway";

afterEach(() => fault());

const scrape = (token: string) => send("http://localhost/metrics", { headers: { authorization: `Bearer ${token}` } });

test("metrics need the admin token", async () => {
	expect((await failure(scrape(DEMO_KEY))).status).toBe(401);
	expect((await failure(send("http://localhost/metrics"))).status).toBe(401);
});

test("metrics say what was served, what failed, how budgets stand and which circuits are not closed", async () => {
	const { id, key, teamId } = await issueKey({ budgets: [{ limit_usd: "5", window: "total" }] });
	const headers = { authorization: `Bearer ${key}` };
	const ask = async (model: string) => (await chat({ model, messages: user("Hi") }, headers)).text();
	for (let count = 0; count < 3; count++) await ask("deepseek/deepseek-flash");
	await fault({ provider: "gemini", fault: "error", status: 500 });
	await ask("gemini/gemini-3.1-flash-lite");
	await admin("POST", "/circuits/openrouter/force", { state: "open", ttl_seconds: 60, reason: "a try" });
	// The books are asked for, so that they are in the database.
	await vi.waitFor(async () => {
		const { body } = await admin("GET", `/usage?team_id=${teamId}`);
		expect((body.data as { requests: number }[])[0]?.requests).toBe(4);
	});
	const answer = await scrape(ADMIN_TOKEN);
	expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
	const text = await answer.text();
	const value = (name: string) => {
		const line = text.split("\n").find((each) => each.startsWith(`${name} `));
		if (line === undefined) throw new Error(`there is no ${name} in\n${text}`);
		return Number(line.slice(name.length + 1));
	};
	const deepseek = 'provider="deepseek",model="deepseek-flash"';
	expect(value(`tollgate_requests_total{${deepseek},outcome="ok"}`)).toBe(3);
	expect(value(`tollgate_request_duration_seconds_count{${deepseek}}`)).toBe(3);
	expect(value(`tollgate_cost_usd_total{${deepseek}}`)).toBeGreaterThan(0);
	expect(value('tollgate_requests_total{provider="gemini",model="gemini-3.1-flash-lite",outcome="server_error"}')).toBe(
		1,
	);
	const budget = ((await admin("GET", `/keys/${id}`)).body.budgets as { id: string }[])[0]?.id;
	expect(value(`tollgate_budget_limit_usd{owner="${id}",budget="${budget}"}`)).toBe(5);
	expect(value(`tollgate_budget_used_usd{owner="${id}",budget="${budget}"}`)).toBeGreaterThan(0);
	expect(text).toMatch(/tollgate_circuit_not_closed\{provider="openrouter",[^}]*state="open"\} 1/);
	expect(value("tollgate_outbox_objects")).toBeGreaterThanOrEqual(1);
	expect(text).not.toContain(key);
});
