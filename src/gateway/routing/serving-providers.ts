/** Builds what requests are served with out of the environment and the registry. */
import { addedModels, builtInModels, type ModelOverrides } from "#catalog/override";
import type { Config } from "#config";
import type { CredentialId, ProviderName, TeamId } from "#core/ids";
import type { AutoRules } from "#core/routing/auto-rules";
import type { Env } from "#env";
import { withLearnt } from "#gateway/models/learnt-models";
import { builtInOrigin, builtInProvider } from "#providers/built-in";
import type { BuiltInProvider } from "#providers/built-in-providers";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { isPlayed, presetListing, presetModels } from "#providers/presets/presets";
import { adapterOf } from "#providers/protocols";
import { ONLY_CREDENTIAL, type Provider } from "#providers/provider";
import { type Account, onlyAccount, overHttp } from "#providers/transport/over-http";
import { buildDirectory, type Directory } from "#router/models/directory";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { type LearntModels, learntOf, NOTHING_LEARNT, overrideOf } from "#store/config/document-kinds";
import { type StoredCredential, secretOf } from "#store/config/provider-credentials";
import { bindingOf, credentialOf, type StoredProvider } from "#store/config/providers";
import type { Registered } from "#store/config/registered";
import { SealError } from "#store/d1/sealed";
import { defaultsFor, type TeamDefaults } from "./defaults";

/** Who can serve: the built-in providers and those that an admin added, with the names that they go by. */
export interface ServingProviders {
	readonly byName: ReadonlyMap<string, Provider>;
	readonly directory: Directory;
	/** How `auto` chooses. */
	readonly rules: AutoRules;
	defaults(team: TeamId): TeamDefaults;
}

/** Makes of the environment and the registry what requests are served with. */
export async function buildServingProviders(
	env: Env,
	config: Config,
	registered: Registered,
): Promise<ServingProviders> {
	const { credentials } = registered;
	const { credentialsSecret } = config;
	const overrides = new Map(registered.overrides.map((document) => [document.name, overrideOf(document)]));
	const learnt = new Map(registered.learnt.map((document) => [document.name, learntOf(document)]));
	const of = (provider: string) => ({ overrides, learnt: learnt.get(provider) ?? NOTHING_LEARNT });
	const all = await Promise.all([
		...BUILT_IN_PROVIDERS.map((name) => builtIn(name, env, credentials, of(name), credentialsSecret)),
		...registered.providers.map((provider) =>
			added(provider, env.SIMULATOR, credentials, of(provider.name), credentialsSecret),
		),
	]);
	const providers = all.filter((provider) => provider !== null);
	const byName = new Map(providers.map((provider) => [provider.name as string, provider]));
	const known = [...BUILT_IN_PROVIDERS, ...registered.providers.map(({ name }) => name as string)];
	const unavailable = known.filter((name) => !byName.has(name));
	return {
		byName,
		directory: buildDirectory(providers, unavailable, registered.aliases),
		rules: registered.rules ?? DEFAULT_RULES,
		defaults: (team) => defaultsFor(registered.defaults, team),
	};
}

/** What is laid over the models of a provider that are known. */
interface BesideKnown {
	readonly overrides: ModelOverrides;
	readonly learnt: LearntModels;
}

async function builtIn(
	name: BuiltInProvider,
	env: Env,
	credentials: readonly StoredCredential[],
	{ overrides, learnt }: BesideKnown,
	gatewaySecret: string,
): Promise<Provider | null> {
	const own = credentials.filter(({ provider }) => provider === name);
	const providerName = name as string as ProviderName;
	const origin = builtInOrigin(name, env);
	return builtInProvider(name, env, {
		catalog: builtInModels(providerName, withLearnt(overrides, providerName, learnt)),
		added: own.length === 0 || origin === null ? null : await usable(own, origin, gatewaySecret),
	});
}

/**
 * One made from a preset, without a credential that it needs, is played by the simulator where that is bound. Null for
 * a provider that is disabled, or none of whose credentials can be used.
 */
async function added(
	provider: StoredProvider,
	simulator: Fetcher | undefined,
	credentials: readonly StoredCredential[],
	{ overrides, learnt }: BesideKnown,
	gatewaySecret: string,
): Promise<Provider | null> {
	if (provider.disabled) return null;
	const others = credentials.filter((credential) => credential.provider === provider.id);
	const { origin } = bindingOf(provider);
	const takesNone = provider.credential === null && others.length === 0;
	const accounts = takesNone
		? [onlyAccount(null)]
		: [...(await ownAccount(provider, gatewaySecret)), ...(await usable(others, origin, gatewaySecret))];
	if (accounts.length === 0) return null;
	const catalog = addedModels(
		provider.name,
		presetModels(provider.preset, provider.writtenModels),
		withLearnt(overrides, provider.name, learnt),
		presetListing(provider.preset),
	);
	const { models } = catalog;
	const adapter = adapterOf(provider.protocol, provider.preset);
	const simulated = simulator !== undefined && takesNone && isPlayed(provider.preset, provider.baseUrl);
	const way = simulated
		? overHttp(adapter, `https://simulator/${provider.preset}${pathOf(provider.baseUrl)}`, accounts, { via: simulator })
		: overHttp(adapter, provider.baseUrl, accounts, { credentialHeader: provider.credentialHeader });
	return {
		name: provider.name,
		models,
		catalog,
		defaultModel: models[0]?.id ?? null,
		simulated,
		...way,
	};
}

function pathOf(url: string): string {
	return new URL(url).pathname.replace(/\/$/, "");
}

async function ownAccount(provider: StoredProvider, gatewaySecret: string): Promise<Account[]> {
	return opened(ONLY_CREDENTIAL, async () => {
		const secret = await credentialOf(provider, gatewaySecret);
		return secret === null ? [] : [onlyAccount(secret)];
	});
}

/** Those that are enabled and open. A disabled or unreadable credential serves no request. */
async function usable(
	credentials: readonly StoredCredential[],
	origin: string,
	gatewaySecret: string,
): Promise<Account[]> {
	const enabled = credentials.filter(({ disabled }) => !disabled);
	const accounts = enabled.map((credential) =>
		opened(credential.id, async () => [
			{
				id: credential.id,
				weight: credential.weight,
				secret: await secretOf(credential, origin, gatewaySecret),
			},
		]),
	);
	return (await Promise.all(accounts)).flat();
}

/** None when the credential does not open, as after a change of the gateway's secret or of the provider's host. */
async function opened(credential: CredentialId, open: () => Promise<Account[]>): Promise<Account[]> {
	try {
		return await open();
	} catch (error) {
		if (!(error instanceof SealError)) throw error;
		console.error(JSON.stringify({ level: "error", error: "SealError", credential }));
		return [];
	}
}
