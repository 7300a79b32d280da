/** Writes embeddings as OpenAI does, in the encoding that was asked for, whichever the provider sent. */

import { promptTokens, type Usage } from "#core/chat/usage";
import type { Embeddings, Vector, VectorEncoding } from "#core/embeddings/embeddings";
import type { AnswerHead } from "#faces/face";
import { base64ToFloats, floatsToBase64 } from "#lib/float32-base64";
import { type NanoUsd, usdNumber } from "#metering/money";

export function renderEmbeddings(
	{ model }: AnswerHead,
	{ vectors }: Embeddings,
	usage: Usage,
	cost: NanoUsd | null,
	encoding: VectorEncoding,
): Record<string, unknown> {
	const tokens = promptTokens(usage);
	return {
		object: "list",
		data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: encoded(vector, encoding) })),
		model,
		usage: {
			prompt_tokens: tokens,
			total_tokens: tokens,
			cost: cost === null ? null : usdNumber(cost),
			...(usage.source === "estimated" && { estimated: true }),
		},
	};
}

function encoded(vector: Vector, encoding: VectorEncoding): Vector {
	if (encoding === "base64") return typeof vector === "string" ? vector : floatsToBase64(vector);
	if (typeof vector !== "string") return vector;
	const numbers = base64ToFloats(vector);
	// Codecs let no other through.
	if (numbers === null) throw new TypeError("a vector is neither numbers nor base64 of them");
	return numbers;
}
