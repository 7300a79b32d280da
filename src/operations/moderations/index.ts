/** Moderations: texts and pictures in, and whether a vendor objects to each and to what out. */
import type { Modality } from "#catalog/model";
import type { KeyId } from "#core/ids";
import type { Moderation, ModerationChunk, ModerationRequest } from "#core/moderation/moderation";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import { ALONE, JUDGING, kinOfScores, NO_REQUIREMENTS, sum, usageOfAll } from "#operations/alone";
import type { Operation } from "#operations/operation";

/** Tokens that are supposed for a picture. */
const PER_IMAGE = 1_000;
const IMAGES: ReadonlySet<Modality> = new Set<Modality>(["image"]);

/** They have no stream and no defects, and a whole answer is a chunk. */
export const moderations: Operation<ModerationRequest, Moderation, ModerationChunk> = {
	name: "moderations",
	...JUDGING,
	routing: {
		...ALONE,
		serves: ({ output, supposed }) => supposed === true || output.includes("moderation"),
		kin: kinOfScores,
		requirements: ({ inputs }) =>
			inputs.some((parts) => parts.some(({ type }) => type === "image_url"))
				? { ...NO_REQUIREMENTS, input: IMAGES }
				: NO_REQUIREMENTS,
		family: (keyId: KeyId) => new TextHash().add(keyId).add("moderations").digest(),
		roughInput: (request) => tokensOf(request, roughTokens),
	},
	estimateInput: (request) => tokensOf(request, estimateTokens),
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ inputs }) => inputs,
	written: ({ written = "" }) => written,
	writtenIn: ({ answer: { written = "" } }) => written,
	toChunks: (answer) => [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }],
	toAnswer: (chunks) => joined(chunks.map(({ answer }) => answer)),
};

/** The answers to the parts of a request as the answer to the whole. */
function joined(answers: readonly Moderation[]): Moderation {
	const model = answers[0]?.model;
	const written = answers.map((answer) => answer.written ?? "").join("\n");
	return {
		results: answers.flatMap(({ results }) => results),
		usage: usageOfAll(answers.map(({ usage }) => usage)),
		...(model !== undefined && { model }),
		...(answers.some((answer) => answer.written !== undefined) && { written }),
	};
}

function tokensOf({ inputs }: ModerationRequest, count: (text: string) => number): number {
	return sum(inputs.flat(), (part) => (part.type === "text" ? count(part.text) : PER_IMAGE));
}
