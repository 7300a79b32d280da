// The codec of Gemini's `batchEmbedContents`.
import type { Model } from "#catalog/model";
import type { EmbeddingInput, Embeddings, EmbeddingsRequest, Vector } from "#core/embeddings/embeddings";
import { UpstreamError } from "#core/fault";
import { isObject, type JsonObject } from "#lib/json";
import type { EmbeddingsCodec, UpstreamCall } from "#providers/adapter";
import { blameInput, dimensionsAsked, noStream, partsOf, textsOf, vectorsFor } from "#providers/shared/embeddings";
import { empty, malformed } from "#providers/shared/faults";
import { errorOf, statusFault } from "./errors";
import { usageOf } from "./response";

/** The most texts that Gemini embeds in one call. */
const MAX_INPUTS = 100;
/** How far a vector's length may be from one and still be a rounded unit. */
const ROUNDING = 1e-4;

export const geminiEmbeddings: EmbeddingsCodec = { encode, decode, decoder: noStream, blame: blameInput };

function encode(request: EmbeddingsRequest, model: Model): UpstreamCall {
	const texts = textsOf(request, model);
	const outputDimensionality = dimensionsAsked(request, model);
	const dropped = Object.keys(request.extensions);
	if (request.user !== undefined) dropped.push("user");
	const requestsField = (inputs: readonly EmbeddingInput[]): JsonObject => ({
		requests: inputs.map((text) => ({
			...request.providerExtensions[model.provider],
			model: `models/${model.id}`,
			content: { parts: [{ text: text as string }] },
			...(outputDimensionality !== undefined && { outputDimensionality }),
		})),
	});
	const parts = partsOf(request, model, { inputs: MAX_INPUTS }, requestsField);
	return {
		path: `/models/${encodeURIComponent(model.id)}:batchEmbedContents`,
		body: requestsField(texts),
		dropped,
		prompts: texts,
		...(parts !== undefined && { parts }),
	};
}

function decode(body: unknown, request: EmbeddingsRequest): Embeddings {
	const error = errorOf(body);
	if (error !== null) throw new UpstreamError(statusFault(error, 200));
	if (!isObject(body) || !Array.isArray(body.embeddings)) throw malformed("the answer has no embeddings");
	if (body.embeddings.length === 0) throw empty();
	const found = body.embeddings.map((each) => (isObject(each) ? each.values : undefined));
	return { vectors: vectorsFor(request, found).map(unit), usage: usageOf(body.usageMetadata) };
}

/** Gemini cuts its vectors to the length that is asked for; only whole ones have a length of one. */
function unit(vector: Vector): Vector {
	if (typeof vector === "string") return vector;
	const norm = Math.hypot(...vector);
	return norm === 0 || Math.abs(norm - 1) < ROUNDING ? vector : vector.map((number) => number / norm);
}
