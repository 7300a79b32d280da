/** Embeddings: texts in, a vector for each out, so that texts of like meaning have vectors that are near each other. */
import type { Embeddings, EmbeddingsChunk, EmbeddingsRequest } from "#core/embeddings/embeddings";
import type { KeyId } from "#core/ids";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import { ALONE, NO_REQUIREMENTS, sum, usageOfAll } from "#operations/alone";
import type { Operation } from "#operations/operation";

/** They have no stream and no defects, and a whole answer is their only chunk. */
export const embeddings: Operation<EmbeddingsRequest, Embeddings, EmbeddingsChunk> = {
	name: "embeddings",
	routing: {
		...ALONE,
		serves: ({ output, supposed }) => supposed === true || output.includes("embedding"),
		kin: (model) => (model.family ?? model.id).toLowerCase(),
		requirements: () => NO_REQUIREMENTS,
		family: familyOf,
		roughInput: ({ inputs }) => sum(inputs, (input) => (typeof input === "string" ? roughTokens(input) : input.length)),
	},
	outputLimit: () => 0,
	withOutputLimit: (request) => request,
	estimateInput: ({ inputs }) =>
		sum(inputs, (input) => (typeof input === "string" ? estimateTokens(input) : input.length)),
	mayThinkLong: () => false,
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ inputs }) => inputs,
	defectIn: () => null,
	isEmpty: ({ vectors }) => vectors.length === 0,
	written: () => "",
	writtenIn: () => "",
	hasContent: ({ answer }) => answer.vectors.length > 0,
	toChunks: (answer) => [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }],
	toAnswer: (chunks) => joined(chunks.map(({ answer }) => answer)),
};

/** What a key embeds is one family of tasks. */
function familyOf(keyId: KeyId): string {
	return new TextHash().add(keyId).add("embeddings").digest();
}

/** The answers to the parts of a request as the answer to the whole. */
function joined(answers: readonly Embeddings[]): Embeddings {
	const model = answers[0]?.model;
	return {
		vectors: answers.flatMap(({ vectors }) => vectors),
		usage: usageOfAll(answers.map(({ usage }) => usage)),
		...(model !== undefined && { model }),
	};
}
