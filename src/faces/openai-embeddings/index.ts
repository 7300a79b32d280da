/** OpenAI's embeddings, as its SDKs and whatever is compatible with them speak it. */

import type { Embeddings, EmbeddingsChunk, EmbeddingsRequest, VectorEncoding } from "#core/embeddings/embeddings";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { embeddings } from "#operations/embeddings/index";
import { parseEmbeddings } from "./parse";
import { renderEmbeddings } from "./render";

export const openaiEmbeddings: Face<EmbeddingsRequest, Embeddings, EmbeddingsChunk, VectorEncoding> = {
	name: "embeddings",
	operation: embeddings,
	parse: parseEmbeddings,
	whole: renderEmbeddings,
	stream: () => {
		throw new TypeError("a request for embeddings never asks for a stream");
	},
	error: errorBody,
	models: openaiModels,
};
