import type { Model } from "../catalog/model";
import { priceAt } from "../metering/cost";

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
 * A model as the models endpoint shows it: OpenAI's fields, and beside them what tools that know OpenRouter's list read.
 * `now` decides which price is in force, in milliseconds since the epoch.
 */
export function renderModel(model: Model, now: number): Record<string, unknown> {
	const price = priceAt(model, now);
	return {
		id: `${model.provider}/${model.id}`,
		object: "model",
		created: 0,
		owned_by: model.provider,
		name: model.id,
		context_length: model.context,
		max_output_tokens: model.maxOutput,
		architecture: { input_modalities: model.input, output_modalities: model.output },
		supported_parameters: supportedParameters(model),
		pricing:
			price === null
				? null
				: {
						prompt: perToken(price.input),
						completion: perToken(price.output),
						input_cache_read: perToken(price.cacheRead),
						input_cache_write: perToken(price.cacheWrite),
					},
	};
}
