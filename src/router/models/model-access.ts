// Whether a key's policy lets it use a model.
import type { Model } from "#catalog/model";
import { type KeyPolicy, matches } from "#core/key/policy";

/**
 * Whether a key with this policy may use a model. A model pattern with a slash is over `provider/model`; one without is
 * over the id alone, at any provider. Never both: `deepseek/*` does not mean the ids of that form that a reseller has.
 * A model that belongs to an account needs a pattern that names such models.
 */
export function mayUse(policy: KeyPolicy, model: Model): boolean {
	if (!matches(policy.providers, model.provider) || !isWithin(policy.regions, model)) return false;
	const isOwned = OF_AN_ACCOUNT.test(model.id);
	if (policy.models === undefined) return !isOwned;
	return policy.models.some(
		(pattern) =>
			(!isOwned || OF_AN_ACCOUNT.test(pattern)) &&
			matches([pattern], pattern.includes("/") ? targetOf(model) : model.id),
	);
}

/**
 * Names of models that belong to the gateway's account at a vendor, such as `ft:gpt-4o:acme::id`, or patterns that say
 * that they mean such models: what one team had trained is not for every key.
 */
const OF_AN_ACCOUNT = /(?:^|[/:.])ft[:-]|(?:^|\/)tunedModels\//i;

/** Whether a model is known to be in one of the regions; without regions every model is. */
export function isWithin(regions: readonly string[] | undefined, model: Model): boolean {
	return regions === undefined || model.regions.some((region) => regions.includes(region));
}

/** How a model is named where providers matter. */
export function targetOf({ provider, id }: Pick<Model, "provider" | "id">): string {
	return `${provider}/${id}`;
}
