import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { ADMIN_TOKEN, send, user } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, read } from "./admin-client";

const bindings = env as unknown as Env;
const SECRET = "sk-a-further-account-of-the-vendor-1234";

let serial = 0;
let name = "";
let path = "";
beforeEach(async () => {
	name = `acme-${++serial}`;
	path = `/providers/${name}/credentials`;
	const models = [{ id: "large", prices: [{ input: 1, output: 1 }] }];
	await admin("POST", "/providers", {
		name,
		base_url: "https://acme.example/v1",
		credential: "sk-own-account-0001",
		models,
	});
});
afterEach(() => {
	vi.restoreAllMocks();
});

async function added(fields: object = {}): Promise<Answer> {
	const answer = await admin("POST", path, { credential: SECRET, ...fields });
	expect(answer.status, answer.text).toBe(201);
	return answer;
}

function refused(answer: Answer, status: number, code: string, param?: string): void {
	expect(answer.status, answer.text).toBe(status);
	expect(errorOf(answer)).toMatchObject({ code, ...(param !== undefined && { param }) });
}

async function listed(at = path): Promise<Record<string, unknown>[]> {
	return (await admin("GET", at)).body.data as Record<string, unknown>[];
}

test("a credential is added beside the provider's own, changed and removed", async () => {
	const { body } = await added({ name: "second account", weight: 2.5 });
	expect(body).toMatchObject({
		id: expect.stringMatching(/^cred_/),
		object: "provider.credential",
		source: "admin",
		name: "second account",
		last4: "1234",
		weight: 2.5,
		status: "enabled",
	});
	expect(await listed()).toEqual([
		expect.objectContaining({ id: "default", source: "provider", last4: "0001", weight: 1, status: "enabled" }),
		body,
	]);
	const one = `${path}/${body.id}`;
	const disabled = await admin("PATCH", one, { disabled: true, weight: 1 });
	expect(disabled.body).toMatchObject({ name: "second account", weight: 1, status: "disabled" });
	expect((await listed())[1]).toEqual(disabled.body);
	expect((await admin("PATCH", one, { disabled: false, name: "renamed" })).body).toMatchObject({
		name: "renamed",
		status: "enabled",
	});
	expect((await admin("DELETE", one)).body).toEqual({ id: body.id, object: "provider.credential", deleted: true });
	for (const gone of [await admin("PATCH", one, { weight: 2 }), await admin("DELETE", one)]) {
		refused(gone, 404, "credential_not_found");
	}
	expect(await listed()).toHaveLength(1);
});

test("its secret is in no answer, no row and no audit", async () => {
	const created = await added();
	const one = `${path}/${created.body.id}`;
	const answers = [
		created,
		await admin("GET", path),
		await admin("PATCH", one, { weight: 3 }),
		await admin("POST", path, { credential: `${SECRET} with spaces` }),
		await admin("PATCH", one, { credential: SECRET }),
		await admin("GET", "/audit?kind=credential"),
		await admin("DELETE", one),
	];
	await added();
	const rows = await env.DB.batch([
		env.DB.prepare("SELECT * FROM provider_credentials"),
		env.DB.prepare("SELECT * FROM audit"),
	]);
	expect(rows[0]?.results.length).toBeGreaterThan(0);
	for (const text of [...answers.map((answer) => answer.text), JSON.stringify(rows)]) {
		expect(text).not.toContain(SECRET.slice(0, -4));
		expect(text).not.toContain(btoa(SECRET).slice(0, -6));
	}
	const { body } = await admin("GET", `/audit?kind=credential&subject=${created.body.id}`);
	expect(body.data).toMatchObject([
		{ action: "delete", before: { weight: 3, last4: "1234" }, after: null },
		{ action: "update", before: { weight: 1 }, after: { weight: 3 } },
		{ action: "create", before: null, after: { weight: 1, disabled: false } },
	]);
});

test("moving the provider to another host leaves it unreadable, and it serves no more", async () => {
	const { body } = await added();
	await admin("PATCH", `/providers/${name}`, {
		base_url: "https://other.example/v1",
		credential: "sk-for-the-other-1",
	});
	expect(await listed()).toMatchObject([{ id: "default", status: "enabled" }, { status: "unreadable" }]);
	refused(await admin("PATCH", `${path}/${body.id}`, { weight: 2 }), 409, "credential_unreadable");
	expect((await admin("DELETE", `${path}/${body.id}`)).status).toBe(200);
});

test("goes with its provider, and is not there for the next of that name", async () => {
	await added();
	await admin("DELETE", `/providers/${name}`);
	refused(await admin("GET", path), 404, "provider_not_found");
	const { results } = await env.DB.prepare("SELECT provider FROM provider_credentials").all();
	await admin("POST", "/providers", { name, base_url: "https://acme.example/v1", models: [] });
	expect(await listed()).toEqual([]);
	const row = await env.DB.prepare("SELECT id FROM providers WHERE name = ?").bind(name).first<{ id: string }>();
	expect(results.map(({ provider }) => provider)).not.toContain(row?.id);
});

test.each<[object, string]>([
	[{}, "credential"],
	[{ credential: "" }, "credential"],
	[{ credential: "line\nbreak" }, "credential"],
	[{ credential: SECRET, weight: 0 }, "weight"],
	[{ credential: SECRET, weight: -1 }, "weight"],
	[{ credential: SECRET, name: "" }, "name"],
	[{ credential: SECRET, disabled: "no" }, "disabled"],
	[{ credential: SECRET, colour: "red" }, "colour"],
])("a wrong body is a 400 that names the field: %j", async (fields, param) => {
	refused(await admin("POST", path, fields), 400, "invalid_request", param);
	expect(await listed()).toHaveLength(1);
});

test("what is not there is a 404, and what is set elsewhere cannot be changed here", async () => {
	refused(await admin("GET", "/providers/nobody/credentials"), 404, "provider_not_found");
	refused(await admin("POST", "/providers/nobody/credentials", { credential: SECRET }), 404, "provider_not_found");
	refused(await admin("DELETE", `${path}/cred_x`), 404, "credential_not_found");
	for (const [method, body] of [
		["PATCH", { weight: 2 }],
		["DELETE", undefined],
	] as const) {
		refused(await admin(method, `${path}/default`, body), 409, "credential_set_elsewhere");
		refused(await admin(method, "/providers/openai/credentials/default", body), 409, "credential_set_elsewhere");
	}
	refused(await admin("GET", "/providers/cloudflare/credentials"), 409, "provider_takes_no_credential");
	refused(
		await admin("POST", "/providers/workers-ai/credentials", { credential: SECRET }),
		409,
		"provider_takes_no_credential",
	);
});

test("a credential of one provider is not found at another", async () => {
	const { body } = await added();
	refused(await admin("PATCH", `/providers/openai/credentials/${body.id}`, { weight: 2 }), 404, "credential_not_found");
	refused(await admin("DELETE", `/providers/deepseek/credentials/${body.id}`), 404, "credential_not_found");
	expect(await listed()).toHaveLength(2);
});

test("of several changes at once none is half done: each is made or told to repeat", async () => {
	const { body } = await added();
	const answers = await Promise.all([2, 3, 4, 5].map((weight) => admin("PATCH", `${path}/${body.id}`, { weight })));
	expect(answers.some(({ status }) => status === 200)).toBe(true);
	for (const loser of answers.filter(({ status }) => status !== 200)) refused(loser, 409, "credential_changed");
	const [, after] = await listed();
	expect(after?.status).toBe("enabled");
	expect(answers.filter(({ status }) => status === 200).map((answer) => answer.body.weight)).toContain(after?.weight);
});

test("a built-in provider lists the environment's key beside what was added", async () => {
	const production = {
		...bindings,
		OPENAI_API_KEY: "sk-of-the-environment-9876",
	};
	const call = async (method: string, body?: object) =>
		read(
			await serve(
				new Request("http://localhost/admin/providers/OpenAI/credentials", {
					method,
					headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
					...(body && { body: JSON.stringify(body) }),
				}),
				production,
				createExecutionContext(),
				newIsolateState(),
			),
		);
	const created = await call("POST", { credential: SECRET, disabled: true });
	const list = await call("GET");
	expect(list.body.data).toMatchObject([
		{ id: "default", source: "environment", last4: "9876", status: "enabled" },
		{ id: created.body.id, status: "disabled" },
	]);
	expect(list.text).not.toContain("sk-of-the-environment");
	expect((await admin("DELETE", `/providers/openai/credentials/${created.body.id}`)).status).toBe(200);
});

describe("requests", () => {
	async function usedBy(calls: number): Promise<Record<string, number>> {
		const used: Record<string, number> = {};
		vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
			const sent = new Headers(init?.headers).get("authorization") ?? "none";
			used[sent] = (used[sent] ?? 0) + 1;
			return Response.json({
				choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			});
		});
		const { key } = await issueKey();
		for (let call = 0; call < calls; call++) {
			const answer = await send("http://gateway/v1/chat/completions", {
				method: "POST",
				headers: { authorization: `Bearer ${key}` },
				// Each a conversation of its own, which would else stay where it began.
				body: JSON.stringify({ model: `${name}/large`, messages: user(`Conversation ${call}`) }),
			});
			expect(answer.status, await answer.text()).toBe(200);
		}
		return used;
	}

	test("are spread over the credentials by weight, at once after a change", async () => {
		const { body } = await added({ weight: 3 });
		const used = await usedBy(60);
		expect(Object.keys(used).toSorted()).toEqual([`Bearer ${SECRET}`, "Bearer sk-own-account-0001"]);
		expect(used[`Bearer ${SECRET}`]).toBeGreaterThan(used["Bearer sk-own-account-0001"] ?? 0);
		await admin("PATCH", `${path}/${body.id}`, { disabled: true });
		expect(await usedBy(5)).toEqual({ "Bearer sk-own-account-0001": 5 });
		await admin("PATCH", `${path}/${body.id}`, { disabled: false });
		await admin("PATCH", `/providers/${name}`, { credential: null });
		expect(await usedBy(5)).toEqual({ [`Bearer ${SECRET}`]: 5 });
	});
});
