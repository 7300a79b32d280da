// The console's page, and that nothing else here is one.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { ROUTES } from "#http/route-table";
import { PLATFORM } from "#lib/platform";
import { type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { ADMIN_TOKEN, chat, send, user } from "#test/worker/gateway";

/** As a browser asks for an address that a person entered; a page is no answer of the API, so no oracle judges it. */
const navigate = (path: string): Promise<Response> =>
	exports.default.fetch(`http://gateway${path}`, {
		headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-mode": "navigate" },
		redirect: "manual",
	});

describe("the console", () => {
	it("is one page at each of its addresses", async () => {
		for (const path of ["/console/", "/console/keys", "/console/requests?open=req_1"]) {
			const page = await navigate(path);
			expect(page.status).toBe(200);
			expect(page.headers.get("content-type")).toContain("text/html");
			expect(await page.text()).toContain('<div id="root">');
		}
	});

	it("has a policy that runs its own scripts and no others", async () => {
		const page = await navigate("/console/keys");
		await page.body?.cancel();
		expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
		expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
	});

	it("answers a file that is missing, or a program, as what it is", async () => {
		const missing = await send("http://gateway/console/assets/index-gone.js", { headers: { accept: "*/*" } });
		expect(missing.status).toBe(404);
		expect(await missing.json()).toMatchObject({ error: { code: "unknown_url" } });
	});

	it("is where the root leads a browser, and only a browser", async () => {
		const browser = await navigate("/");
		expect([browser.status, browser.headers.get("location")]).toEqual([302, "http://gateway/console/"]);
		const program = await send("http://gateway/", { headers: { accept: "*/*" } });
		expect(await program.json()).toMatchObject({ base_url: "http://gateway/v1" });
	});
});

describe("every other address", () => {
	const paths = [...new Set(ROUTES.map(({ path }) => path))].filter(
		// The API's description for people is a page of our own, with a policy of its own.
		(path) => path !== "/" && path !== "/docs" && !path.startsWith("/console"),
	);

	it.each([...paths, "/v1/chat/completion", "/consol", "/admin/"])("%s is no page", async (path) => {
		const answer = await navigate(path.replaceAll(/:\w+/g, "x").replace("*", "x"));
		await answer.body?.cancel();
		expect(answer.headers.get("content-type") ?? "").not.toContain("html");
		expect(answer.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
		expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
	});
});

describe("what screens ask again and again", () => {
	const bindings = env as unknown as Env;

	/** The namespace, with each call to one of its objects noted. */
	function counted<Stub extends object>(objects: { getByName(name: string): Stub }, note: () => void) {
		const getByName = (name: string): Stub =>
			new Proxy(objects.getByName(name), {
				get(stub, method) {
					const member: unknown = Reflect.get(stub, method);
					if (typeof member !== "function") return member;
					return (...given: unknown[]) => {
						note();
						return Reflect.apply(member, stub, given);
					};
				},
			});
		return { getByName };
	}

	async function callsOf(path: string, isolate = newIsolateState()): Promise<number> {
		let calls = 0;
		const note = () => calls++;
		const watched = {
			...bindings,
			API_KEYS: counted(bindings.API_KEYS, note),
			TEAMS: counted(bindings.TEAMS, note),
			PROVIDERS: counted(bindings.PROVIDERS, note),
		} as unknown as Env;
		const execution = createExecutionContext();
		const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
		const request = new Request(`http://gateway${path}`, { headers });
		const answer = await serve(request, watched, execution, isolate);
		expect([path, answer.status]).toEqual([path, 200]);
		await answer.body?.cancel();
		await waitOnExecutionContext(execution);
		return calls;
	}

	async function used(): Promise<IssuedKey> {
		const key = await issueKey();
		const body = { model: "openai/gpt-6-luna", messages: user("Hi") };
		await (await chat(body, { authorization: `Bearer ${key.key}` })).text();
		return key;
	}

	it("calls no object where the database answers, each provider's for circuits, and a team's twice", async () => {
		const { teamId } = await used();
		for (const path of ["/admin/keys", "/admin/teams", "/admin/providers", "/admin/key-requests", "/admin/models"]) {
			expect(await callsOf(path), path).toBe(0);
		}
		const circuits = await (
			await send("http://gateway/admin/circuits", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
		).json<{ data: unknown[] }>();
		expect(await callsOf("/admin/circuits")).toBe(circuits.data.length);
		expect(await callsOf(`/admin/teams/${teamId}/budget?live=true`)).toBe(2);
	});

	it("wakes no more keys that owe usage than all who look together may, and says how many lag", async () => {
		let now = Date.now();
		const isolate = newIsolateState({ ...PLATFORM, clock: () => now });
		isolate.liveReads.spend(isolate.liveReads.left);
		const { id } = await used();
		for (const path of [`/admin/usage?key_id=${id}&live=true`, `/admin/requests?key_id=${id}&live=true`]) {
			expect(await callsOf(path, isolate), path).toBe(0);
		}
		now += 3_000;
		expect(await callsOf(`/admin/usage?key_id=${id}&live=true`, isolate)).toBe(1);
	});
});
