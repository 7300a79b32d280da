// The vendors' own lists of models, each in its shape.
import * as v from "valibot";
import { isObject } from "#lib/json";
import { malformed } from "#providers/shared/faults";
import { type ListedModel, type ListPage, type ModelLister, pageOf, pricesOf, tokens } from "./list-page";

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(400));
const Cursor = v.pipe(v.string(), v.minLength(1), v.maxLength(2_000));

function objectOf(body: unknown): Record<string, unknown> {
	if (!isObject(body)) throw malformed("the list of models is no object");
	return body;
}

const Flag = v.unknown();
const OpenaiEntry = v.object({
	id: Id,
	type: Flag,
	active: Flag,
	context_length: Flag,
	context_window: Flag,
	max_model_len: Flag,
	max_context_length: Flag,
	max_completion_tokens: Flag,
	max_output_tokens: Flag,
	capabilities: Flag,
	supports_chat: Flag,
	supports_tools: Flag,
	supports_image_in: Flag,
	supports_image_input: Flag,
	supports_reasoning: Flag,
	pricing: Flag,
});
const OpenaiSchema = v.object({ ...v.partial(OpenaiEntry).entries, id: Id });

/** OpenAI's shape, with what those who took it over say beside the id. */
export const openaiModels: ModelLister = {
	path: () => "/models",
	read: (body) => pageOf(Array.isArray(body) ? body : objectOf(body).data, OpenaiSchema, openaiModel),
};

/** SiliconFlow lists chat models alone where the query asks for them. */
export const siliconflowModels: ModelLister = { ...openaiModels, path: () => "/models?sub_type=chat" };

function openaiModel(entry: v.InferOutput<typeof OpenaiSchema>): ListedModel | null {
	const able = isObject(entry.capabilities) ? entry.capabilities : {};
	// Together says what kind each is, Fireworks and Mistral whether it chats, Groq whether it is there.
	const isOther =
		(typeof entry.type === "string" && !["model", "chat", "language", "code", "llm", "vlm"].includes(entry.type)) ||
		[entry.supports_chat, able.completion_chat, entry.active].includes(false);
	if (isOther) return null;
	const sees = [entry.supports_image_in, entry.supports_image_input, able.vision];
	const pricing = isObject(entry.pricing) ? entry.pricing : {};
	return {
		id: entry.id,
		fields: {
			context:
				tokens(entry.context_length) ??
				tokens(entry.context_window) ??
				tokens(entry.max_model_len) ??
				tokens(entry.max_context_length),
			max_output: tokens(entry.max_completion_tokens) ?? tokens(entry.max_output_tokens),
			input: sees.includes(true) ? ["text", "image"] : undefined,
			tools: firstBoolean(entry.supports_tools, able.function_calling),
			reasoning: firstBoolean(entry.supports_reasoning, able.reasoning),
			prices: perMillion(pricing),
		},
	};
}

/**
 * Prices as Together writes them: numbers, for a million tokens. Others mean a single token by the same names, in texts
 * or in figures that no million tokens cost; and what is nought may only be unknown. None of these may be held for.
 */
function perMillion({ input, output, cached_input: cacheRead }: Record<string, unknown>) {
	const isBelieved = [input, output].every((usd) => typeof usd === "number" && usd >= MIN_USD_PER_MILLION);
	return isBelieved ? pricesOf({ input, output, cacheRead }, 1_000_000) : undefined;
}

/** The least that is believed of a price whose unit nothing says, in USD per million tokens. */
const MIN_USD_PER_MILLION = 0.001;

function firstBoolean(...values: readonly unknown[]): boolean | undefined {
	return values.find((value) => typeof value === "boolean");
}

const AnthropicSchema = v.object({
	id: Id,
	max_input_tokens: v.optional(v.unknown()),
	max_tokens: v.optional(v.unknown()),
});

export const anthropicModels: ModelLister = {
	path: (page) => `/models?limit=1000${page === null ? "" : `&after_id=${encodeURIComponent(page)}`}`,
	headers: { "anthropic-version": "2023-06-01" },
	read(body) {
		const { data, has_more: more, last_id: last } = objectOf(body);
		const next = more === true && v.is(Cursor, last) ? last : null;
		const model = (entry: v.InferOutput<typeof AnthropicSchema>) => ({
			id: entry.id,
			fields: { context: tokens(entry.max_input_tokens), max_output: tokens(entry.max_tokens) },
		});
		return pageOf(data, AnthropicSchema, model, next);
	},
};

const GeminiSchema = v.object({
	name: v.pipe(Id, v.startsWith("models/")),
	inputTokenLimit: v.optional(v.unknown()),
	outputTokenLimit: v.optional(v.unknown()),
	supportedGenerationMethods: v.optional(v.array(v.string()), []),
	thinking: v.optional(v.unknown()),
});

export const geminiModels: ModelLister = {
	path: (page) => `/models?pageSize=1000${page === null ? "" : `&pageToken=${encodeURIComponent(page)}`}`,
	read(body) {
		const { models, nextPageToken: next } = objectOf(body);
		return pageOf(models, GeminiSchema, geminiModel, v.is(Cursor, next) ? next : null);
	},
};

function geminiModel(entry: v.InferOutput<typeof GeminiSchema>): ListedModel | null {
	if (!entry.supportedGenerationMethods.includes("generateContent")) return null;
	return {
		id: entry.name.slice("models/".length),
		fields: {
			context: tokens(entry.inputTokenLimit),
			max_output: tokens(entry.outputTokenLimit),
			reasoning: firstBoolean(entry.thinking),
		},
	};
}

const OpenrouterSchema = v.object({
	id: Id,
	context_length: v.optional(v.unknown()),
	architecture: v.optional(
		v.object({
			input_modalities: v.optional(v.array(v.string()), ["text"]),
			output_modalities: v.optional(v.array(v.string()), ["text"]),
		}),
	),
	pricing: v.optional(v.record(v.string(), v.unknown()), {}),
	top_provider: v.optional(v.nullable(v.object({ max_completion_tokens: v.optional(v.unknown()) }))),
	supported_parameters: v.optional(v.array(v.string())),
});
const MODALITIES: Readonly<Record<string, string>> = {
	text: "text",
	image: "image",
	audio: "audio",
	video: "video",
	file: "pdf",
};

/** OpenRouter lists prices and parameters too. */
export const openrouterModels: ModelLister = {
	path: () => "/models",
	read: (body) => pageOf(objectOf(body).data, OpenrouterSchema, openrouterModel),
};

function openrouterModel(entry: v.InferOutput<typeof OpenrouterSchema>): ListedModel | null {
	const { input_modalities: input = ["text"], output_modalities: output = ["text"] } = entry.architecture ?? {};
	if (!output.includes("text")) return null;
	const { pricing, supported_parameters: takes } = entry;
	// What is charged per request cannot be told in prices per token, and must not look like a lower one.
	const perRequest = Number(pricing.request ?? 0) > 0;
	// Pictures and sound that a model makes cost many times what its text does.
	const makesMedia = output.some((each) => each !== "text");
	// Sound that costs more than text would be billed as text.
	const dearSound = Number(pricing.audio ?? 0) > Number(pricing.prompt ?? 0);
	return {
		id: entry.id,
		fields: {
			context: tokens(entry.context_length),
			max_output: tokens(entry.top_provider?.max_completion_tokens),
			input: input.flatMap((each) => (each === "audio" && dearSound ? [] : (MODALITIES[each] ?? []))),
			tools: takes?.includes("tools"),
			json_schema: takes?.includes("structured_outputs"),
			reasoning: takes?.includes("reasoning"),
			prices:
				perRequest || makesMedia
					? undefined
					: pricesOf(
							{
								input: pricing.prompt,
								output: pricing.completion,
								cacheRead: pricing.input_cache_read,
								cacheWrite: pricing.input_cache_write,
							},
							1,
						),
		},
	};
}

const CohereSchema = v.object({
	name: Id,
	endpoints: v.optional(v.array(v.string()), ["chat"]),
	context_length: v.optional(v.unknown()),
	features: v.optional(v.nullable(v.array(v.string()))),
});

/** Cohere's compatible API has no list; its own is beside it. */
export const cohereModels: ModelLister = {
	path: (page) =>
		`/../../v1/models?endpoint=chat&page_size=1000${page === null ? "" : `&page_token=${encodeURIComponent(page)}`}`,
	read(body) {
		const { models, next_page_token: next } = objectOf(body);
		const model = ({ name, endpoints, context_length: context, features }: v.InferOutput<typeof CohereSchema>) =>
			endpoints.includes("chat")
				? { id: name, fields: { context: tokens(context), tools: features?.includes("tools") } }
				: null;
		return pageOf(models, CohereSchema, model, v.is(Cursor, next) ? next : null);
	},
};

const WorkersAiSchema = v.object({
	name: Id,
	task: v.object({ name: v.string() }),
	properties: v.optional(v.array(v.object({ property_id: v.string(), value: v.unknown() })), []),
});
const PriceLines = v.array(v.object({ unit: v.string(), price: v.number(), currency: v.literal("USD") }));
const WORKERS_AI_PAGE = 100;

/** The catalogue that the binding of Workers AI shows. */
export const workersAiModels: ModelLister = {
	path: (page) => `/models?per_page=${WORKERS_AI_PAGE}&page=${page ?? "1"}`,
	read(body): ListPage {
		if (!isObject(body)) throw malformed("the list of models is no object");
		const { models, page } = body;
		const isFull = Array.isArray(models) && models.length >= WORKERS_AI_PAGE;
		return pageOf(models, WorkersAiSchema, workersAiModel, isFull ? String(Number(page) + 1) : null);
	},
};

function workersAiModel({ name, task, properties }: v.InferOutput<typeof WorkersAiSchema>): ListedModel | null {
	if (task.name !== "Text Generation") return null;
	const property = (id: string) => properties.find((each) => each.property_id === id)?.value;
	const lines = v.safeParse(PriceLines, property("price"));
	const price = (unit: string) => (lines.success ? lines.output.find((line) => line.unit === unit)?.price : undefined);
	return {
		id: name,
		fields: {
			context: tokens(Number(property("context_window"))),
			tools: property("function_calling") === undefined ? undefined : property("function_calling") === "true",
			reasoning: property("reasoning") === undefined ? undefined : property("reasoning") === "true",
			input: property("vision") === "true" ? ["text", "image"] : undefined,
			prices: pricesOf(
				{
					input: price("per M input tokens"),
					output: price("per M output tokens"),
					cacheRead: price("per M cached input tokens"),
				},
				1_000_000,
			),
		},
	};
}
