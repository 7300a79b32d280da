// Who may do what through the admin API: every route, every role, one's own tenant and another's.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Need, Role } from "#core/rights";
import type { Env } from "#env";
import { ROUTES } from "#http/route-table";
import { ADMIN_TOKEN, type Answer, admin, errorOf, type IssuedKey, read } from "#test/worker/admin/admin-client";
import { send } from "#test/worker/gateway";

const bindings = env as unknown as Env;

/** What each role may, of its own tenants' things. Written by hand: the product's table is what is judged. */
const MAY: Record<string, readonly Need[]> = {
	admin: [
		"gateway.read",
		"gateway.change",
		"catalog.read",
		"team.read",
		"key.read",
		"key.change",
		"key.hold",
		"usage.read",
		"session.hold",
	],
	viewer: ["gateway.read", "catalog.read", "team.read", "key.read", "usage.read", "session.hold"],
	"viewer of a team": ["catalog.read", "team.read", "key.read", "usage.read", "session.hold"],
	team_manager: ["catalog.read", "team.read", "key.read", "key.change", "key.hold", "usage.read", "session.hold"],
	member: ["catalog.read", "key.read", "key.hold", "key.ask", "usage.read", "session.hold"],
};
const ROLES = Object.keys(MAY);
/** Those who reach other tenants' things too. */
const EVERYWHERE = ["admin", "viewer"];

const tokens: Record<string, string> = {};
/** A key of each role's own, and one of another person in the same team. */
const own: Record<string, IssuedKey> = {};
let colleagues: IssuedKey;
let foreign: IssuedKey;
const requests: Record<string, string> = {};
/** A request for a key that waits in the team of a key, by that key's id. */
const asks: Record<string, string> = {};

async function as(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
	const response = await send(`http://localhost${path}`, {
		method,
		headers: { authorization: `Bearer ${token}` },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	const type = response.headers.get("content-type") ?? "";
	return type.startsWith("application/json")
		? read(response)
		: { status: response.status, body: {}, text: await response.text(), headers: response.headers };
}

async function made(path: string, body: object): Promise<Record<string, unknown>> {
	const answer = await admin("POST", path, body);
	if (answer.status !== 201) throw new Error(answer.text);
	return answer.body;
}

async function newKey(teamId: unknown, ownerId: string | null): Promise<IssuedKey> {
	const key = await made("/keys", { team_id: teamId, name: "a key", owner_id: ownerId });
	return { id: String(key.id), key: String(key.key), teamId: String(teamId) };
}

/** Asks for something, and returns the request's id. */
async function asked({ key }: IssuedKey): Promise<string> {
	const response = await send("http://localhost/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${key}` },
		body: JSON.stringify({ model: "openai/gpt-6-luna", messages: [{ role: "user", content: "Hi" }] }),
	});
	await response.text();
	return response.headers.get("x-request-id") ?? "";
}

beforeAll(async () => {
	const team = (await made("/teams", { name: "own" })).id;
	const other = (await made("/teams", { name: "foreign" })).id;
	for (const role of ROLES) own[role] = await newKey(team, "lin");
	colleagues = await newKey(team, "chen");
	foreign = await newKey(other, "lin");
	const wanted: Record<string, { role: Role; teams?: unknown[]; owner_id?: string }> = {
		admin: { role: "admin" },
		viewer: { role: "viewer" },
		"viewer of a team": { role: "viewer", teams: [team] },
		team_manager: { role: "team_manager", teams: [team] },
		member: { role: "member", teams: [team], owner_id: "lin" },
	};
	for (const [name, body] of Object.entries(wanted)) {
		tokens[name] = String((await made("/tokens", { name, ...body })).token);
	}
	for (const key of [...Object.values(own), foreign]) {
		const asker = { role: "member", teams: [key.teamId], owner_id: "lin" };
		const { token } = await made("/tokens", { name: "asker", ...asker });
		const answer = await as(String(token), "POST", "/admin/key-requests", { team_id: key.teamId, name: "wanted" });
		asks[key.id] = String((answer.body.request as { id: string }).id);
	}
	for (const [name, key] of Object.entries({ ...own, colleagues, foreign })) requests[name] = await asked(key);
	// What was asked is in the log within a second, once someone reads it.
	await vi.waitFor(async () => {
		const logged = (await admin("GET", "/requests?limit=100")).body.data as { id: string }[];
		expect(logged.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.values(requests)));
	});
});

const lines = ROUTES.flatMap((route) => (route.access === "admin" ? [route] : []));
/** What ends something comes last, so that what it ends was asked about before. */
const ordered = lines.toSorted((a, b) => Number(ends(a)) - Number(ends(b)));

function ends({ method, path }: { method: string; path: string }): boolean {
	return method === "DELETE" || path.endsWith("/revoke");
}

const OF_A_TENANT = /^\/admin\/(teams|keys|requests|key-requests)\/:id/;

function concrete(path: string, key: IssuedKey, request: string): string {
	const [, kind = ""] = OF_A_TENANT.exec(path) ?? [];
	const ids: Record<string, string | undefined> = {
		teams: key.teamId,
		keys: key.id,
		requests: request,
		"key-requests": asks[key.id],
	};
	const named = path.replace(OF_A_TENANT, `/admin/${kind}/${ids[kind]}`);
	return named.replace(/:\w+\+?/g, "x");
}

function isOfATenant(path: string): boolean {
	return OF_A_TENANT.test(path);
}

/** Whether something was refused because it is another's, as though it were not there. */
function isHidden({ status, body }: Answer): boolean {
	const code = String((body.error as Record<string, unknown> | undefined)?.code ?? "");
	return (
		status === 404 && ["team_not_found", "key_not_found", "request_not_found", "key_request_not_found"].includes(code)
	);
}

describe.each(ROLES)("%s", (role) => {
	test("is let in where the role may, and refused with 403 elsewhere", async () => {
		for (const { method, path, needs } of ordered) {
			const body = method === "GET" || method === "DELETE" ? undefined : {};
			const answer = await as(
				tokens[role] ?? "",
				method,
				concrete(path, own[role] as IssuedKey, requests[role] ?? ""),
				body,
			);
			const name = `${method} ${path} as ${role}: ${answer.text.slice(0, 200)}`;
			if (MAY[role]?.includes(needs)) {
				expect([401, 403], name).not.toContain(answer.status);
				expect(isHidden(answer), name).toBe(false);
				expect(answer.status, name).toBeLessThan(500);
			} else {
				expect({ status: answer.status, code: errorOf(answer).code }, name).toEqual({
					status: 403,
					code: "role_not_allowed",
				});
			}
		}
	});

	test("finds nothing of another tenant's, unless the role is for all", async () => {
		for (const { method, path, needs } of ordered) {
			if (!isOfATenant(path) || ends({ method, path }) || !MAY[role]?.includes(needs)) continue;
			const body = method === "GET" ? undefined : {};
			const theirs = [{ key: foreign, request: requests.foreign ?? "" }];
			if (role === "member") theirs.push({ key: colleagues, request: requests.colleagues ?? "" });
			for (const { key, request } of theirs) {
				const answer = await as(tokens[role] ?? "", method, concrete(path, key, request), body);
				expect(isHidden(answer), `${method} ${path} as ${role}: ${answer.text.slice(0, 200)}`).toBe(
					!EVERYWHERE.includes(role),
				);
			}
		}
	});

	test("sees in lists and sums what it reaches, and no more", async () => {
		const ids = async (path: string) => {
			const answer = await as(tokens[role] ?? "", "GET", path);
			return (answer.body.data as Record<string, unknown>[]).map(({ id, key_id: key }) => String(id ?? key));
		};
		const keys = await ids("/admin/keys?limit=100");
		const logged = await ids("/admin/requests?limit=100");
		const used = await ids("/admin/usage?group_by=key");
		const all = EVERYWHERE.includes(role);
		const mine = own[role] as IssuedKey;
		const isColleaguesSeen = role !== "member";
		expect(keys.includes(mine.id)).toBe(true);
		expect(logged.includes(requests[role] ?? "")).toBe(true);
		expect(used.includes(mine.id)).toBe(true);
		expect([
			keys.includes(colleagues.id),
			logged.includes(requests.colleagues ?? ""),
			used.includes(colleagues.id),
		]).toEqual([isColleaguesSeen, isColleaguesSeen, isColleaguesSeen]);
		expect([keys.includes(foreign.id), logged.includes(requests.foreign ?? ""), used.includes(foreign.id)]).toEqual([
			all,
			all,
			all,
		]);
		const asked = await ids("/admin/key-requests?limit=100");
		expect(asked.includes(asks[mine.id] ?? "")).toBe(true);
		expect(asked.includes(asks[foreign.id] ?? "")).toBe(all);
		if (role === "member") return;
		expect((await ids("/admin/teams?limit=100")).includes(foreign.teamId)).toBe(all);
	});
});

test("a manager makes keys in its own teams alone, and what it does is on record under its token's name", async () => {
	const manager = tokens.team_manager ?? "";
	const body = { name: "by a manager", team_id: colleagues.teamId };
	const answer = await as(manager, "POST", "/admin/keys", body);
	expect(answer.status).toBe(201);
	const refused = await as(manager, "POST", "/admin/keys", { ...body, team_id: foreign.teamId });
	expect({ status: refused.status, param: errorOf(refused).param }).toEqual({ status: 400, param: "team_id" });
	const { body: found } = await admin("GET", `/audit?subject=${String(answer.body.id)}`);
	const [entry] = found.data as { who: string }[];
	expect(entry?.who).toMatch(/^team_manager \(tok_[0-9a-f]+\)$/);
});

test("a token is stored as its digest, says when it was used, and is good for nothing once it is revoked or expired", async () => {
	const token = await made("/tokens", { name: "short", role: "viewer" });
	const text = String(token.token);
	expect(text).toMatch(/^tg_admin_/);
	expect((await as(text, "GET", "/admin/teams")).status).toBe(200);
	const row = await bindings.DB.prepare("SELECT * FROM admin_tokens WHERE id = ?").bind(token.id).first();
	expect(JSON.stringify(row)).not.toContain(text);
	const listed = (await admin("GET", "/tokens")).body.data as Record<string, unknown>[];
	expect(listed.find(({ id }) => id === token.id)).toMatchObject({
		status: "active",
		last_used_at: expect.any(String),
	});
	expect((await admin("DELETE", `/tokens/${String(token.id)}`)).body.status).toBe("revoked");
	const expired = await made("/tokens", { name: "old", role: "admin", expires_at: "2020-01-01T00:00:00Z" });
	for (const bad of [text, String(expired.token)]) {
		const answer = await as(bad, "GET", "/admin/teams");
		expect({ status: answer.status, code: errorOf(answer).code }).toEqual({ status: 401, code: "invalid_admin_token" });
	}
	expect((await as(ADMIN_TOKEN, "GET", "/admin/teams")).status).toBe(200);
});

test.each([
	["an admin of some teams", { role: "admin", teams: ["team_x"] }, "teams"],
	["a manager of all teams", { role: "team_manager" }, "teams"],
	["a member without a person", { role: "member", teams: ["team_x"] }, "owner_id"],
	["a team that is not there", { role: "viewer", teams: ["team_x"] }, "teams"],
	["a role that is none", { role: "root" }, "role"],
])("no token is made for %s", async (_, body, param) => {
	const answer = await admin("POST", "/tokens", { name: "no", ...body });
	expect({ status: answer.status, param: errorOf(answer).param }).toEqual({ status: 400, param });
});
