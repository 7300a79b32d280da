/** Embeddings: texts in, a vector for each out, so that texts of like meaning have vectors that are near each other. */
import { normalUsage, promptTokens, type Usage } from "#core/chat/usage";
import type { Embeddings, EmbeddingsChunk, EmbeddingsRequest } from "#core/embeddings/embeddings";
import type { KeyId } from "#core/ids";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import type { Operation, Requirements } from "#operations/operation";

/** They have no stream and no defects, and a whole answer is their only chunk. */
export const embeddings: Operation<EmbeddingsRequest, Embeddings, EmbeddingsChunk> = {
	name: "embeddings",
	routing: {
		serves: ({ output, supposed }) => supposed === true || output.includes("embedding"),
		kin: (model) => (model.family ?? model.id).toLowerCase(),
		requirements: () => NOTHING,
		signals: () => new Set(),
		family: familyOf,
		// Every request stands alone: no vendor keeps anything of one that makes the next one cheaper.
		conversation: (family) => family,
		prefixes: () => [],
		turns: () => 0,
		isUnderWay: () => false,
		roughInput: ({ inputs }) => sum(inputs, (input) => (typeof input === "string" ? roughTokens(input) : input.length)),
		vendorState: () => null,
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

const NOTHING: Requirements = {
	input: new Set(),
	output: new Set(),
	tools: false,
	schema: false,
	reasoning: false,
};

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
	return Math.ceil(items.reduce((total, item) => total + of(item), 0));
}

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

/** Null unless the provider told of each. */
function usageOfAll(usages: readonly (Usage | null)[]): Usage | null {
	const known = usages.filter((usage) => usage !== null);
	if (known.length < usages.length) return null;
	return normalUsage({ input: sum(known, promptTokens), output: 0 });
}
