/** Rerank: a query and documents in, and how relevant each document is to the query out. */
import type { KeyId } from "#core/ids";
import type { Ranking, RankingChunk, RerankRequest } from "#core/rerank/rerank";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import { ALONE, NO_REQUIREMENTS, sum } from "#operations/alone";
import type { Operation } from "#operations/operation";

/** It has no stream and no defects, and a whole answer is its only chunk. */
export const rerank: Operation<RerankRequest, Ranking, RankingChunk> = {
	name: "rerank",
	routing: {
		...ALONE,
		serves: ({ output, supposed }) => supposed === true || output.includes("rerank"),
		// Scores of two models cannot be compared, and callers hold them against a threshold.
		kin: (model) => (model.family ?? model.id).toLowerCase(),
		requirements: () => NO_REQUIREMENTS,
		family: (keyId: KeyId) => new TextHash().add(keyId).add("rerank").digest(),
		roughInput: (request) => tokensOf(request, roughTokens),
	},
	outputLimit: () => 0,
	withOutputLimit: (request) => request,
	estimateInput: (request) => tokensOf(request, estimateTokens),
	mayThinkLong: () => false,
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ query, documents }) => [query, documents],
	defectIn: () => null,
	isEmpty: ({ results }) => results.length === 0,
	written: () => "",
	writtenIn: () => "",
	hasContent: ({ answer }) => answer.results.length > 0,
	toChunks: (answer) => [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }],
	toAnswer: (chunks) => chunks[0]?.answer ?? { results: [], usage: null },
};

/** The model reads the query anew with each document. */
function tokensOf({ query, documents }: RerankRequest, count: (text: string) => number): number {
	return Math.ceil(count(query) * documents.length) + sum(documents, count);
}
