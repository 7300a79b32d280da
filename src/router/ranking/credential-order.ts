// In which order a provider's credentials are tried.
import type { Model } from "#catalog/model";
import type { ProviderHealth } from "#core/health/health";
import type { CredentialId } from "#core/ids";
import type { CredentialShare } from "#providers/provider";
import { type TargetHealth, targetHealthOf } from "#router/filters/target-health";

/** A provider's credential, and the model's health under it. */
export interface CredentialAccess {
	readonly credential: CredentialId;
	readonly health: TargetHealth;
}

/**
 * The credentials under which a model can be called, in the order in which to try them: those that health lets through
 * before those that are shut, the soonest to reopen first; among the former, `usual` first where a conversation was
 * served under it, because vendors keep prompts by account; the others by chance, each as often as its weight and its
 * health say (Efraimidis and Spirakis, weighted sampling without replacement).
 */
export function orderCredentials(
	credentials: readonly CredentialShare[],
	model: Model,
	health: ProviderHealth | null,
	usual: CredentialId | null,
	now: number,
	draw: () => number,
): readonly CredentialAccess[] {
	const [only] = credentials;
	if (only !== undefined && credentials.length === 1) return [accessOf(only.id, model, health, now)];
	return credentials
		.map(({ id, weight }) => {
			const access = accessOf(id, model, health, now);
			return { access, place: placeOf(access, weight, usual, draw()) };
		})
		.sort((a, b) => b.place - a.place)
		.map(({ access }) => access);
}

function accessOf(
	credential: CredentialId,
	model: Model,
	health: ProviderHealth | null,
	now: number,
): CredentialAccess {
	return { credential, health: targetHealthOf(health, credential, model.id, now) };
}

/** The greater the earlier. Chance is between 0 and 1; what is shut is below all chance, by when it reopens. */
function placeOf(
	{ credential, health }: CredentialAccess,
	weight: number,
	usual: CredentialId | null,
	draw: number,
): number {
	if (health.shut !== null) return -(health.until ?? Number.MAX_SAFE_INTEGER);
	if (credential === usual) return 2;
	const share = weight * health.share * (1 - health.shed);
	return share === 0 ? 0 : (1 - draw) ** (1 / share);
}
