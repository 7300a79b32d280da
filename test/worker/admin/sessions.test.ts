// Signing in to the console: by a token, by a key, by an invitation; and what a cookie may not be used for.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Env } from "#env";
import { ADMIN_TOKEN, admin, errorOf, read } from "#test/worker/admin/admin-client";
import { DEMO_KEY, send } from "#test/worker/gateway";

const bindings = env as unknown as Env;
const ORIGIN = "https://gateway.example";

function ask(
	method: string,
	path: string,
	{ cookie, body, site = "same-origin" }: { cookie?: string; body?: object; site?: string | null } = {},
) {
	return send(`${ORIGIN}${path}`, {
		method,
		headers: {
			...(cookie !== undefined && { cookie }),
			...(site !== null && { "sec-fetch-site": site }),
			"user-agent": "a browser",
		},
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
}

async function signedIn(
	credential: object,
): Promise<{ cookie: string; session: Record<string, unknown>; header: string }> {
	const answer = await ask("POST", "/admin/session", { body: credential });
	const header = answer.headers.get("set-cookie") ?? "";
	const { status, body, text } = await read(answer);
	if (status !== 201) throw new Error(text);
	return { cookie: header.split(";")[0] ?? "", session: body, header };
}

const status = async (method: string, path: string, asked: Parameters<typeof ask>[2]): Promise<number> => {
	const answer = await ask(method, path, asked);
	await answer.body?.cancel();
	return answer.status;
};

let team: string;
beforeAll(async () => {
	team = String((await admin("POST", "/teams", { name: "a team" })).body.id);
});

describe("a person signs in", () => {
	test("by the environment's token, into a cookie that no script and no other site can use", async () => {
		const { cookie, session, header } = await signedIn({ token: ADMIN_TOKEN });
		expect(header).toMatch(
			/^__Host-tollgate=tg_session_\w+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/,
		);
		expect(session).toMatchObject({
			object: "session",
			role: "admin",
			teams: null,
			environment: "local",
			agent: "a browser",
		});
		expect((await read(await ask("GET", "/admin/session", { cookie }))).body).toEqual(session);
		expect(await status("GET", "/admin/keys", { cookie })).toBe(200);
	});

	test("and is kept as a hash alone", async () => {
		const { cookie, session } = await signedIn({ token: ADMIN_TOKEN });
		const row = await bindings.DB.prepare("SELECT * FROM sessions WHERE id = ?").bind(session.id).first();
		expect(JSON.stringify(row)).not.toContain(cookie.split("=")[1]);
	});

	test("by a token of their own, with its role, until the token is revoked", async () => {
		const made = (await admin("POST", "/tokens", { name: "lin", role: "viewer" })).body;
		const { cookie, session } = await signedIn({ token: made.token });
		expect(session).toMatchObject({ name: "lin", role: "viewer" });
		expect(await status("GET", "/admin/teams", { cookie })).toBe(200);
		expect(await status("POST", "/admin/teams", { cookie, body: { name: "x" } })).toBe(403);
		await admin("DELETE", `/tokens/${made.id}`);
		expect(await status("GET", "/admin/teams", { cookie })).toBe(401);
	});

	test("by an API key, and sees that key's things alone, until the key is revoked", async () => {
		const mine = (await admin("POST", "/keys", { team_id: team, name: "mine" })).body;
		const other = (await admin("POST", "/keys", { team_id: team, name: "another's" })).body;
		const { cookie, session } = await signedIn({ token: mine.key });
		expect(session).toMatchObject({ name: "mine", role: "member", teams: [team], owner_id: mine.id });
		const keys = (await read(await ask("GET", "/admin/keys", { cookie }))).body.data as { id: string }[];
		expect(keys.map(({ id }) => id)).toEqual([mine.id]);
		expect(await status("GET", `/admin/keys/${other.id}`, { cookie })).toBe(404);
		expect(await status("GET", `/admin/keys/${mine.id}`, { cookie })).toBe(200);
		expect(await status("GET", "/admin/teams", { cookie })).toBe(403);
		await admin("POST", `/keys/${mine.id}/revoke`);
		expect(await status("GET", "/admin/keys", { cookie })).toBe(401);
	});

	test("not by what is no token, no key and no session of here", async () => {
		for (const token of ["a-wrong-token-of-some-length", `${DEMO_KEY}x`]) {
			const answer = await read(await ask("POST", "/admin/session", { body: { token } }));
			expect([answer.status, errorOf(answer).code]).toEqual([401, "invalid_admin_token"]);
		}
		for (const cookie of ["__Host-tollgate=", "__Host-tollgate=tg_session_0", "tollgate=x"]) {
			expect(await status("GET", "/admin/session", { cookie })).toBe(401);
		}
	});

	test("and out, after which the cookie is nothing", async () => {
		const { cookie } = await signedIn({ token: ADMIN_TOKEN });
		const answer = await ask("DELETE", "/admin/session", { cookie });
		expect(answer.headers.get("set-cookie")).toContain("Max-Age=0");
		await answer.body?.cancel();
		expect(await status("GET", "/admin/session", { cookie })).toBe(401);
	});
});

describe("a cookie", () => {
	test("changes nothing for a page of another site", async () => {
		const { cookie } = await signedIn({ token: ADMIN_TOKEN });
		for (const site of ["cross-site", "same-site", "none", null]) {
			const answer = await read(await ask("POST", "/admin/teams", { cookie, site, body: { name: "x" } }));
			expect([answer.status, errorOf(answer).code], String(site)).toEqual([403, "cross_site_refused"]);
		}
		expect(await status("POST", "/admin/session", { site: "cross-site", body: { token: ADMIN_TOKEN } })).toBe(403);
		const old = await send(`${ORIGIN}/admin/teams`, {
			method: "POST",
			headers: { cookie, origin: ORIGIN },
			body: JSON.stringify({ name: "by a browser without fetch metadata" }),
		});
		await old.body?.cancel();
		expect(old.status).toBe(201);
	});

	test("spends nothing: inference asks for a key", async () => {
		const { cookie } = await signedIn({ token: DEMO_KEY });
		expect(await status("POST", "/v1/chat/completions", { cookie, body: { model: "auto", messages: [] } })).toBe(401);
	});

	test("is ended by an admin, who sees it listed", async () => {
		const { cookie, session } = await signedIn({ token: ADMIN_TOKEN });
		const listed = (await admin("GET", "/sessions?limit=100")).body.data as { id: string }[];
		expect(listed.map(({ id }) => id)).toContain(session.id);
		expect((await admin("DELETE", `/sessions/${session.id}`)).status).toBe(200);
		expect(await status("GET", "/admin/session", { cookie })).toBe(401);
		expect((await admin("DELETE", `/sessions/${session.id}`)).status).toBe(404);
	});
});

describe("an invitation", () => {
	const codeOf = (link: unknown): string =>
		new URLSearchParams(new URL(String(link)).hash.slice(1)).get("invitation") ?? "";

	test("gives a person a token of their own, once", async () => {
		const made = (await admin("POST", "/invitations", { role: "member", teams: [team] })).body;
		const invitation = codeOf(made.url);
		const { session } = await signedIn({ invitation, name: "Chen" });
		expect(session).toMatchObject({ name: "Chen", role: "member", teams: [team] });
		expect((await signedIn({ token: session.token })).session).toMatchObject({
			name: "Chen",
			owner_id: session.owner_id,
		});
		const again = await read(await ask("POST", "/admin/session", { body: { invitation, name: "Mallory" } }));
		expect([again.status, errorOf(again).code]).toEqual([404, "invitation_not_found"]);
		const listed = (await admin("GET", "/invitations")).body.data as { id: string; status: string }[];
		expect(listed.find(({ id }) => id === made.id)?.status).toBe("accepted");
	});

	test("is nothing once it was taken back", async () => {
		const made = (await admin("POST", "/invitations", { role: "viewer" })).body;
		expect((await admin("DELETE", `/invitations/${made.id}`)).status).toBe(200);
		const answer = await read(
			await ask("POST", "/admin/session", { body: { invitation: codeOf(made.url), name: "Chen" } }),
		);
		expect(answer.status).toBe(404);
	});

	test("reaches no team that is not there, and no fewer than its role is for", async () => {
		for (const body of [{ role: "member" }, { role: "admin", teams: [team] }, { role: "viewer", teams: ["team_x"] }]) {
			expect((await admin("POST", "/invitations", body)).status).toBe(400);
		}
	});
});
