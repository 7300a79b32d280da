// Lays what was learnt of a provider's models between what is known of them and what admins wrote.
import type { ModelOverrides } from "#catalog/override";
import type { ProviderName } from "#core/ids";
import type { LearntModels } from "#store/config/document-kinds";

/**
 * Overrides with what was learnt beneath them: an admin's own word counts more. Models that the provider no longer has
 * are hidden.
 */
export function withLearnt(overrides: ModelOverrides, provider: ProviderName, learnt: LearntModels): ModelOverrides {
	if (learnt.models.size === 0 && learnt.hidden.length === 0) return overrides;
	const merged = new Map(overrides);
	for (const [id, fields] of learnt.models) {
		const name = `${provider}/${id}`;
		merged.set(name, { ...fields, ...overrides.get(name) });
	}
	for (const id of learnt.hidden) {
		const name = `${provider}/${id}`;
		merged.set(name, { ...merged.get(name), hidden: true });
	}
	return merged;
}
