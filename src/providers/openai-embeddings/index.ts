// The codec of OpenAI's embeddings, as its imitators speak it too.
import type { Model } from "#catalog/model";
import type { EmbeddingInput, Embeddings, EmbeddingsRequest } from "#core/embeddings/embeddings";
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { EmbeddingsCodec, UpstreamCall } from "#providers/adapter";
import { errorWithin } from "#providers/openai-chat/errors";
import { chatUsage } from "#providers/openai-chat/usage";
import {
	type BatchLimit,
	blameInput,
	dimensionsAsked,
	noStream,
	partsOf,
	textsOf,
	vectorsFor,
} from "#providers/shared/embeddings";
import { empty, malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";

/** How a vendor's embeddings differ from what its imitators usually have. */
interface EmbeddingsDialect {
	readonly limit: BatchLimit;
	/** Whether vectors are asked for as base64 where the caller wants them so. */
	readonly base64: boolean;
	/** Whether it takes the end user's name. */
	readonly user: boolean;
	/** Whether it takes tokens in place of texts. */
	readonly tokens: boolean;
}

/** Servers whose limits are not known are asked for as many at a time as nearly all of them take. */
const USUAL_INPUTS = 32;

/** The codec of a vendor that speaks OpenAI's embeddings in its dialect. Answers are read alike from all of them. */
export function openaiEmbeddings(dialect: EmbeddingsDialect): EmbeddingsCodec {
	return {
		encode: (request, model) => encode(dialect, request, model),
		decode: (body, request) => decode(body, request),
		decoder: noStream,
		blame: blameInput,
	};
}

/** Any server that says it is compatible with OpenAI: some know no base64. */
export const compatibleEmbeddings: EmbeddingsCodec = openaiEmbeddings({
	limit: { inputs: USUAL_INPUTS },
	base64: false,
	user: true,
	tokens: true,
});

function encode(dialect: EmbeddingsDialect, request: EmbeddingsRequest, model: Model): UpstreamCall {
	const { limit, base64, user, tokens } = dialect;
	const inputs = tokens ? request.inputs : textsOf(request, model);
	const dropped: string[] = [];
	if (request.user !== undefined && !user) dropped.push("user");
	const dimensions = dimensionsAsked(request, model);
	const body: JsonObject = {
		...request.extensions,
		...request.providerExtensions[model.provider],
		model: model.id,
		...inputField(inputs),
		encoding_format: base64 ? request.encoding : "float",
		...(dimensions !== undefined && { dimensions }),
		...(request.user !== undefined && user && { user: request.user }),
	};
	const parts = partsOf(request, model, limit, inputField);
	return { path: "/embeddings", body, dropped, prompts: inputs, ...(parts !== undefined && { parts }) };
}

/** Some servers take a single text by itself only. */
function inputField(inputs: readonly EmbeddingInput[]): { input: Json } {
	const [first] = inputs;
	return { input: inputs.length === 1 && typeof first === "string" ? first : (inputs as Json[]) };
}

function decode(body: unknown, request: EmbeddingsRequest): Embeddings {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (!Array.isArray(body.data)) throw errorWithin(body) ?? malformed("the answer has no embeddings");
	if (body.data.length === 0) throw empty();
	return {
		vectors: vectorsFor(request, inOrder(body.data)),
		usage: usageIn(body.usage),
		...(isWord(body.model) && { model: body.model }),
	};
}

/** By their index, where each has one of its own; else as they come. */
function inOrder(data: readonly unknown[]): readonly unknown[] {
	const entries = data.map((entry, position) => {
		if (!isObject(entry)) throw malformed("an embedding is not an object");
		return { index: entry.index ?? position, vector: entry.embedding };
	});
	const found = new Array<unknown>(entries.length);
	const met = new Set<unknown>();
	for (const { index, vector } of entries) {
		if (typeof index !== "number" || !(index in entries) || met.has(index))
			throw malformed("the embeddings have no usable index");
		met.add(index);
		found[index] = vector;
	}
	return found;
}

/** No embedding writes anything: servers leave the output out, or count it into the total alone. */
function usageIn(reported: unknown): Embeddings["usage"] {
	if (!isObject(reported)) return null;
	const prompt = reported.prompt_tokens ?? reported.total_tokens;
	return chatUsage({ prompt_tokens: prompt, completion_tokens: 0, total_tokens: prompt }) ?? null;
}
