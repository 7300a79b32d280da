import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "#config";
import type { ProviderName } from "#core/ids";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { credentialOf, findProvider, type StoredProvider } from "#store/config/providers";
import { SealError } from "#store/d1/sealed";
import { admin, errorOf, issueKey, listModels, read } from "./admin-client";

const bindings = env as unknown as Env;
const SECRET = "sk-the-credential-of-the-upstream";
const MODEL = {
	id: "acme-large",
	aliases: ["large"],
	context: 32_000,
	max_output: 4096,
	prices: [{ input: 0.5, cache_read: 0.05, output: 1.5 }],
};

let serial = 0;
let name = "";
beforeEach(() => {
	name = `acme-${++serial}`;
});

function provider(fields: Record<string, unknown> = {}) {
	return { name, base_url: "https://api.acme.example/v1", credential: SECRET, models: [MODEL], ...fields };
}

async function stored(): Promise<StoredProvider> {
	const found = await findProvider(bindings.DB, name as ProviderName);
	if (found === null) throw new Error(`${name} is not stored`);
	return found;
}

async function storedSecret(): Promise<string | null> {
	return credentialOf(await stored(), readConfig(bindings).credentialsSecret);
}

test("a provider is added, shown and listed beside the built-in ones, and its models can be used", async () => {
	const created = await admin("POST", "/providers", provider());
	expect(created.status).toBe(201);
	expect(created.body).toMatchObject({
		object: "provider",
		name,
		kind: "openai_compatible",
		base_url: "https://api.acme.example/v1",
		has_credential: true,
		models: [MODEL],
		disabled: false,
	});
	expect((await admin("GET", `/providers/${name}`)).body).toEqual(created.body);
	const list = await admin("GET", "/providers");
	expect(list.body).toMatchObject({ object: "list", has_more: false, next: null });
	const names = (list.body.data as { name: string; kind: string }[]).map((entry) => `${entry.kind} ${entry.name}`);
	expect(names).toContain("built_in openai");
	expect(names).toContain("built_in workers-ai");
	expect(names).toContain(`openai_compatible ${name}`);

	const { key } = await issueKey({ providers: [name] });
	const { data } = (await listModels({ "x-api-key": key })).body as { data: unknown[] };
	expect(data).toMatchObject([{ id: `${name}/acme-large`, context_length: 32_000, pricing: { prompt: "0.0000005" } }]);
});

describe("a credential", () => {
	test("is in no answer and nowhere in the registry", async () => {
		const answers = [
			await admin("POST", "/providers", provider()),
			await admin("GET", `/providers/${name}`),
			await admin("GET", "/providers"),
			await admin("PATCH", `/providers/${name}`, { credential: `${SECRET}-2` }),
			await admin("PATCH", `/providers/${name}`, { credential: 7 }),
			await admin("PATCH", `/providers/${name}`, { credential: `${SECRET} with spaces` }),
			await admin("POST", "/providers", provider()),
		];
		const rows = await env.DB.prepare("SELECT * FROM providers").all();
		for (const text of [...answers.map((answer) => answer.text), JSON.stringify(rows.results)]) {
			expect(text).not.toContain(SECRET);
			expect(text).not.toContain(btoa(SECRET).slice(0, -2));
		}
		for (const { credential } of rows.results) {
			for (const { text } of answers) expect(text).not.toContain(JSON.parse(String(credential)).data);
		}
		expect(await storedSecret()).toBe(`${SECRET}-2`);
	});

	test("stays when other things change, sealed anew for each version", async () => {
		await admin("POST", "/providers", provider());
		const before = await stored();
		expect((await admin("PATCH", `/providers/${name}`, { base_url: "https://api.acme.example/v2/" })).status).toBe(200);
		const after = await stored();
		expect(after.baseUrl).toBe("https://api.acme.example/v2");
		expect(await storedSecret()).toBe(SECRET);
		expect(after.version).toBe(before.version + 1);
		// An earlier sealed text put back into the row does not open.
		await expect(
			credentialOf({ ...after, credential: before.credential }, readConfig(bindings).credentialsSecret),
		).rejects.toThrow(SealError);
	});

	test("is bound to its record and its host", async () => {
		await admin("POST", "/providers", provider());
		const own = await stored();
		const { credentialsSecret } = readConfig(bindings);
		for (const moved of [{ id: "prov_other" }, { baseUrl: "https://evil.example/v1" }, { version: 99 }]) {
			await expect(credentialOf({ ...own, ...moved }, credentialsSecret)).rejects.toThrow(SealError);
		}
	});

	test("must come again when the base URL moves to another host, and then replaces the old one", async () => {
		await admin("POST", "/providers", provider());
		for (const base_url of [
			"https://evil.example/v1",
			"http://api.acme.example/v1",
			"https://api.acme.example:8443/v1",
		]) {
			const answer = await admin("PATCH", `/providers/${name}`, { base_url });
			expect(answer.status).toBe(400);
			expect(errorOf(answer).param).toBe("credential");
		}
		expect((await stored()).baseUrl).toBe("https://api.acme.example/v1");
		const moved = await admin("PATCH", `/providers/${name}`, {
			base_url: "https://api.other.example/v1",
			credential: "sk-for-the-other",
		});
		expect(moved.status).toBe(200);
		expect(await storedSecret()).toBe("sk-for-the-other");
	});

	test("can be left out and taken away; without one the host may change freely", async () => {
		expect((await admin("POST", "/providers", provider({ credential: null }))).body.has_credential).toBe(false);
		expect((await admin("PATCH", `/providers/${name}`, { base_url: "https://b.example/v1" })).status).toBe(200);
		expect((await admin("PATCH", `/providers/${name}`, { credential: SECRET })).body.has_credential).toBe(true);
		const taken = await admin("PATCH", `/providers/${name}`, { base_url: "https://c.example/v1", credential: null });
		expect(taken.body).toMatchObject({ has_credential: false, base_url: "https://c.example/v1" });
		expect(await storedSecret()).toBeNull();
	});

	test("sealed with another gateway secret must be sent again", async () => {
		await admin("POST", "/providers", provider());
		const changed = { ...bindings, CREDENTIALS_SECRET: "another-credentials-secret-of-enough-length" };
		const patch = async (body: unknown) =>
			read(
				await serve(
					new Request(`http://localhost/admin/providers/${name}`, {
						method: "PATCH",
						headers: { authorization: "Bearer tollgate-dev-admin" },
						body: JSON.stringify(body),
					}),
					changed,
					createExecutionContext(),
					newIsolateState(),
				),
			);
		const refused = await patch({ disabled: true });
		expect(refused.status).toBe(409);
		expect(errorOf(refused)).toMatchObject({ code: "credential_unreadable", param: "credential" });
		expect((await patch({ credential: "sk-new" })).status).toBe(200);
		expect(await credentialOf(await stored(), changed.CREDENTIALS_SECRET)).toBe("sk-new");
		await admin("DELETE", `/providers/${name}`);
	});
});

test("a disabled provider serves nothing until it is enabled", async () => {
	await admin("POST", "/providers", provider());
	const { key } = await issueKey({ providers: [name] });
	const served = async () => ((await listModels({ "x-api-key": key })).body.data as unknown[]).length;
	expect(await served()).toBe(1);
	expect((await admin("PATCH", `/providers/${name}`, { disabled: true })).body.disabled).toBe(true);
	expect(await served()).toBe(0);
	expect((await admin("PATCH", `/providers/${name}`, { disabled: false })).body.disabled).toBe(false);
	expect(await served()).toBe(1);
});

test("no provider is called as the gateway's own choice, and no change names a model so", async () => {
	const taken = await admin("POST", "/providers", provider({ name: "auto" }));
	expect([taken.status, errorOf(taken).code, errorOf(taken).param]).toEqual([409, "name_taken", "name"]);
	await admin("POST", "/providers", provider());
	const answer = await admin("PATCH", `/providers/${name}`, { models: [MODEL, { id: "ACME-LARGE" }] });
	expect([answer.status, errorOf(answer).param]).toEqual([400, "models[1].id"]);
});

test("models are replaced as a whole and come back as they were written", async () => {
	await admin("POST", "/providers", provider());
	const models = [
		{ id: "vendor/with/slashes", reasoning: true },
		{ id: "tiny", prices: [{ input: 0, output: 0 }] },
	];
	expect((await admin("PATCH", `/providers/${name}`, { models })).body.models).toEqual(models);
	const { key } = await issueKey({ providers: [name] });
	const { data } = (await listModels({ "x-api-key": key })).body as { data: { id: string }[] };
	expect(data.map(({ id }) => id)).toEqual([`${name}/vendor/with/slashes`, `${name}/tiny`]);
	expect((await admin("PATCH", `/providers/${name}`, { disabled: false })).body.models).toEqual(models);
});

test("a removed provider is gone, and a new one of its name starts afresh", async () => {
	await admin("POST", "/providers", provider());
	const first = await stored();
	const removed = await admin("DELETE", `/providers/${name}`);
	expect(removed.status).toBe(200);
	expect(removed.body).toEqual({ id: name, object: "provider", deleted: true });
	for (const answer of [
		await admin("GET", `/providers/${name}`),
		await admin("DELETE", `/providers/${name}`),
		await admin("PATCH", `/providers/${name}`, { disabled: true }),
	]) {
		expect(answer.status).toBe(404);
		expect(errorOf(answer).code).toBe("provider_not_found");
	}
	await admin("POST", "/providers", provider({ credential: "sk-fresh" }));
	expect((await stored()).id).not.toBe(first.id);
	await expect(
		credentialOf({ ...(await stored()), credential: first.credential }, readConfig(bindings).credentialsSecret),
	).rejects.toThrow(SealError);
});

test("of several that are added under one name at once, one wins", async () => {
	const answers = await Promise.all(Array.from({ length: 8 }, () => admin("POST", "/providers", provider())));
	expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
	const losers = answers.filter(({ status }) => status !== 201);
	for (const loser of losers) {
		expect(loser.status).toBe(409);
		expect(errorOf(loser).code).toBe("provider_exists");
	}
});

test("of several changes at once none is half done: each is made or told to repeat", async () => {
	await admin("POST", "/providers", provider());
	const answers = await Promise.all(
		Array.from({ length: 6 }, (_, index) =>
			admin("PATCH", `/providers/${name}`, {
				base_url: `https://host-${index}.example/v1`,
				credential: `sk-${index}`,
			}),
		),
	);
	expect(answers.some(({ status }) => status === 200)).toBe(true);
	for (const answer of answers) expect([200, 409]).toContain(answer.status);
	const host = /host-(\d)/.exec((await stored()).baseUrl)?.[1];
	expect(await storedSecret()).toBe(`sk-${host}`);
});

describe("a built-in provider", () => {
	test.each(["openai", "OpenAI", "google", "gemini", "cloudflare", "workers-ai", "anthropic"])(
		"cannot be changed or removed here: %s",
		async (builtIn) => {
			expect((await admin("GET", `/providers/${builtIn}`)).body).toMatchObject({
				kind: "built_in",
				status: "simulated",
				default_model: expect.any(String),
			});
			for (const answer of [
				await admin("PATCH", `/providers/${builtIn}`, { disabled: true }),
				await admin("DELETE", `/providers/${builtIn}`),
			]) {
				expect(answer.status).toBe(409);
				expect(errorOf(answer).code).toBe("provider_built_in");
			}
		},
	);

	test.each(["openai", "google", "cloudflare", "siliconflow"])("cannot be shadowed: %s", async (builtIn) => {
		const answer = await admin("POST", "/providers", provider({ name: builtIn }));
		expect(answer.status).toBe(409);
		expect(errorOf(answer)).toMatchObject({ code: "provider_built_in", param: "name" });
	});
});

describe("a body that is wrong is a 400 that names the field", () => {
	test.each<[Record<string, unknown>, string]>([
		[{ name: "With Space" }, "name"],
		[{ name: "UPPER" }, "name"],
		[{ name: "a/b" }, "name"],
		[{ name: "-a" }, "name"],
		[{ name: "" }, "name"],
		[{ name: "x".repeat(64) }, "name"],
		[{ base_url: 1 }, "base_url"],
		[{ base_url: "nonsense" }, "base_url"],
		[{ base_url: "https://user:password@api.example.com" }, "base_url"],
		[{ credential: "" }, "credential"],
		[{ credential: "line\nbreak" }, "credential"],
		[{ credential: { secret: "x" } }, "credential"],
		[{ models: "gpt" }, "models"],
		[{ models: [MODEL, MODEL] }, "models[1].id"],
		[{ models: [{ id: "a" }, { id: "A" }] }, "models[1].id"],
		[{ models: [{ id: "a" }, { id: "b", aliases: ["A"] }] }, "models[1].aliases"],
		[{ models: [{ id: "a", aliases: ["B"] }, { id: "b" }] }, "models[1].id"],
		[{ models: [{ id: "Auto" }] }, "models[0].id"],
		[{ models: [{ id: "a", aliases: ["auto"] }] }, "models[0].aliases"],
		[{ models: [{ id: "a", family: "AUTO" }] }, "models[0].family"],
		[{ models: [{}] }, "models[0].id"],
		[{ models: [{ id: "x", colour: "red" }] }, "models[0].colour"],
		[{ models: [{ id: "x", prices: [{ input: -1, output: 1 }] }] }, "models[0].prices[0].input"],
		[{ models: [{ id: "x", prices: [{ input: "1", output: 1 }] }] }, "models[0].prices[0].input"],
		[{ models: [{ id: "x", traits: { thinking: "hard" } }] }, "models[0].traits.thinking"],
		[{ disabled: "yes" }, "disabled"],
		[{ adapter: "anthropic" }, "adapter"],
	])("%j", async (fields, param) => {
		const answer = await admin("POST", "/providers", provider(fields));
		expect(answer.status).toBe(400);
		expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", param });
	});

	test("a name cannot be changed", async () => {
		await admin("POST", "/providers", provider());
		const answer = await admin("PATCH", `/providers/${name}`, { name: "other" });
		expect(answer.status).toBe(400);
		expect(errorOf(answer).param).toBe("name");
	});
});

test("production takes no base URL inside a network, and no http", async () => {
	const { SIMULATOR: _, DEMO_KEY: __, ...rest } = bindings;
	const production: Env = {
		...rest,
		ADMIN_TOKEN: "an-admin-token-of-production",
		KEY_PEPPER: "a-pepper-of-production-of-enough-length",
		CREDENTIALS_SECRET: "a-credentials-secret-of-production-0000",
	};
	const add = async (body: object) =>
		read(
			await serve(
				new Request("http://localhost/admin/providers", {
					method: "POST",
					headers: { authorization: "Bearer an-admin-token-of-production" },
					body: JSON.stringify(body),
				}),
				production,
				createExecutionContext(),
				newIsolateState(),
			),
		);
	for (const base_url of [
		"http://api.acme.example/v1",
		"https://127.0.0.1/v1",
		"https://metadata.google.internal/v1",
	]) {
		const answer = await add(provider({ base_url }));
		expect(answer.status).toBe(400);
		expect(errorOf(answer).param).toBe("base_url");
	}
	expect((await add(provider({ base_url: "https://api.acme.example/v1" }))).status).toBe(201);
	for (const preset of ["ollama", "vllm", "lm-studio"]) {
		const answer = await add({ preset, models: [] });
		expect([answer.status, errorOf(answer).param]).toEqual([400, "base_url"]);
	}
	const keyless = await add({ preset: "groq", models: [] });
	expect([keyless.status, errorOf(keyless).param]).toEqual([400, "credential"]);
	const azure = await add({ preset: "azure-openai", credential: SECRET, models: [] });
	expect([azure.status, errorOf(azure).param]).toEqual([400, "base_url"]);
	expect(await add({ preset: "groq", name: `${name}-groq`, credential: SECRET, models: [] })).toMatchObject({
		status: 201,
		body: { base_url: "https://api.groq.com/openai/v1", preset: "groq", has_credential: true },
	});
});
