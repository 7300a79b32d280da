// Lays what admins wrote over the built-in models.
import * as v from "valibot";
import type { ProviderName } from "#core/ids";
import { CATALOG, ModelSchema, toModel, type WrittenModel } from "./catalog";
import type { Model } from "./model";

/** What admins put in place of models' own fields, in their written form, by `provider/id`. */
export type ModelOverrides = ReadonlyMap<string, WrittenModel>;

/** The models of a built-in provider. */
export function builtInModels(provider: ProviderName, overrides: ModelOverrides): readonly Model[] {
	return CATALOG.filter(({ model }) => model.provider === provider).flatMap(({ model, written }) => {
		const override = overrides.get(`${provider}/${model.id}`);
		return override === undefined ? model : (readModel(provider, { ...written, ...override }) ?? []);
	});
}

/** The models of a provider that an admin added. */
export function addedModels(
	provider: ProviderName,
	written: readonly WrittenModel[],
	overrides: ModelOverrides,
): readonly Model[] {
	return written.flatMap((model) => {
		const override = overrides.get(`${provider}/${model.id}`);
		return readModel(provider, { ...model, ...override }) ?? [];
	});
}

/**
 * Null for one that is written in a way that is not understood, as by a later release. Such a model is not served: it
 * must not be, at a price that an admin replaced.
 */
function readModel(provider: ProviderName, written: WrittenModel): Model | null {
	const parsed = v.safeParse(ModelSchema, written);
	return parsed.success ? toModel(provider, parsed.output) : null;
}
