// Models as OpenAI's list shows them, with OpenRouter's fields beside.
import type { Model } from "#catalog/model";
import type { ModelRenderer, NamedModel } from "#faces/face";
import { greatestOf } from "#lib/list";
import { priceAt } from "#metering/cost";

export const openaiModels: ModelRenderer = {
	list: (models, now) => ({ object: "list", data: models.map((model) => renderNamed(model, now)) }),
	one: renderNamed,
};

function renderNamed(named: NamedModel, now: number): Record<string, unknown> {
	return "model" in named ? renderModel(named.model, now) : renderChoice(named.name, named.choices);
}

/** Parameters that a model takes beside those that all take, in OpenRouter's words. */
function supportedParameters(model: Model): string[] {
	return [
		"max_tokens",
		"stop",
		...(model.traits.fixed_sampling === "always" ? [] : ["temperature", "top_p"]),
		...(model.tools ? ["tools", "tool_choice"] : []),
		...(model.jsonSchema ? ["response_format", "structured_outputs"] : []),
		...(model.reasoning ? ["reasoning", "reasoning_effort"] : []),
	];
}

/** Pico-dollars per token as OpenRouter writes prices: USD per token, in a decimal string. */
function perToken(pico: number): string {
	return (pico / 1e12).toFixed(12).replace(/\.?0+$/, "");
}

/**
 * A model of a provider: OpenAI's fields, and beside them what tools that know OpenRouter's list read. `now` decides
 * which price is in force, in milliseconds since the epoch.
 */
function renderModel(model: Model, now: number): Record<string, unknown> {
	const price = priceAt(model, now);
	return {
		id: `${model.provider}/${model.id}`,
		object: "model",
		created: 0,
		owned_by: model.provider,
		name: model.id,
		context_length: model.context,
		max_output_tokens: model.maxOutput,
		...capabilities(model),
		pricing:
			price === null
				? null
				: {
						prompt: perToken(price.input),
						completion: perToken(price.output),
						input_cache_read: perToken(price.cacheRead),
						input_cache_write: perToken(price.cacheWrite),
					},
		...(model.retirement !== undefined && {
			deprecated: true,
			shutdown_date: model.retirement.on,
			successor: model.retirement.successor && `${model.provider}/${model.retirement.successor}`,
		}),
	};
}

/** Of a model of which they are not known, what every model can do. */
function capabilities(model: Model): Record<string, unknown> {
	if (model.supposed) {
		return {
			architecture: { input_modalities: ["text"], output_modalities: ["text"] },
			supported_parameters: ["max_tokens", "stop"],
			capabilities_known: false,
		};
	}
	return {
		architecture: { input_modalities: model.input, output_modalities: model.output },
		supported_parameters: supportedParameters(model),
	};
}

/**
 * A name that leaves the choice among several models to the gateway. It can do what one of them can, because a request
 * goes to those that can do what it asks; what it costs is known when one was chosen.
 */
function renderChoice(name: string, models: readonly Model[]): Record<string, unknown> {
	return {
		id: name,
		object: "model",
		created: 0,
		owned_by: "tollgate",
		name,
		context_length: most(models.map(({ context }) => context)),
		max_output_tokens: most(models.map(({ maxOutput }) => maxOutput)),
		architecture: {
			input_modalities: union(models.map(({ input }) => input)),
			output_modalities: union(models.map(({ output }) => output)),
		},
		supported_parameters: union(models.map(supportedParameters)),
		pricing: null,
		models: models.map(({ provider, id }) => `${provider}/${id}`),
	};
}

function union<T>(lists: readonly (readonly T[])[]): T[] {
	return [...new Set(lists.flat())];
}

/** Null when none is known. */
function most(limits: readonly (number | null)[]): number | null {
	const known = limits.filter((limit) => limit !== null);
	return known.length === 0 ? null : greatestOf(known);
}
