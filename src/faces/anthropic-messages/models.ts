// Models as Anthropic's list shows them.
import type { Model } from "#catalog/model";
import type { ModelRenderer, NamedModel } from "#faces/face";
import { greatestOf } from "#lib/list";

/** When models were released is not known here; the SDKs want a date. */
const UNKNOWN_DATE = "1970-01-01T00:00:00Z";

export const anthropicModels: ModelRenderer = {
	list(models) {
		const data = models.map(renderModel);
		return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
	},
	one: renderModel,
};

function renderModel(named: NamedModel): { id: string; [field: string]: unknown } {
	const id = "model" in named ? `${named.model.provider}/${named.model.id}` : named.name;
	const models = "model" in named ? [named.model] : named.choices;
	return {
		type: "model",
		id,
		display_name: "model" in named ? named.model.id : named.name,
		created_at: UNKNOWN_DATE,
		capabilities: null,
		deprecated_at: null,
		lifecycle: "active",
		line: null,
		retires_at: null,
		max_input_tokens: most(models, ({ context }) => context),
		max_tokens: most(models, ({ maxOutput }) => maxOutput),
	};
}

/** What one of them can do: the gateway asks those that can do what a request wants. Null when none is known. */
function most(models: readonly Model[], limit: (model: Model) => number | null): number | null {
	const known = models.map(limit).filter((one) => one !== null);
	return known.length === 0 ? null : greatestOf(known);
}
