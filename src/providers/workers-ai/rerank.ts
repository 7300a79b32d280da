// The codec of Workers AI's reranks: a query and contexts in, their places with scores out, nothing said of usage.
import type { Model } from "#catalog/model";
import type { Ranking, RerankRequest } from "#core/rerank/rerank";
import type { RerankCodec, UpstreamCall } from "#providers/adapter";
import { noStream } from "#providers/shared/embeddings";
import { malformed } from "#providers/shared/faults";
import { rankingOf, readTexts } from "#providers/shared/rerank";
import { answerWithin } from "./answer";

export const workersAiRerank: RerankCodec = { encode, decode, decoder: noStream };

/** Strict schemas refuse unknown fields, so only those that the caller meant for Workers AI go out beside the texts. */
function encode(request: RerankRequest, model: Model): UpstreamCall {
	const { query, documents, top } = request;
	const own = request.providerExtensions[model.provider] ?? {};
	const dropped = Object.keys(request.extensions);
	if (request.user !== undefined) dropped.push("user");
	return {
		path: model.id,
		body: { ...own, query, contexts: documents.map((text) => ({ text })), top_k: top },
		dropped,
		prompts: readTexts(request, own),
	};
}

function decode(body: unknown, request: RerankRequest): Ranking {
	const { response } = answerWithin(body);
	if (!Array.isArray(response)) throw malformed("the answer has no results");
	return { results: rankingOf(request, response, { index: "id", score: "score" }), usage: null };
}
