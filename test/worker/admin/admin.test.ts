import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { ADMIN_TOKEN, send } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, listModels, read } from "./admin-client";

let teamId = "";

beforeAll(async () => {
	teamId = String((await admin("POST", "/teams", { name: "The team" })).body.id);
});

function ids(answer: Answer): string[] {
	return (answer.body.data as { id: string }[]).map(({ id }) => id);
}

/** The models that a key may use, those behind `auto` too. */
async function modelsOf(key: string): Promise<string[]> {
	const { data } = (await listModels({ "x-api-key": key })).body as { data: { id: string; models?: string[] }[] };
	return data.flatMap(({ id, models }) => models ?? [id]);
}

/** Reads a list page by page, in pages of `limit`. */
async function allPages(path: string, limit: number): Promise<string[]> {
	const all: string[] = [];
	let after = "";
	for (;;) {
		const page = await admin("GET", `${path}${path.includes("?") ? "&" : "?"}limit=${limit}${after}`);
		expect(page.status).toBe(200);
		expect(page.body.object).toBe("list");
		all.push(...ids(page));
		expect(page.body.has_more).toBe(page.body.next !== null);
		if (page.body.next === null) return all;
		after = `&after=${page.body.next}`;
	}
}

describe("teams", () => {
	test("are created, shown, changed and listed, newest first", async () => {
		const created = await admin("POST", "/teams", { name: "  Research ", metadata: { cost_centre: "42" } });
		expect(created.status).toBe(201);
		expect(created.body).toMatchObject({ object: "team", name: "Research", metadata: { cost_centre: "42" } });
		const path = `/teams/${created.body.id}`;
		expect((await admin("GET", path)).body).toEqual(created.body);

		const changed = await admin("PATCH", path, { name: "Development" });
		expect(changed.body).toMatchObject({ name: "Development", metadata: { cost_centre: "42" } });
		const cleared = await admin("PATCH", path, { metadata: null });
		expect(cleared.body).toMatchObject({ name: "Development", metadata: {} });
		expect((await admin("GET", path)).body).toEqual(cleared.body);

		const listed = (await allPages("/teams", 1)).filter((id) => id !== "team_demo");
		expect(listed[0]).toBe(created.body.id);
		expect(listed).toContain(teamId);
		expect(listed.toSorted().toReversed()).toEqual(listed);
	});

	test("are a 404 when they do not exist", async () => {
		for (const answer of [await admin("GET", "/teams/team_x"), await admin("PATCH", "/teams/team_x", { name: "x" })]) {
			expect(answer.status).toBe(404);
			expect(errorOf(answer).code).toBe("team_not_found");
		}
	});
});

describe("keys", () => {
	const POLICY = {
		models: ["openai/gpt-5*", "gpt-6-luna"],
		providers: ["openai", "deepseek"],
		expires_at: "2099-01-31T12:00:00.000Z",
		regions: ["eu"],
		ip_ranges: ["192.0.2.0/24", "2001:db8::1"],
		vendor_state: true,
		stored_responses: true,
		vendor_tools: ["web_search"],
		cache_prompts: true,
		native_ceiling_usd: "0.05",
	};

	test("are created with everything that a policy says, and show their text once", async () => {
		const created = await admin("POST", "/keys", { team_id: teamId, name: "ci", metadata: { app: "ci" }, ...POLICY });
		expect(created.status).toBe(201);
		const { key, ...shown } = created.body;
		expect(key).toMatch(/^tg_live_[0-9A-Za-z]{49}$/);
		expect(shown).toMatchObject({
			object: "api_key",
			team_id: teamId,
			name: "ci",
			status: "active",
			prefix: "tg_live_",
			last4: String(key).slice(-4),
			...POLICY,
			metadata: { app: "ci" },
			revoked_at: null,
		});
		const later = await admin("GET", `/keys/${created.body.id}`);
		expect(later.body).toEqual(shown);
		const list = await admin("GET", `/keys?team_id=${teamId}`);
		for (const { text } of [later, list]) {
			expect(text).not.toContain(String(key).slice(8, -4));
			expect(text).not.toMatch(/[0-9a-f]{64}/);
			expect(text).not.toContain("digest");
		}
	});

	test("need no policy: null everywhere means no limit", async () => {
		const nothing = {
			models: null,
			providers: null,
			regions: null,
			expires_at: null,
			ip_ranges: null,
			metadata: null,
			native_ceiling_usd: null,
		};
		const created = await admin("POST", "/keys", { team_id: teamId, name: "free", ...nothing });
		expect(created.body).toMatchObject({ ...nothing, metadata: {}, vendor_state: false, vendor_tools: [] });
		expect((await listModels({ "x-api-key": String(created.body.key) })).status).toBe(200);
	});

	test("change field by field; null takes a limit away; what is not mentioned stays", async () => {
		const { id } = await issueKey({ ...POLICY, metadata: { app: "ci" } });
		const path = `/keys/${id}`;
		expect((await admin("PATCH", path, { name: "renamed" })).body).toMatchObject({ ...POLICY, name: "renamed" });
		expect((await admin("PATCH", path, { models: null, ip_ranges: ["10.0.0.0/8"] })).body).toMatchObject({
			...POLICY,
			models: null,
			ip_ranges: ["10.0.0.0/8"],
		});
		const cleared = await admin("PATCH", path, { providers: null, expires_at: null, ip_ranges: null, metadata: null });
		expect(cleared.body).toMatchObject({
			models: null,
			providers: null,
			expires_at: null,
			ip_ranges: null,
			metadata: {},
		});
		expect((await admin("GET", path)).body).toEqual(cleared.body);
	});

	test("limit what their holder sees of the models", async () => {
		const { key } = await issueKey({ models: ["google/gemini-3*"], providers: ["Google"] });
		const models = await modelsOf(key);
		expect(models.length).toBeGreaterThan(0);
		expect(models.every((id) => id.startsWith("gemini/gemini-3"))).toBe(true);
	});

	test("name providers by their own names, whatever alias the admin wrote", async () => {
		const { id } = await issueKey({
			models: ["cloudflare/@cf/*", "google/*", "Pro/deepseek*", "x"],
			providers: ["Google", "Cloudflare", "open*"],
		});
		expect((await admin("GET", `/keys/${id}`)).body).toMatchObject({
			models: ["workers-ai/@cf/*", "gemini/*", "Pro/deepseek*", "x"],
			providers: ["gemini", "workers-ai", "open*"],
		});
	});

	test("are listed by team and page by page, newest first", async () => {
		const own = String((await admin("POST", "/teams", { name: "lister" })).body.id);
		const created: string[] = [];
		for (let index = 0; index < 5; index++) {
			created.push(String((await admin("POST", "/keys", { team_id: own, name: `key ${index}` })).body.id));
		}
		const listed = await allPages(`/keys?team_id=${own}`, 2);
		expect(listed.toSorted()).toEqual(created.toSorted());
		expect(listed.toSorted().toReversed()).toEqual(listed);
		expect(await allPages("/keys", 3)).toEqual(expect.arrayContaining(created));
		expect(ids(await admin("GET", "/keys?team_id=team_none"))).toEqual([]);
	});

	test("created at the same time are all different and all work", async () => {
		const answers = await Promise.all(
			Array.from({ length: 25 }, (_, index) => admin("POST", "/keys", { team_id: teamId, name: `parallel ${index}` })),
		);
		expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
		expect(new Set(answers.map(({ body }) => body.id)).size).toBe(25);
		expect(new Set(answers.map(({ body }) => body.key)).size).toBe(25);
		const used = await Promise.all(answers.map(({ body }) => listModels({ "x-api-key": String(body.key) })));
		expect(used.map(({ status }) => status)).toEqual(used.map(() => 200));
	});

	test("changed by several at once keep every change, and the last version is in force", async () => {
		const { id, key } = await issueKey();
		await Promise.all([
			admin("PATCH", `/keys/${id}`, { name: "one" }),
			admin("PATCH", `/keys/${id}`, { models: ["deepseek/*"] }),
			admin("PATCH", `/keys/${id}`, { metadata: { a: "b" } }),
			admin("PATCH", `/keys/${id}`, { expires_at: "2099-01-01T00:00:00Z" }),
		]);
		expect((await admin("GET", `/keys/${id}`)).body).toMatchObject({
			name: "one",
			models: ["deepseek/*"],
			metadata: { a: "b" },
			expires_at: "2099-01-01T00:00:00.000Z",
		});
		expect((await modelsOf(key)).every((id) => id.startsWith("deepseek/"))).toBe(true);
	});

	test.each([
		["DELETE", ""],
		["POST", "/revoke"],
	])("are revoked by %s %s for good, as often as one likes", async (method, suffix) => {
		const { id, key } = await issueKey();
		const revoked = await admin(method, `/keys/${id}${suffix}`);
		expect(revoked.status).toBe(200);
		expect(revoked.body).toMatchObject({ id, status: "revoked" });
		expect(revoked.body.revoked_at).not.toBeNull();
		const again = await admin(method, `/keys/${id}${suffix}`);
		expect(again.status).toBe(200);
		expect(again.body.revoked_at).toBe(revoked.body.revoked_at);
		for (const change of [
			await admin("PATCH", `/keys/${id}`, { expires_at: null }),
			await admin("POST", `/keys/${id}/rotate`, { grace_seconds: 0 }),
		]) {
			expect(change.status).toBe(409);
			expect(errorOf(change).code).toBe("key_revoked");
		}
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
		const secrets = await env.DB.prepare("SELECT count(*) AS n FROM api_key_secrets WHERE key_id = ?")
			.bind(id)
			.first("n");
		expect(secrets).toBe(1);
	});

	test("say so when they have expired, and can be given more time", async () => {
		const { id, key } = await issueKey({ expires_at: "2020-01-01T00:00:00Z" });
		expect((await admin("GET", `/keys/${id}`)).body.status).toBe("expired");
		await admin("PATCH", `/keys/${id}`, { expires_at: "2099-01-01T01:00:00+02:00" });
		expect((await admin("GET", `/keys/${id}`)).body).toMatchObject({
			status: "active",
			expires_at: "2098-12-31T23:00:00.000Z",
		});
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
	});

	test("are a 404 when they do not exist, whatever is done to them", async () => {
		for (const [method, path, body] of [
			["GET", "/keys/key_x", undefined],
			["PATCH", "/keys/key_x", { name: "x" }],
			["DELETE", "/keys/key_x", undefined],
			["POST", "/keys/key_x/revoke", undefined],
			["POST", "/keys/key_x/rotate", {}],
		] as const) {
			const answer = await admin(method, path, body);
			expect(answer.status).toBe(404);
			expect(errorOf(answer).code).toBe("key_not_found");
		}
	});
});

describe("a body that is wrong is a 400 that names the field", () => {
	const teamIdHere = () => teamId;
	const key = (fields: Record<string, unknown>) => ({ team_id: teamIdHere(), name: "x", ...fields });

	test.each<[string, string, () => unknown, string | null]>([
		["POST", "/teams", () => ({}), "name"],
		["POST", "/teams", () => ({ name: "" }), "name"],
		["POST", "/teams", () => ({ name: "   " }), "name"],
		["POST", "/teams", () => ({ name: 7 }), "name"],
		["POST", "/teams", () => ({ name: "x".repeat(201) }), "name"],
		["POST", "/teams", () => ({ name: "x", colour: "red" }), "colour"],
		["POST", "/teams", () => ({ name: "x", metadata: { a: 1 } }), "metadata.a"],
		["POST", "/teams", () => ({ name: "x", metadata: [] }), "metadata"],
		["POST", "/teams", () => [], null],
		["POST", "/teams", () => [{ name: "x" }], null],
		["POST", "/teams", () => "x", null],
		["POST", "/teams", () => null, null],
		["PATCH", "/teams/team_x", () => ({ id: "team_y" }), "id"],
		["POST", "/keys", () => ({ name: "x" }), "team_id"],
		["POST", "/keys", () => ({ team_id: "team_none", name: "x" }), "team_id"],
		["POST", "/keys", () => ({ team_id: 1, name: "x" }), "team_id"],
		["POST", "/keys", () => ({ team_id: teamIdHere() }), "name"],
		["POST", "/keys", () => key({ model: ["x"] }), "model"],
		["POST", "/keys", () => key({ key: "tg_live_chosen" }), "key"],
		["POST", "/keys", () => key({ models: "openai/*" }), "models"],
		["POST", "/keys", () => key({ models: [] }), "models"],
		["POST", "/keys", () => key({ models: ["openai/*", 3] }), "models[1]"],
		["POST", "/keys", () => key({ models: ["openai/*/x"] }), "models[0]"],
		["POST", "/keys", () => key({ models: [""] }), "models[0]"],
		["POST", "/keys", () => key({ providers: ["open ai"] }), "providers[0]"],
		["POST", "/keys", () => key({ expires_at: 1 }), "expires_at"],
		["POST", "/keys", () => key({ expires_at: "tomorrow" }), "expires_at"],
		["POST", "/keys", () => key({ expires_at: "2099-01-01" }), "expires_at"],
		["POST", "/keys", () => key({ expires_at: "2099-01-01T00:00:00" }), "expires_at"],
		["POST", "/keys", () => key({ ip_ranges: ["10.0.0.0/33"] }), "ip_ranges[0]"],
		["POST", "/keys", () => key({ ip_ranges: "10.0.0.0/8" }), "ip_ranges"],
		["POST", "/keys", () => key({ regions: ["EU west"] }), "regions[0]"],
		["POST", "/keys", () => key({ vendor_state: "yes" }), "vendor_state"],
		["POST", "/keys", () => key({ vendor_tools: ["code_interpreter"] }), "vendor_tools[0]"],
		["POST", "/keys", () => key({ vendor_tools: "web_search" }), "vendor_tools"],
		["POST", "/keys", () => key({ native_ceiling_usd: "0" }), "native_ceiling_usd"],
		["POST", "/keys", () => key({ native_ceiling_usd: "0.0000000001" }), "native_ceiling_usd"],
		["PATCH", "/keys/key_x", () => ({ team_id: "team_y" }), "team_id"],
		["PATCH", "/keys/key_x", () => ({ name: null }), "name"],
		["POST", "/keys/key_x/rotate", () => ({ grace_seconds: -1 }), "grace_seconds"],
		["POST", "/keys/key_x/rotate", () => ({ grace_seconds: 1.5 }), "grace_seconds"],
		["POST", "/keys/key_x/rotate", () => ({ grace_seconds: "60" }), "grace_seconds"],
		["POST", "/keys/key_x/rotate", () => ({ grace_seconds: 1e9 }), "grace_seconds"],
		["POST", "/keys/key_x/rotate", () => ({ grace: 1 }), "grace"],
	])("%s %s", async (method, path, body, param) => {
		const answer = await admin(method, path, body());
		expect(answer.status).toBe(400);
		expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", code: "invalid_request", param });
		expect(errorOf(answer).message).toMatch(/^\[gateway\] /);
	});

	test.each(["", "{", "nonsense", '{"name":"x"} x'])("text that is no JSON: %j", async (body) => {
		const answer = await read(
			await send("http://localhost/admin/teams", {
				method: "POST",
				headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
				body,
			}),
		);
		expect(answer.status).toBe(400);
	});

	test.each(["0", "101", "-1", "x", "1.5", ""])("a page of %j", async (limit) => {
		for (const path of ["/keys", "/teams"]) {
			const answer = await admin("GET", `${path}?limit=${limit}`);
			expect(answer.status).toBe(400);
			expect(errorOf(answer).param).toBe("limit");
		}
	});
});

test("names and metadata may hold anything, and come back as they were", async () => {
	const name = `'; DROP TABLE api_keys; -- "<script>" 名前 %_\\ {}`;
	const metadata = { "a'b": `"\\ \u0000 ${name}` };
	const { id, key } = await issueKey({ name, metadata });
	expect((await admin("GET", `/keys/${id}`)).body).toMatchObject({ name, metadata });
	expect((await admin("PATCH", `/keys/${id}`, { metadata })).body).toMatchObject({ metadata });
	expect((await listModels({ "x-api-key": key })).status).toBe(200);
});
