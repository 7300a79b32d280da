// Models as OpenRouter's list shows them, for clients that demand all that it has.
import type { ModelRenderer, NamedModel } from "#faces/face";
import { isObject } from "#lib/json";
import { openaiModels } from "./models";

/** What OpenRouter says of a price that is known only when a model was chosen. */
const UNKNOWN_PRICE = { prompt: "-1", completion: "-1" };

export const openrouterModels: ModelRenderer = {
	list: (models, now) => ({
		object: "list",
		data: models.map((model) => renderModel(model, now)),
		links: { next: null },
		total_count: models.length,
	}),
	one: (model, now) => ({ data: renderModel(model, now) }),
};

function renderModel(named: NamedModel, now: number): Record<string, unknown> {
	const model = openaiModels.one(named, now);
	const { id, context_length: context, max_output_tokens: most, architecture, pricing } = model;
	return {
		...model,
		canonical_slug: id,
		architecture: { ...(isObject(architecture) && withModality(architecture)) },
		pricing: pricing ?? UNKNOWN_PRICE,
		top_provider: { context_length: context, max_completion_tokens: most, is_moderated: false },
		default_parameters: null,
		per_request_limits: null,
		supported_voices: null,
		links: { details: `/api/v1/model/${String(id)}` },
	};
}

function withModality(architecture: Record<string, unknown>): Record<string, unknown> {
	const joined = (list: unknown) => (Array.isArray(list) ? list.join("+") : "");
	const modality = `${joined(architecture.input_modalities)}->${joined(architecture.output_modalities)}`;
	return { ...architecture, modality };
}
