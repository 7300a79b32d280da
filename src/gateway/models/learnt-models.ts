// Lays what was learnt of a provider's models between what is known of them and what admins wrote.
import type { WrittenModel } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import type { ModelOverrides } from "#catalog/override";
import type { ProviderName } from "#core/ids";
import type { LearntModels } from "#store/config/document-kinds";

/** Overrides with what was learnt beneath them: an admin's own word counts more. */
export function withLearnt(overrides: ModelOverrides, provider: ProviderName, learnt: LearntModels): ModelOverrides {
	if (learnt.models.size === 0) return overrides;
	const merged = new Map(overrides);
	for (const [id, { id: _, ...fields }] of learnt.models) {
		const name = `${provider}/${id}`;
		merged.set(name, { ...fields, ...overrides.get(name) });
	}
	return merged;
}

/** Models that were learnt and are known in no other way. `known` are the models that are. */
export function learntBeside(
	{ models }: LearntModels,
	known: readonly Pick<Model, "id" | "aliases">[],
): WrittenModel[] {
	const names = new Set(known.flatMap(({ id, aliases }) => [id, ...aliases]).map((name) => name.toLowerCase()));
	return [...models.values()].filter(({ id }) => typeof id === "string" && !names.has(id.toLowerCase()));
}

/** Without the models that their provider no longer has. */
export function withoutHidden(models: readonly Model[], { hidden }: LearntModels): readonly Model[] {
	return hidden.length === 0 ? models : models.filter(({ id }) => !hidden.includes(id));
}
