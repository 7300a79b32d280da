/** The canonical form of embeddings: texts in, a vector for each out. */
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";

/** A text, or the tokens that a model's tokenizer makes of one. */
export type EmbeddingInput = string | readonly number[];

export interface EmbeddingsRequest {
	readonly stream: false;
	/** At least one, none of them empty. */
	readonly inputs: readonly EmbeddingInput[];
	/** Where in the caller's request the first of them stands; 0 for a request that is not a part of another. */
	readonly firstIndex: number;
	/** How the caller wants the vectors written. */
	readonly encoding: VectorEncoding;
	/** How many numbers each vector has; absent: as many as the model makes by itself. */
	readonly dimensions?: number;
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak OpenAI's protocol. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

export type VectorEncoding = "float" | "base64";

/** As it came from the provider: numbers, or base64 of them as 32-bit floats, the least significant byte first. */
export type Vector = readonly number[] | string;

export interface Embeddings {
	/** One for each input, in their order, all of one length. */
	readonly vectors: readonly Vector[];
	usage: Usage | null;
	model?: string;
}

/** Embeddings have no stream: a whole answer, perhaps to a part of a request, is a chunk. */
export interface EmbeddingsChunk {
	readonly answer: Embeddings;
	usage?: Usage;
}
