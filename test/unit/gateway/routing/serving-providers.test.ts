import { afterEach, describe, expect, it, vi } from "vitest";
import type { Config } from "#config";
import type { CredentialId, ProviderName } from "#core/ids";
import type { Env } from "#env";
import { buildServingProviders, type ServingProviders } from "#gateway/routing/serving-providers";
import { adapterOf } from "#providers/protocols";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { credentialBinding, type StoredCredential } from "#store/config/provider-credentials";
import { bindingOf, type StoredProvider } from "#store/config/providers";
import { NOTHING_REGISTERED, type Registered } from "#store/config/registered";
import { seal } from "#store/d1/sealed";

const SECRET = "a-credentials-secret-of-enough-length-000";
const config = { credentialsSecret: SECRET } as Config;
const OPENAI = "https://api.openai.com";
const ACME = "https://api.acme.example";

const sent: { url: string; authorization: string | null }[] = [];
const network: typeof fetch = async (input, init) => {
	sent.push({ url: String(input), authorization: new Headers(init?.headers).get("authorization") });
	return new Response("{}");
};
const simulator = { fetch: network } as unknown as Fetcher;
const production = (fields: Partial<Env> = {}) => ({ ...fields }) as Env;
const local = (fields: Partial<Env> = {}) => ({ SIMULATOR: simulator, ...fields }) as Env;

afterEach(() => {
	vi.restoreAllMocks();
	sent.length = 0;
});

async function credential(
	id: string,
	fields: Partial<StoredCredential> = {},
	at: { origin?: string; secret?: string } = {},
): Promise<StoredCredential> {
	const own = { id: id as CredentialId, version: 1, ...fields };
	return {
		provider: "openai",
		name: id,
		sealed: await seal(at.secret ?? SECRET, `sk-${id}`, credentialBinding(own, at.origin ?? OPENAI)),
		last4: "",
		weight: 1,
		disabled: false,
		createdAt: 0,
		updatedAt: 0,
		...own,
	};
}

async function acme(fields: Partial<StoredProvider> = {}): Promise<StoredProvider> {
	const own = { id: "prov_1", version: 1, baseUrl: `${ACME}/v1`, ...fields };
	return {
		name: "acme" as ProviderName,
		writtenModels: [{ id: "large" }],
		protocol: "openai-chat",
		credentialHeader: null,
		preset: null,
		credential: await seal(SECRET, "sk-own", bindingOf(own)),
		disabled: false,
		createdAt: 0,
		updatedAt: 0,
		...own,
	};
}

function assembled(env: Env, registered: Partial<Registered> = {}): Promise<ServingProviders> {
	return buildServingProviders(env, config, { ...NOTHING_REGISTERED, ...registered });
}

/** Which credentials a provider has, with their weights; null when it does not serve. */
function ways({ byName }: ServingProviders, name: string): Record<string, number> | null {
	const provider = byName.get(name);
	return provider === undefined
		? null
		: Object.fromEntries(provider.credentials.map(({ id, weight }) => [id as string, weight]));
}

/** What an upstream was sent by each credential of a provider. */
async function calls({ byName }: ServingProviders, name: string) {
	vi.spyOn(globalThis, "fetch").mockImplementation(network);
	for (const { send } of byName.get(name)?.credentials ?? []) {
		await send({ path: "/chat/completions", body: {}, dropped: [] }, new AbortController().signal);
	}
	return sent;
}

describe("a built-in provider", () => {
	it("has the environment's key as one credential beside those that were added", async () => {
		const others = await credential("b", { provider: "deepseek" }, { origin: "https://api.deepseek.com" });
		const credentials = [await credential("a", { weight: 3 }), others];
		const serving = await assembled(production({ OPENAI_API_KEY: "sk-env" }), { credentials });
		expect(ways(serving, "openai")).toEqual({ default: 1, a: 3 });
		expect(await calls(serving, "openai")).toEqual([
			{ url: `${OPENAI}/v1/chat/completions`, authorization: "Bearer sk-env" },
			{ url: `${OPENAI}/v1/chat/completions`, authorization: "Bearer sk-a" },
		]);
	});

	it("serves in production with an added credential alone, and not without any", async () => {
		expect(ways(await assembled(production()), "openai")).toBeNull();
		expect(ways(await assembled(production(), { credentials: [await credential("a")] }), "openai")).toEqual({ a: 1 });
	});

	it("is not played by the simulator once it has a credential of its own", async () => {
		expect((await assembled(local())).byName.get("openai")?.simulated).toBe(true);
		const serving = await assembled(local(), { credentials: [await credential("a")] });
		expect(serving.byName.get("openai")?.simulated).toBe(false);
		expect((await calls(serving, "openai"))[0]?.url).toContain(OPENAI);
	});

	it("serves without a credential at a base URL of its own, but not beside an added one", async () => {
		const env = local({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" });
		expect(ways(await assembled(env), "openai")).toEqual({ default: 1 });
		const credentials = [await credential("a", {}, { origin: "http://127.0.0.1:9" })];
		expect(ways(await assembled(env, { credentials }), "openai")).toEqual({ a: 1 });
	});

	it.each(["production", "local"])("does not serve when what was added cannot be used (%s)", async (where) => {
		vi.spyOn(console, "error").mockReturnValue();
		const env = where === "local" ? local() : production();
		for (const unusable of [
			await credential("a", { disabled: true }),
			await credential("a", {}, { secret: "another-secret-of-the-gateway-0000000000" }),
			await credential("a", {}, { origin: "https://elsewhere.example" }),
			{ ...(await credential("a")), version: 2 },
			{ ...(await credential("a")), id: "b" as CredentialId },
			{ ...(await credential("a")), sealed: "nonsense" },
		]) {
			const serving = await assembled(env, { credentials: [unusable] });
			expect(ways(serving, "openai")).toBeNull();
			expect(serving.directory.unavailable).toContain("openai");
		}
	});

	it("sends a credential to no other host than it was given for", async () => {
		vi.spyOn(console, "error").mockReturnValue();
		const env = production({ OPENAI_API_KEY: "sk-env", OPENAI_BASE_URL: "https://proxy.example/v1" });
		expect(ways(await assembled(env, { credentials: [await credential("a")] }), "openai")).toEqual({ default: 1 });
	});

	it("takes no credential when it is a binding", async () => {
		const credentials = [await credential("a", { provider: "workers-ai" })];
		expect(ways(await assembled(production(), { credentials }), "workers-ai")).toEqual({ default: 1 });
	});
});

describe("an added provider", () => {
	it("has its own credential beside further ones", async () => {
		const credentials = [await credential("a", { provider: "prov_1", weight: 2 }, { origin: ACME })];
		const serving = await assembled(production(), { providers: [await acme()], credentials });
		expect(ways(serving, "acme")).toEqual({ default: 1, a: 2 });
		expect((await calls(serving, "acme")).map(({ authorization }) => authorization)).toEqual([
			"Bearer sk-own",
			"Bearer sk-a",
		]);
	});

	it("serves without a credential only if it was given none", async () => {
		vi.spyOn(console, "error").mockReturnValue();
		const bare = await acme({ credential: null });
		expect(ways(await assembled(production(), { providers: [bare] }), "acme")).toEqual({ default: 1 });
		const credentials = [await credential("a", { provider: "prov_1", disabled: true }, { origin: ACME })];
		expect(ways(await assembled(production(), { providers: [bare], credentials }), "acme")).toBeNull();
		const unreadable = { ...(await acme()), version: 2 };
		expect(ways(await assembled(production(), { providers: [unreadable] }), "acme")).toBeNull();
	});

	it("serves with what can be read of several", async () => {
		vi.spyOn(console, "error").mockReturnValue();
		const credentials = [
			await credential("a", { provider: "prov_1" }, { origin: "https://before.example" }),
			await credential("b", { provider: "prov_1" }, { origin: ACME }),
		];
		expect(ways(await assembled(production(), { providers: [await acme()], credentials }), "acme")).toEqual({
			default: 1,
			b: 1,
		});
	});

	it("does not get those of an earlier provider of its name", async () => {
		const credentials = [await credential("a", { provider: "prov_0" }, { origin: ACME })];
		expect(ways(await assembled(production(), { providers: [await acme()], credentials }), "acme")).toEqual({
			default: 1,
		});
	});

	it("speaks the protocol that an admin says, with its key in the header that an admin says", async () => {
		const azure = await acme({
			protocol: "openai-responses",
			credentialHeader: "api-key",
			baseUrl: `${ACME}/openai/v1`,
		});
		const bearer = await acme({ protocol: "anthropic", credentialHeader: "authorization" });
		const headers: (string | null)[][] = [];
		vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
			const given = new Headers(init?.headers);
			headers.push([String(url), given.get("api-key"), given.get("x-api-key"), given.get("authorization")]);
			return new Response("{}");
		});
		for (const provider of [azure, bearer, await acme({ protocol: "anthropic" })]) {
			const serving = (await assembled(production(), { providers: [provider] })).byName.get("acme");
			expect(serving?.adapter).toBe(adapterOf(provider.protocol, null));
			await serving?.credentials[0]?.send({ path: "/x", body: {}, dropped: [] }, new AbortController().signal);
		}
		expect(headers).toEqual([
			[`${ACME}/openai/v1/x`, "sk-own", null, null],
			[`${ACME}/v1/x`, null, null, "Bearer sk-own"],
			[`${ACME}/v1/x`, null, "sk-own", null],
		]);
	});

	it("is played by the simulator only where it is at its preset's address, needs a key and has none", async () => {
		const groq = { preset: "groq", credential: null, baseUrl: "https://api.groq.com/openai/v1" };
		const played = async (env: Env, fields: Partial<StoredProvider>) =>
			(await assembled(env, { providers: [await acme(fields)] })).byName.get("acme")?.simulated;
		expect(await played(local(), groq)).toBe(true);
		expect(await played(production(), groq)).toBe(false);
		expect(await played(local(), { ...groq, baseUrl: `${ACME}/v1` })).toBe(false);
		expect(await played(local(), { ...groq, preset: "ollama", baseUrl: "http://localhost:11434/v1" })).toBe(false);
		const { credential: _, ...keyed } = groq;
		expect(await played(local(), keyed)).toBe(false);
	});

	it("does not serve while it is disabled, and is known by name", async () => {
		const serving = await assembled(production(), { providers: [await acme({ disabled: true })] });
		expect(ways(serving, "acme")).toBeNull();
		expect(serving.directory.unavailable).toContain("acme");
	});
});

describe("what was learnt of a provider's models", () => {
	const learnt = (name: string, models: object, hidden: string[] = []) => [
		{ name, version: 1, body: { models, hidden }, createdAt: 0 },
	];
	const model = (serving: ServingProviders, provider: string, id: string) =>
		serving.byName.get(provider)?.models.find((one) => one.id === id);

	it("is served beside what is known, beneath what an admin wrote, and hides what is gone", async () => {
		const models = {
			"gpt-of-tomorrow": { id: "gpt-of-tomorrow", context: 5, prices: [{ input: 1, output: 2 }] },
			"gpt-4o": { prices: [{ input: 7, output: 8 }], context: 6 },
		};
		const overrides = [
			{ name: "openai/gpt-4o", version: 1, body: { context: 77 }, createdAt: 0 },
			{ name: "openai/gpt-of-tomorrow", version: 1, body: { tools: false }, createdAt: 0 },
		];
		const serving = await assembled(local(), { overrides, learnt: learnt("openai", models, ["gpt-4o-mini"]) });
		expect(model(serving, "openai", "gpt-of-tomorrow")).toMatchObject({ context: 5, tools: false });
		expect(model(serving, "openai", "gpt-4o")).toMatchObject({ context: 77, prices: [{ price: { input: 7e6 } }] });
		expect(model(serving, "openai", "gpt-4o-mini")).toBeUndefined();
		expect(model(await assembled(local()), "openai", "gpt-4o-mini")).toBeDefined();
	});

	it("of a preset has what its vendor's models have in common", async () => {
		const provider = await acme({ preset: "perplexity", writtenModels: [] });
		const serving = await assembled(production(), {
			providers: [provider],
			learnt: learnt("acme", { s: { id: "s" } }),
		});
		expect(model(serving, "acme", "s")).toMatchObject({ tools: false, jsonSchema: true });
	});

	it("is nothing where it is written in a way that is not understood, and never a name twice", async () => {
		const odd = [{ name: "openai", version: 1, body: { models: 7 }, createdAt: 0 }];
		expect(model(await assembled(local(), { learnt: odd }), "openai", "gpt-4o")).toBeDefined();
		const again = { "GPT-4o": { id: "GPT-4o" }, broken: { id: "broken", context: -1 } };
		const serving = await assembled(local(), { learnt: learnt("openai", again) });
		expect(model(serving, "openai", "GPT-4o")).toBeUndefined();
		expect(model(serving, "openai", "broken")).toBeUndefined();
	});
});

describe("what is in force", () => {
	it("are the registered rules, else the gateway's own, with overridden models and aliases", async () => {
		expect((await assembled(local())).rules).toBe(DEFAULT_RULES);
		const rules = { ...DEFAULT_RULES, pool: ["deepseek/*"] };
		const overrides = [{ name: "openai/gpt-4o", version: 1, body: { context: 77 }, createdAt: 0 }];
		const serving = await assembled(local(), { rules, overrides });
		expect(serving.rules).toBe(rules);
		expect(serving.directory.byId.get("gpt-4o")?.[0]?.context).toBe(77);
	});
});
