/** The canonical form of a rerank: a query and documents in, how relevant each is out. */
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";

export interface RerankRequest {
	readonly stream: false;
	/** Not empty. */
	readonly query: string;
	/** The documents' texts: at least one, none of them empty. */
	readonly documents: readonly string[];
	/** How many of the best are wanted: at least one, and no more than there are documents. */
	readonly top: number;
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak the same shape. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/** A document by its place in the request. */
export interface Ranked {
	readonly index: number;
	/** As the provider scores it: the more, the more relevant. Scores of different models cannot be compared. */
	readonly score: number;
}

export interface Ranking {
	/** As many as were wanted, the most relevant first. */
	readonly results: readonly Ranked[];
	usage: Usage | null;
	model?: string;
}

/** A rerank has no stream: a whole answer is its only chunk. */
export interface RankingChunk {
	readonly answer: Ranking;
	usage?: Usage;
}
