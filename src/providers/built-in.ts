import { BUILT_IN_MODELS } from "../catalog/catalog";
import type { ProviderName } from "../core/ids";
import type { Env } from "../env";
import type { ChatAdapter } from "./adapter";
import { anthropic } from "./anthropic";
import { versionedBaseUrl } from "./base-url";
import { deepseek } from "./deepseek";
import { type Credential, upstreamFetch } from "./egress";
import { gemini } from "./gemini";
import { BUILT_IN_PROVIDERS, type BuiltInProvider, DEFAULT_MODELS } from "./names";
import { openai } from "./openai";
import { openrouter } from "./openrouter";
import { ONLY_CREDENTIAL, type Provider, type ProviderCredential } from "./provider";
import { siliconflow } from "./siliconflow";
import { workersAi } from "./workers-ai";

/** One line per provider that is reached over HTTP: its protocol, its public base URL, the prefix of its settings. */
const HTTP_PROVIDERS = {
	openai: { adapter: openai, baseUrl: "https://api.openai.com/v1", settings: "OPENAI" },
	anthropic: { adapter: anthropic, baseUrl: "https://api.anthropic.com/v1", settings: "ANTHROPIC" },
	gemini: { adapter: gemini, baseUrl: "https://generativelanguage.googleapis.com/v1beta", settings: "GEMINI" },
	deepseek: { adapter: deepseek, baseUrl: "https://api.deepseek.com/v1", settings: "DEEPSEEK" },
	openrouter: { adapter: openrouter, baseUrl: "https://openrouter.ai/api/v1", settings: "OPENROUTER" },
	siliconflow: { adapter: siliconflow, baseUrl: "https://api.siliconflow.cn/v1", settings: "SILICONFLOW" },
} as const satisfies Record<
	Exclude<BuiltInProvider, "workers-ai">,
	{ adapter: ChatAdapter; baseUrl: string; settings: string }
>;

/**
 * The built-in providers that can serve in this environment. One with neither a credential nor a base URL of its own is
 * played by the simulator where that is bound, and absent elsewhere; a base URL alone serves without a credential in
 * the local environment. Throws TypeError when a base URL is not a URL.
 */
export function builtInProviders(env: Env): Provider[] {
	return BUILT_IN_PROVIDERS.flatMap((name) => {
		const provider = name === "workers-ai" ? workersAiProvider(env) : httpBuiltIn(name, env);
		return provider === null ? [] : [provider];
	});
}

function serving(name: BuiltInProvider) {
	return {
		name: name as string as ProviderName,
		models: BUILT_IN_MODELS.filter((model) => model.provider === name),
		defaultModel: DEFAULT_MODELS[name],
	};
}

function workersAiProvider(env: Env): Provider {
	return {
		...serving("workers-ai"),
		adapter: workersAi,
		simulated: env.SIMULATOR !== undefined,
		credentials: [
			{
				id: ONLY_CREDENTIAL,
				weight: 1,
				send: (call, signal) => env.AI.run(call.path, call.body, { returnRawResponse: true, signal }),
			},
		],
	};
}

function httpBuiltIn(name: keyof typeof HTTP_PROVIDERS, env: Env): Provider | null {
	const { adapter, baseUrl, settings } = HTTP_PROVIDERS[name];
	const secret = env[`${settings}_API_KEY`] || null;
	const ownBaseUrl = env[`${settings}_BASE_URL`] || null;
	const simulator = env.SIMULATOR;
	if (secret !== null || (ownBaseUrl !== null && simulator !== undefined)) {
		return { ...serving(name), simulated: false, ...overHttp(adapter, ownBaseUrl ?? baseUrl, secret) };
	}
	if (simulator === undefined) return null;
	return { ...serving(name), simulated: true, ...overHttp(adapter, `https://simulator/${name}`, null, simulator) };
}

/** The way to a provider over HTTP; `secret` is its credential, bound to the base URL's origin. Throws TypeError for no URL. */
export function overHttp(
	adapter: ChatAdapter,
	baseUrl: string,
	secret: string | null,
	via: { fetch: typeof fetch } = globalThis,
): Pick<Provider, "adapter" | "credentials"> {
	const base = versionedBaseUrl(baseUrl, adapter.version);
	const credential: Credential | null =
		secret === null ? null : { origin: new URL(base).origin, header: adapter.credentialHeader, secret };
	const send: ProviderCredential["send"] = ({ path, body, headers = {} }, signal) =>
		upstreamFetch({ url: base + path, body: JSON.stringify(body), headers, signal }, credential, via);
	return { adapter, credentials: [{ id: ONLY_CREDENTIAL, weight: 1, send }] };
}
