import type { Config } from "../config";
import type { Env } from "../env";
import { builtInProviders, overHttp } from "../providers/built-in";
import { BUILT_IN_PROVIDERS } from "../providers/names";
import { openaiCompatible } from "../providers/openai-compatible";
import type { Provider } from "../providers/provider";
import { buildDirectory, type Directory } from "../router/directory";
import { credentialOf, listProviders, modelsOf, type StoredProvider } from "../store/providers";

/** The providers that can serve now: the built-in ones and those that an admin added. */
export interface ServingProviders {
	readonly byName: ReadonlyMap<string, Provider>;
	readonly directory: Directory;
}

interface Cached extends ServingProviders {
	/** Milliseconds since the epoch; after it the next request refreshes in the background. */
	staleAt: number;
}

/** How long an isolate goes without looking at the registry: the longest that a change to a provider takes to arrive. */
const FRESH_MS = 10_000;

const caches = new WeakMap<Env, Cached>();

/**
 * Reads the registry only on the first use in an isolate and, in the background, when the copy is stale. A registry that
 * does not answer leaves what was known; on first use, the built-in providers.
 */
export async function servingProviders(on: {
	env: Env;
	config: Config;
	execution: ExecutionContext;
	receivedAt: number;
}): Promise<ServingProviders> {
	const { env, config, execution, receivedAt } = on;
	const cached = caches.get(env);
	if (cached === undefined) return refresh(env, config, receivedAt);
	if (cached.staleAt <= receivedAt) {
		// Moved on first, so that one request refreshes and not all that arrive meanwhile.
		cached.staleAt = receivedAt + FRESH_MS;
		execution.waitUntil(refresh(env, config, receivedAt));
	}
	return cached;
}

/** After a change by this isolate itself: its next request looks at the registry. */
export function forgetProviders(env: Env): void {
	caches.delete(env);
}

async function refresh(env: Env, config: Config, now: number): Promise<ServingProviders> {
	let stored: StoredProvider[];
	try {
		stored = await listProviders(env.DB);
	} catch {
		return caches.get(env) ?? assemble(env, [], []);
	}
	const added = await Promise.all(stored.filter((provider) => !provider.disabled).map((one) => serving(one, config)));
	const providers = added.filter((provider) => provider !== null);
	const names = stored.map(({ name }) => name as string);
	const cached = { ...assemble(env, providers, names), staleAt: now + FRESH_MS };
	caches.set(env, cached);
	return cached;
}

function assemble(env: Env, added: Provider[], known: string[]): ServingProviders {
	const providers = [...builtInProviders(env), ...added];
	const byName = new Map(providers.map((provider) => [provider.name as string, provider]));
	const unavailable = [...BUILT_IN_PROVIDERS, ...known].filter((name) => !byName.has(name));
	return { byName, directory: buildDirectory(providers, unavailable) };
}

/** Null when its credential does not open, as after a change of the gateway's secret: it cannot serve then. */
async function serving(stored: StoredProvider, config: Config): Promise<Provider | null> {
	try {
		const secret = await credentialOf(stored, config.credentialsSecret);
		const models = modelsOf(stored);
		return {
			name: stored.name,
			models,
			defaultModel: models[0]?.id ?? null,
			simulated: false,
			...overHttp(openaiCompatible, stored.baseUrl, secret),
		};
	} catch {
		console.error(JSON.stringify({ level: "error", error: "SealError", provider: stored.name }));
		return null;
	}
}
