/** Writes a ranking as SiliconFlow, Cohere and Jina do: what each of their clients reads of it. */
import { promptTokens, type Usage } from "#core/chat/usage";
import type { Ranking } from "#core/rerank/rerank";
import type { AnswerHead } from "#faces/face";
import { type NanoUsd, usdNumber } from "#metering/money";
import type { RepeatedDocuments } from "./parse";

export function renderRanking(
	{ requestId, model }: AnswerHead,
	{ results }: Ranking,
	usage: Usage,
	cost: NanoUsd | null,
	documents: RepeatedDocuments,
): Record<string, unknown> {
	const tokens = promptTokens(usage);
	return {
		id: `rerank-${requestId}`,
		model,
		results: results.map(({ index, score }) => ({
			index,
			relevance_score: score,
			...(documents !== null && { document: documents[index] }),
		})),
		meta: { tokens: { input_tokens: tokens, output_tokens: 0 } },
		usage: {
			prompt_tokens: tokens,
			total_tokens: tokens,
			cost: cost === null ? null : usdNumber(cost),
			...(usage.source === "estimated" && { estimated: true }),
		},
	};
}
