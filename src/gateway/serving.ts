import type { Config } from "../config";
import type { AutoRules } from "../core/auto-rules";
import type { Env } from "../env";
import { builtInProviders, overHttp } from "../providers/built-in";
import { BUILT_IN_PROVIDERS } from "../providers/names";
import { openaiCompatible } from "../providers/openai-compatible";
import type { Provider } from "../providers/provider";
import { DEFAULT_RULES } from "../router/default-rules";
import { buildDirectory, type Directory } from "../router/directory";
import { credentialOf, modelsOf, type StoredProvider } from "../store/providers";
import type { Registered } from "../store/registered";

/** Who can serve: the built-in providers and those that an admin added, with the names that they go by. */
export interface ServingProviders {
	readonly byName: ReadonlyMap<string, Provider>;
	readonly directory: Directory;
	/** How `auto` chooses. */
	readonly rules: AutoRules;
}

/** Makes of the environment and the registry what requests are served with. */
export async function assemble(env: Env, config: Config, registered: Registered): Promise<ServingProviders> {
	const added = await Promise.all(
		registered.providers.filter(({ disabled }) => !disabled).map((provider) => serving(provider, config)),
	);
	const providers = [...builtInProviders(env), ...added.filter((provider) => provider !== null)];
	const byName = new Map(providers.map((provider) => [provider.name as string, provider]));
	const known = [...BUILT_IN_PROVIDERS, ...registered.providers.map(({ name }) => name as string)];
	const unavailable = known.filter((name) => !byName.has(name));
	return {
		byName,
		directory: buildDirectory(providers, unavailable, registered.aliases),
		rules: registered.rules ?? DEFAULT_RULES,
	};
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
