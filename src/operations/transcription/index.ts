/** Transcriptions and translations: sound in, its words out. */
import type { Modality, Model } from "#catalog/model";
import type { Transcript, TranscriptionChunk, TranscriptionRequest } from "#core/audio/transcription";
import { MAX_SOUND_TOKENS_PER_SECOND } from "#core/audio/units";
import type { KeyId } from "#core/ids";
import { TextHash } from "#lib/text-hash";
import { ALONE, NO_REQUIREMENTS } from "#operations/alone";
import type { Operation } from "#operations/operation";

const SOUND: ReadonlySet<Modality> = new Set<Modality>(["audio"]);
/** Milliseconds in a second. */
const SECOND = 1000;

export const transcription: Operation<TranscriptionRequest, Transcript, TranscriptionChunk> = {
	name: "transcription",
	routing: {
		...ALONE,
		serves: ({ output, supposed }) => supposed === true || output.includes("transcript"),
		kin: () => null,
		requirements: () => ({ ...NO_REQUIREMENTS, input: SOUND }),
		lacking: lackingTranscription,
		family: (keyId: KeyId) => new TextHash().add(keyId).add("transcription").digest(),
		roughInput: ({ facts }) => tokensOf(facts.ms),
		units: ({ facts }) => ({ millisecond: facts.ms }),
	},
	outputLimit: () => undefined,
	withOutputLimit: (request) => request,
	estimateInput: ({ facts }) => tokensOf(facts.ms),
	mayThinkLong: () => true,
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ file, translates, language, prompt }) => [file.name, file.size, translates, language, prompt],
	defectIn: () => null,
	// Nobody may have said anything.
	isEmpty: () => false,
	written: ({ text }) => text,
	writtenIn: ({ delta }) => delta,
	hasContent: ({ delta, segment, whole }) => delta !== "" || segment !== undefined || whole !== undefined,
	toChunks: (answer) => [
		{ delta: answer.text, ...(answer.logprobs !== undefined && { logprobs: answer.logprobs }) },
		...(answer.segments ?? []).flatMap((segment) =>
			segment.details?.speaker === undefined ? [] : [{ delta: "", segment }],
		),
		{ delta: "", whole: answer, ...(answer.usage !== null && { usage: answer.usage }) },
	],
	toAnswer: (chunks) =>
		chunks.find(({ whole }) => whole !== undefined)?.whole ?? {
			text: chunks.map(({ delta }) => delta).join(""),
			usage: null,
		},
};

function tokensOf(ms: number): number {
	return Math.ceil((ms / SECOND) * MAX_SOUND_TOKENS_PER_SECOND);
}

/** What a model cannot do of a request; null for nothing. What is not known of a model it is taken to be able to do. */
function lackingTranscription(
	{ traits, id, supposed }: Pick<Model, "traits" | "id" | "supposed">,
	{ timestamps, speakers, translates, language }: TranscriptionRequest,
) {
	const { timestamps: has, languages } = traits;
	const untimed = has === undefined ? undefined : timestamps.find((each) => !has.includes(each));
	if (untimed !== undefined) {
		const param = untimed === "word" ? "timestamp_granularities" : "response_format";
		return { what: "timestamps", param, message: `\`${id}\` gives no times of ${untimed}s` };
	}
	if (speakers && traits.speakers !== true && supposed !== true)
		return { what: "speakers", param: "response_format", message: `\`${id}\` does not tell speakers apart` };
	if (translates && traits.translates === false)
		return { what: "translation", param: "model", message: `\`${id}\` does not translate` };
	if (language !== undefined && languages !== undefined && !languages.includes(language))
		return { what: "language", param: "language", message: `\`${id}\` hears ${languages.join(", ")} alone` };
	return null;
}
