/** Rerank: a query and documents in, and how relevant each document is to the query out. */
import type { KeyId } from "#core/ids";
import type { Ranking, RankingChunk, RerankRequest } from "#core/rerank/rerank";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import { ALONE, JUDGING, kinOfScores, NO_REQUIREMENTS, sum } from "#operations/alone";
import type { Operation } from "#operations/operation";

/** It has no stream and no defects, and a whole answer is its only chunk. */
export const rerank: Operation<RerankRequest, Ranking, RankingChunk> = {
	name: "rerank",
	...JUDGING,
	routing: {
		...ALONE,
		serves: ({ output, supposed }) => supposed === true || output.includes("rerank"),
		kin: kinOfScores,
		requirements: () => NO_REQUIREMENTS,
		family: (keyId: KeyId) => new TextHash().add(keyId).add("rerank").digest(),
		roughInput: (request) => tokensOf(request, roughTokens),
	},
	estimateInput: (request) => tokensOf(request, estimateTokens),
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ query, documents }) => [query, documents],
	toChunks: (answer) => [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }],
	toAnswer: (chunks) => chunks[0]?.answer ?? { results: [], usage: null },
};

/** The model reads the query anew with each document. */
function tokensOf({ query, documents }: RerankRequest, count: (text: string) => number): number {
	return Math.ceil(count(query) * documents.length) + sum(documents, count);
}
