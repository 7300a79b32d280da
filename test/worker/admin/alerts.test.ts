import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { chat } from "#test/worker/gateway";
import { admin, errorOf, issueKey } from "./admin-client";

const bindings = env as unknown as Env;
const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 3, 12, 10);
const HOUR = Date.UTC(2026, 10, 3, 12);

beforeEach(async () => {
	await bindings.DB.batch(
		["alert_rules", "alert_deliveries", "usage_hourly", "usage_daily", "circuit_transitions", "reconciliations"].map(
			(table) => bindings.DB.prepare(`DELETE FROM ${table}`),
		),
	);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const HOOK = { shape: "webhook", url: "https://hooks.example.com/secret-path" };

async function newAlert(when: object, send_to: object = HOOK): Promise<string> {
	const answer = await admin("POST", "/alerts", { name: "an alert", when, send_to });
	if (answer.status !== 201) throw new Error(answer.text);
	return String(answer.body.id);
}

/** Receives what is sent; answers with the statuses in turn, the last one for good. */
function receiver(...statuses: number[]) {
	const arrivals: { url: string; headers: Headers; body: { type: string; data: Record<string, unknown> } }[] = [];
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		arrivals.push({
			url: String(input),
			headers: new Headers(init?.headers),
			body: JSON.parse(String(init?.body)),
		});
		return new Response(null, { status: statuses[arrivals.length - 1] ?? statuses.at(-1) ?? 204 });
	});
	return arrivals;
}

interface DeliveryView {
	attempts: number;
	delivered_at: string | null;
	next_at: string | null;
	failure: string | null;
	incident: { summary: string };
}

async function deliveries(id: string): Promise<DeliveryView[]> {
	return (await admin("GET", `/alerts/${id}`)).body.deliveries as DeliveryView[];
}

/** A row of the roll-ups. */
function used(table: "usage_hourly" | "usage_daily", period: number, figures: Record<string, string | number>) {
	const row = { team_id: "team_1", key_id: "key_1", app: "", provider: "openai", model: "m", period, ...figures };
	const names = Object.keys(row);
	return bindings.DB.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => "?")})`)
		.bind(...Object.values(row))
		.run();
}

describe("a rule", () => {
	test("is shown without what its address keeps secret, and its signing secret once", async () => {
		const created = await admin("POST", "/alerts", {
			name: "spend",
			when: { type: "spend_jump" },
			send_to: HOOK,
		});
		expect(created.status).toBe(201);
		expect(created.body).toMatchObject({
			when: { type: "spend_jump", factor: 3, min_usd: "1", by: "gateway" },
			send_to: { shape: "webhook", origin: "https://hooks.example.com" },
		});
		expect(created.body.secret).toMatch(/^whsec_/);
		const shown = await admin("GET", `/alerts/${created.body.id}`);
		const listed = await admin("GET", "/alerts");
		const audit = await admin("GET", `/audit?subject=${created.body.id}`);
		const { results } = await bindings.DB.prepare("SELECT * FROM alert_rules").all();
		for (const text of [shown.text, listed.text, audit.text, JSON.stringify(results)]) {
			expect(text).not.toContain("secret-path");
			expect(text).not.toContain(String(created.body.secret));
		}
	});

	test.each(["budget", "circuit_opened", "error_share", "spend_jump", "reconciliation", "unpriced", "backlog"])(
		"of type %s is kept, and shown as it was",
		async (type) => {
			const id = await newAlert({ type });
			expect((await admin("GET", `/alerts/${id}`)).body).toMatchObject({ id, when: { type } });
		},
	);

	test("can be changed, also where it sends, and removed", async () => {
		const id = await newAlert({ type: "reconciliation" });
		const changed = await admin("PATCH", `/alerts/${id}`, { name: "other", when: { type: "budget" } });
		expect(changed.body).toMatchObject({ name: "other", when: { type: "budget", thresholds: [50, 80, 100] } });
		expect(changed.body).not.toHaveProperty("secret");
		const moved = await admin("PATCH", `/alerts/${id}`, {
			send_to: { shape: "slack", url: "https://chat.example.com/T/B/x" },
		});
		expect(moved.body).toMatchObject({ send_to: { shape: "slack", origin: "https://chat.example.com" }, secret: null });
		const arrivals = receiver(200);
		expect((await admin("POST", `/alerts/${id}/test`)).body).toMatchObject({ delivered: true, failure: null });
		expect(arrivals.map(({ url }) => url)).toEqual(["https://chat.example.com/T/B/x"]);
		expect((await admin("DELETE", `/alerts/${id}`)).status).toBe(200);
		expect((await admin("GET", `/alerts/${id}`)).status).toBe(404);
	});

	test.each([
		[{ when: { type: "nothing" } }, "when.type"],
		[{ when: { type: "budget", thresholds: [] } }, "when.thresholds"],
		[{ when: { type: "budget", colour: "red" } }, "when.colour"],
		[{ when: { type: "error_share", percent: 101 } }, "when.percent"],
		[{ when: { type: "spend_jump", min_usd: "-1" } }, "when.min_usd"],
		[{ send_to: { ...HOOK, shape: "fax" } }, "send_to.shape"],
		[{ send_to: { ...HOOK, url: "https://user:pass@hooks.example.com/" } }, "send_to.url"],
		[{ send_to: { ...HOOK, url: "file:///etc/passwd" } }, "send_to.url"],
		[{ send_to: { ...HOOK, secret: "short" } }, "send_to"],
		[{ send_to: { ...HOOK, shape: "slack", secret: "any" } }, "send_to"],
	])("%j is refused, naming the field", async (fields, param) => {
		const answer = await admin("POST", "/alerts", {
			name: "an alert",
			when: { type: "reconciliation" },
			send_to: HOOK,
			...fields,
		});
		expect(answer.status).toBe(400);
		expect(errorOf(answer).param).toBe(param);
	});
});

describe("what a rule asks for is told once", () => {
	test("a share of errors", async () => {
		const id = await newAlert({ type: "error_share", by: "provider" });
		await used("usage_hourly", HOUR, { provider: "openai", requests: 100, server_errors: 20 });
		await used("usage_hourly", HOUR, { provider: "gemini", requests: 100, server_errors: 19 });
		await used("usage_hourly", HOUR, { provider: "", requests: 100, server_errors: 100 });
		await used("usage_hourly", HOUR - HOUR_MS, { provider: "deepseek", requests: 50, server_errors: 50 });
		const arrivals = receiver(204);
		await runJobs(bindings, NOW);
		await runJobs(bindings, NOW + 60_000);
		expect(arrivals.map(({ body }) => body.data.subject).sort()).toEqual(["deepseek", "openai"]);
		expect(await deliveries(id)).toMatchObject([
			{ attempts: 1, next_at: null },
			{ attempts: 1, next_at: null },
		]);
	});

	test("a jump of spend, against the seven days before", async () => {
		await newAlert({ type: "spend_jump", by: "team" });
		const usual = 2_000_000_000;
		for (let day = 1; day <= 7; day++) {
			const period = Date.UTC(2026, 10, 3 - day);
			await used("usage_daily", period, { team_id: "team_usual", cost: 24 * usual });
			await used("usage_daily", period, { team_id: "team_jump", cost: 24 * usual });
		}
		await used("usage_daily", Date.UTC(2026, 9, 20), { team_id: "team_new", cost: 1e12 });
		await used("usage_hourly", HOUR, { team_id: "team_usual", cost: 3 * usual });
		await used("usage_hourly", HOUR, { team_id: "team_jump", cost: 3 * usual + 1 });
		await used("usage_hourly", HOUR, { team_id: "team_new", cost: 1_000_000_000 });
		await used("usage_hourly", HOUR, { team_id: "team_small", cost: 999_999_999 });
		const arrivals = receiver(204);
		await runJobs(bindings, NOW);
		expect(arrivals.map(({ body }) => body.data.subject).sort()).toEqual(["team_jump", "team_new"]);
	});

	test("a circuit that opened, and a difference in the books, since the rule exists", async () => {
		await newAlert({ type: "circuit_opened" });
		await newAlert({ type: "reconciliation" });
		const now = Date.now();
		const transition = (seq: number, at: number, to: string) =>
			bindings.DB.prepare(
				`INSERT INTO circuit_transitions (object, epoch, seq, item, at, provider, credential, model, from_state, to_state, reason)
				VALUES ('provider/openai', 1, ?, 0, ?, 'openai', 'env', NULL, 'closed', ?, '5 in a row')`,
			).bind(seq, at, to);
		const checked = (object: string, at: number, differs: number) =>
			bindings.DB.prepare(
				`INSERT INTO reconciliations (at, object, told_entries, told_cost, marked_entries, marked_cost, rolled_cost,
					logged_recent_cost, rolled_recent_cost, pending, unproven, differs) VALUES (?, ?, 1, 2, 1, 2, 1, 1, 1, 0, 0, ?)`,
			).bind(at, object, differs);
		await bindings.DB.batch([
			transition(1, now - 60_000, "open"),
			transition(2, now, "open"),
			transition(3, now, "half-open"),
			checked("key/key_1", now, 1),
			checked("key/key_2", now, 0),
		]);
		const arrivals = receiver(204);
		await runJobs(bindings, now);
		await runJobs(bindings, now);
		expect(arrivals.map(({ body }) => [body.type, body.data.provider ?? body.data.object]).sort()).toEqual([
			["alert.circuit_opened", "openai"],
			["alert.reconciliation", "key/key_1"],
		]);
	});

	test("usage that cannot be true, once for each model and hour", async () => {
		await newAlert({ type: "reconciliation" });
		const now = Date.now();
		const hour = now - (now % 3_600_000);
		const rolled = (keyId: string, model: string, period: number, implausible: number) =>
			bindings.DB.prepare(
				`INSERT INTO usage_hourly (period, team_id, key_id, app, provider, model, implausible, possible_overrun)
				VALUES (?, 'team_1', ?, '', 'deepseek', ?, ?, ?)`,
			).bind(period, keyId, model, implausible, implausible * 1e9);
		await bindings.DB.batch([
			rolled("key_1", "deepseek-flash", hour, 2),
			rolled("key_2", "deepseek-flash", hour, 1),
			rolled("key_2", "deepseek-pro", hour, 0),
			rolled("key_2", "deepseek-pro", hour - 2 * 3_600_000, 5),
		]);
		const arrivals = receiver(204);
		await runJobs(bindings, now);
		await runJobs(bindings, now);
		expect(arrivals.map(({ body }) => body)).toMatchObject([
			{
				type: "alert.reconciliation",
				data: { provider: "deepseek", model: "deepseek-flash", attempts: 3, possible_overrun_usd: "3" },
			},
		]);
	});

	test("models that were used without a known price, once for each and day", async () => {
		const answer = await admin("POST", "/providers", { name: "novel", preset: "groq", models: [] });
		expect(answer.status, answer.text).toBe(201);
		const { key, id } = await issueKey();
		await newAlert({ type: "unpriced" });
		for (const model of ["novel/acme-9", "novel/acme-9", "openai/gpt-4.1"]) {
			const body = { model, max_tokens: 16, messages: [{ role: "user", content: "Hi" }] };
			expect((await chat(body, { authorization: `Bearer ${key}` })).status).toBe(200);
		}
		await vi.waitFor(async () => {
			await bindings.API_KEYS.getByName(id).sweep();
			const { results } = await bindings.DB.prepare("SELECT model, unpriced, attempts FROM usage_hourly").all();
			expect(results).toContainEqual({ model: "acme-9", unpriced: 2, attempts: 2 });
		});
		const arrivals = receiver(204);
		const now = Date.now();
		await runJobs(bindings, now);
		await runJobs(bindings, now + 60_000);
		expect(arrivals.map(({ body }) => body)).toMatchObject([
			{ type: "alert.unpriced", data: { provider: "novel", model: "acme-9", attempts: 2, tokens: expect.any(Number) } },
		]);
		expect(arrivals[0]?.body.data.tokens).toBeGreaterThan(0);
	});

	test("a budget, as its object says it stands", async () => {
		const key = await issueKey({ budgets: [{ limit_usd: "0.0001", window: "total", name: "pocket money" }] });
		const other = await issueKey({ budgets: [{ limit_usd: "10", window: "total" }] });
		for (const { key: text } of [key, other]) {
			const body = { model: "openai/gpt-6-luna", max_tokens: 16, messages: [{ role: "user", content: "Hi" }] };
			await (await chat(body, { authorization: `Bearer ${text}` })).text();
		}
		await vi.waitFor(async () => {
			const { body } = await admin("GET", `/keys/${key.id}/budget`);
			expect((body.budgets as { settled_nano_usd: number }[])[0]?.settled_nano_usd).toBeGreaterThan(0);
		});
		const budget = (await admin("GET", `/keys/${key.id}/budget`)).body.budgets as { settled_nano_usd: number }[];
		const percent = (budget[0]?.settled_nano_usd ?? 0) / 1_000;
		await newAlert({ type: "budget", thresholds: [percent / 2, percent * 2].map((each) => Math.max(1, each)) });
		await newAlert({ type: "budget", thresholds: [1], key_id: other.id });
		for (const { id, teamId } of [key, other]) {
			await used("usage_hourly", HOUR, { team_id: teamId, key_id: id, requests: 1, cost: 1 });
		}
		const arrivals = receiver(204);
		await runJobs(bindings, NOW);
		await runJobs(bindings, NOW + 60_000);
		expect(arrivals.map(({ body }) => body.data)).toMatchObject([{ owner: key.id, limit_usd: "0.0001" }]);
	});
});

describe("a delivery", () => {
	beforeEach(async () => {
		await used("usage_hourly", HOUR, { requests: 100, server_errors: 100 });
	});

	test("is sent again later under the same id when it fails, until it is taken", async () => {
		const id = await newAlert({ type: "error_share" });
		const arrivals = receiver(500, 302, 204);
		await runJobs(bindings, NOW);
		expect(await deliveries(id)).toMatchObject([{ attempts: 1, delivered_at: null, failure: "answered 500" }]);
		await runJobs(bindings, NOW + 59_000);
		expect(arrivals).toHaveLength(1);
		await runJobs(bindings, NOW + 60_000);
		await runJobs(bindings, NOW + 180_000);
		await runJobs(bindings, NOW + 999_000);
		expect(arrivals).toHaveLength(3);
		expect(new Set(arrivals.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
		expect(await deliveries(id)).toMatchObject([{ attempts: 3, next_at: null, failure: null }]);
	});

	test("leaves the others alone when it cannot be made, and its failure quotes nothing", async () => {
		const silent = await newAlert({ type: "error_share" });
		const heard = await newAlert({ type: "error_share" }, { ...HOOK, url: "https://other.example.com/x" });
		vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
			if (String(input).includes("hooks")) throw new TypeError("could not reach https://hooks.example.com/secret-path");
			return new Response(null, { status: 204 });
		});
		await runJobs(bindings, NOW);
		expect(await deliveries(silent)).toMatchObject([{ failure: "TypeError", delivered_at: null }]);
		expect(await deliveries(heard)).toMatchObject([{ failure: null }]);
	});

	test("of two runs at once is made by one of them", async () => {
		await newAlert({ type: "error_share" });
		const arrivals = receiver(204);
		await Promise.all([runJobs(bindings, NOW), runJobs(bindings, NOW)]);
		expect(arrivals).toHaveLength(1);
	});

	test("of a disabled rule is not made", async () => {
		const id = await newAlert({ type: "error_share" });
		const arrivals = receiver(500);
		await runJobs(bindings, NOW);
		await admin("PATCH", `/alerts/${id}`, { disabled: true });
		await runJobs(bindings, NOW + 60_000);
		expect(arrivals).toHaveLength(1);
		expect(await deliveries(id)).toMatchObject([{ next_at: null, failure: "the rule is disabled" }]);
	});
});
