/** The lists of models that vendors show, each in its own shape. */
import type { Model } from "#catalog/model";
import { isForChat } from "#catalog/purpose";
import type { JsonObject } from "#lib/json";
import { isBuiltIn, modelsOf } from "./models";

/** When every simulated model came out, in seconds since the epoch. */
const CREATED = 1_760_000_000;

/** Whose list shows the models that chat alone. */
const CHAT_ONLY: ReadonlySet<string> = new Set(["openrouter", "siliconflow"]);

function embeds({ output }: Model): boolean {
	return output.includes("embedding");
}

export function listOf(provider: string): JsonObject {
	const all = modelsOf(provider);
	// Some vendors show the others elsewhere.
	const models = CHAT_ONLY.has(provider) ? all.filter(isForChat) : all;
	if (!isBuiltIn(provider))
		return { object: "list", data: [{ id: "simulated", object: "model", created: CREATED, owned_by: provider }] };
	if (provider === "gemini") return { models: models.map(geminiModel) };
	if (provider === "anthropic") {
		return {
			data: models.map(({ id }) => ({
				type: "model",
				id,
				display_name: id,
				created_at: new Date(CREATED * 1000).toISOString(),
			})),
			has_more: false,
			first_id: models[0]?.id ?? null,
			last_id: models.at(-1)?.id ?? null,
		};
	}
	if (provider === "openrouter") return { data: models.map(openrouterModel) };
	return {
		object: "list",
		data: models.map(({ id }) => ({ id, object: "model", created: CREATED, owned_by: provider })),
	};
}

function geminiModel(model: Model): JsonObject {
	const { id, context, maxOutput } = model;
	return {
		name: `models/${id}`,
		version: "001",
		displayName: id,
		inputTokenLimit: context,
		outputTokenLimit: maxOutput,
		supportedGenerationMethods: embeds(model)
			? ["embedContent", "countTextTokens", "countTokens"]
			: ["generateContent", "countTokens"],
	};
}

function openrouterModel({ id, context, maxOutput, input, output, prices }: Model): JsonObject {
	const price = prices.at(-1)?.price;
	const usd = (pico: number) => (pico / 1e12).toFixed(12).replace(/\.?0+$/, "");
	return {
		id,
		canonical_slug: id,
		name: id,
		created: CREATED,
		context_length: context,
		architecture: { input_modalities: [...input], output_modalities: [...output] },
		pricing:
			price === undefined
				? {}
				: {
						prompt: usd(price.input),
						completion: usd(price.output),
						input_cache_read: usd(price.cacheRead),
						input_cache_write: usd(price.cacheWrite),
					},
		top_provider: { context_length: context, max_completion_tokens: maxOutput, is_moderated: false },
		supported_parameters: ["tools", "tool_choice", "max_tokens", "temperature", "reasoning", "response_format"],
	};
}

/** A model as Cloudflare's catalogue has it. */
export function catalogueEntry(model: Model): JsonObject {
	const { id, context, tools, reasoning, input, prices } = model;
	const price = prices.at(-1)?.price;
	const line = (unit: string, pico: number) => ({ unit, price: pico / 1e6, currency: "USD" });
	return {
		id,
		source: 1,
		name: id,
		description: id,
		task: { id: "text", name: embeds(model) ? "Text Embeddings" : "Text Generation", description: "" },
		tags: [],
		properties: [
			...(context === null ? [] : [{ property_id: "context_window", value: String(context) }]),
			{ property_id: "function_calling", value: String(tools) },
			{ property_id: "reasoning", value: String(reasoning) },
			{ property_id: "vision", value: String(input.includes("image")) },
			...(price === undefined
				? []
				: [
						{
							property_id: "price",
							value: [line("per M input tokens", price.input), line("per M output tokens", price.output)],
						},
					]),
		],
	};
}
