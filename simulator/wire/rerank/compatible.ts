// Rerank as SiliconFlow and OpenRouter speak it, and as servers do that are compatible with Jina's.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { isBuiltIn } from "#simulator/model/models";
import { decode, type Problem } from "#simulator/wire/check";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { openaiMalformed } from "#simulator/wire/vendors/openai-errors";
import { openrouter } from "#simulator/wire/vendors/openrouter";
import { siliconflow } from "#simulator/wire/vendors/siliconflow";
import type { Wire } from "#simulator/wire/wire";
import { rerankPlay, type Scored } from "./play";

/** Nano-dollars in a dollar. */
const NANO = 1e9;

const BodySchema = v.looseObject({
	model: v.string(),
	query: v.pipe(v.string(), v.minLength(1)),
	documents: v.pipe(v.array(v.string()), v.minLength(1)),
	instruction: v.exactOptional(v.string()),
	top_n: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	return_documents: v.exactOptional(v.boolean()),
});

function wireOf(
	chat: Wire,
	malformed: (problem: Problem) => never,
	write: (results: JsonObject[], tokens: number, seat: { id: string; modelId: string }, cost: number) => JsonObject,
	{ isEcho = false }: { readonly isEcho?: boolean } = {},
): Wire {
	return {
		...chat,
		read(raw, seat) {
			const { query, documents, instruction, ...body } = decode(BodySchema, raw, malformed);
			if (isBuiltIn(seat.provider) && !seat.model.output.includes("rerank")) throw chat.noModel(seat.modelId);
			const entry = ({ index, score, text }: Scored): JsonObject => ({
				index,
				relevance_score: score,
				...((isEcho || body.return_documents === true) && { document: { text } }),
			});
			const question = { query, documents, ...(instruction !== undefined && { instruction }) };
			return rerankPlay({ ...question, top: body.top_n ?? documents.length }, seat, (results, tokens, cost) =>
				write(results.map(entry), tokens, seat, cost),
			);
		},
	};
}

export const siliconflowRerank: Wire = wireOf(
	siliconflow,
	({ path, expected, received }) => {
		throw siliconflow.failure(400, `Value error, ${path}: expected ${expected}, received ${received}`);
	},
	(results, tokens, { id }) => {
		const counts = { input_tokens: tokens, output_tokens: 0 };
		return { id, results, meta: { billed_units: { ...counts, search_units: 0, classifications: 0 }, tokens: counts } };
	},
);

export const compatibleRerank: Wire = wireOf(openaiCompatible, openaiMalformed, (results, tokens, { id, modelId }) => ({
	id: `rerank-${id}`,
	model: modelId,
	usage: { prompt_tokens: tokens, total_tokens: tokens },
	results,
}));

/** It sends the documents back, and says what it cost in dollars. */
export const openrouterRerank: Wire = wireOf(
	openrouter,
	({ path, expected, received }) => {
		throw openrouter.failure(400, `${path}: expected ${expected}, received ${received}`);
	},
	(results, tokens, { id, modelId }, cost) => ({
		id: `gen-rerank-${id}`,
		model: modelId,
		provider: "Cohere",
		results,
		usage: { total_tokens: tokens, cost: cost / NANO },
	}),
	{ isEcho: true },
);
