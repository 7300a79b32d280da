// The codec of Workers AI's embeddings: texts in, lists of numbers out, and nothing said of usage.
import type { Model } from "#catalog/model";
import type { EmbeddingInput, Embeddings, EmbeddingsRequest } from "#core/embeddings/embeddings";
import type { JsonObject } from "#lib/json";
import type { EmbeddingsCodec, UpstreamCall } from "#providers/adapter";
import { blameInput, dimensionsAsked, noStream, partsOf, textsOf, vectorsFor } from "#providers/shared/embeddings";
import { empty, malformed } from "#providers/shared/faults";
import { answerWithin } from "./answer";

/** The most texts that Workers AI embeds in one call. */
const MAX_INPUTS = 100;

export const workersAiEmbeddings: EmbeddingsCodec = { encode, decode, decoder: noStream, blame: blameInput };

/** Strict schemas refuse unknown fields, so only those that the caller meant for Workers AI go out beside the texts. */
function encode(request: EmbeddingsRequest, model: Model): UpstreamCall {
	const texts = textsOf(request, model);
	dimensionsAsked(request, model);
	const dropped = Object.keys(request.extensions);
	if (request.user !== undefined) dropped.push("user");
	const textField = (inputs: readonly EmbeddingInput[]): JsonObject => ({ text: inputs as string[] });
	const parts = partsOf(request, model, { inputs: MAX_INPUTS }, textField);
	return {
		path: model.id,
		body: { ...request.providerExtensions[model.provider], ...textField(texts) },
		dropped,
		prompts: texts,
		...(parts !== undefined && { parts }),
	};
}

function decode(body: unknown, request: EmbeddingsRequest): Embeddings {
	const { data } = answerWithin(body);
	if (!Array.isArray(data)) throw malformed("the answer has no embeddings");
	if (data.length === 0) throw empty();
	return { vectors: vectorsFor(request, data), usage: null };
}
