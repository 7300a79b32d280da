// Which models the simulated vendors have: those of the catalog, and any at a provider that an admin added.
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { builtInModels, type ProviderModels } from "#catalog/override";
import type { ProviderName } from "#core/ids";

const BUILT_IN = new Set<string>(BUILT_IN_MODELS.map((model) => model.provider));
const catalogs = new Map<string, ProviderModels>();

/** Whether the catalog has models of this provider; any other is one that an admin added. */
export function isBuiltIn(provider: string): boolean {
	return BUILT_IN.has(provider);
}

/** Every model of a vendor that is known: those of the catalog first. */
export function modelsOf(provider: string): readonly Model[] {
	const catalog = catalogOf(provider);
	return [...catalog.models, ...catalog.others()];
}

/** The model by its id or another id that the vendor accepts for it; null when the vendor does not have it. */
export function findModel(provider: string, id: string): Model | null {
	if (!isBuiltIn(provider)) return addedModel(provider, id);
	const found = knownModel(provider, id);
	if (found !== null || provider !== "openrouter") return found;
	// A variant that has no price of its own.
	return knownModel(provider, id.replace(/:(?:nitro|floor|online|extended|exacto)$/, ""));
}

/** A vendor goes by its own spelling alone. */
function knownModel(provider: string, id: string): Model | null {
	const { models } = catalogOf(provider);
	const known = models.find((model) => model.id === id) ?? models.find((model) => model.aliases.includes(id));
	if (known !== undefined) return known;
	const listed = catalogOf(provider).listed(id);
	return listed?.id === id ? listed : null;
}

function catalogOf(provider: string): ProviderModels {
	const catalog = catalogs.get(provider) ?? builtInModels(provider as ProviderName, new Map());
	catalogs.set(provider, catalog);
	return catalog;
}

/**
 * An added provider has every model. It charges $1 per million input tokens, $2 per million output tokens, and 30 cents
 * for a video.
 */
function addedModel(provider: string, id: string): Model {
	const price = { input: 1_000_000, cacheRead: 1_000_000, cacheWrite: 1_000_000, cacheWriteHour: 1_000_000 };
	return {
		provider: provider as ProviderName,
		id,
		aliases: [],
		context: null,
		maxOutput: null,
		input: ["text", "image"],
		output: ["text"],
		tools: true,
		jsonSchema: true,
		reasoning: false,
		traits: { video: { seconds: [4, 8, 12], sizes: ["720x1280", "1280x720"] } },
		prices: [{ from: 0, price: { ...price, output: 2_000_000 } }],
		rules: { videoFees: { whole: 300_000_000 } },
		family: null,
		quality: null,
		regions: [],
	};
}
