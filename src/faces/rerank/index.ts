/** Rerank in the shape that Cohere gave it and that Jina, SiliconFlow and servers such as vLLM speak too. */

import type { Ranking, RankingChunk, RerankRequest } from "#core/rerank/rerank";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { rerank as operation } from "#operations/rerank/index";
import { parseRerank, type RepeatedDocuments } from "./parse";
import { renderRanking } from "./render";

export const rerank: Face<RerankRequest, Ranking, RankingChunk, RepeatedDocuments> = {
	name: "rerank",
	operation,
	parse: parseRerank,
	whole: renderRanking,
	stream: () => {
		throw new TypeError("a request for a rerank never asks for a stream");
	},
	error: errorBody,
	models: openaiModels,
};
