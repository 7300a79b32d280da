// The codec of reranks in the shape that Cohere gave them, as SiliconFlow, OpenRouter, Jina and servers such as vLLM
// speak it.
import type { Model } from "#catalog/model";
import { normalUsage } from "#core/chat/usage";
import type { Ranking, RerankRequest } from "#core/rerank/rerank";
import { isObject, type JsonObject } from "#lib/json";
import type { RerankCodec, UpstreamCall } from "#providers/adapter";
import { errorWithin } from "#providers/openai-chat/errors";
import { noStream } from "#providers/shared/embeddings";
import { malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { rankingOf, readTexts } from "#providers/shared/rerank";

/** The gateway has the documents itself, so they are not asked for, where the vendor lets its caller choose. */
export const compatibleRerank: RerankCodec = rerankWith({ return_documents: false });
export const openrouterRerank: RerankCodec = rerankWith({});

function rerankWith(fields: JsonObject): RerankCodec {
	return { encode: (request, model) => encode(request, model, fields), decode, decoder: noStream };
}

function encode(request: RerankRequest, model: Model, fields: JsonObject): UpstreamCall {
	const { query, documents, top } = request;
	const others = { ...request.extensions, ...request.providerExtensions[model.provider] };
	return {
		path: "/rerank",
		body: {
			...others,
			model: model.id,
			query,
			documents: [...documents],
			top_n: top,
			...fields,
		},
		dropped: request.user === undefined ? [] : ["user"],
		prompts: readTexts(request, others),
	};
}

function decode(body: unknown, request: RerankRequest): Ranking {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (!Array.isArray(body.results)) throw errorWithin(body) ?? malformed("the answer has no results");
	return {
		results: rankingOf(request, body.results, { index: "index", score: "relevance_score" }),
		usage: usageIn(body),
		...(isWord(body.model) && { model: body.model }),
	};
}

/** Vendors count in `meta.tokens`, `tokens` or `usage`. A ranking has no output. */
function usageIn({ meta, tokens, usage }: Record<string, unknown>): Ranking["usage"] {
	for (const counts of [isObject(meta) ? meta.tokens : undefined, tokens, usage]) {
		if (!isObject(counts)) continue;
		return normalUsage({ input: counts.input_tokens ?? counts.prompt_tokens ?? counts.total_tokens, output: 0 });
	}
	return null;
}
