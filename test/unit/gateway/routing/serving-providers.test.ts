import { afterEach, describe, expect, it, vi } from "vitest";
import type { Config } from "#config";
import type { CredentialId, ProviderName } from "#core/ids";
import type { Env } from "#env";
import { buildServingProviders, type ServingProviders } from "#gateway/routing/serving-providers";
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

	it("does not serve while it is disabled, and is known by name", async () => {
		const serving = await assembled(production(), { providers: [await acme({ disabled: true })] });
		expect(ways(serving, "acme")).toBeNull();
		expect(serving.directory.unavailable).toContain("acme");
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
