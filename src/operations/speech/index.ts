/** Speech: a text in, sound of it out. */
import type { Model } from "#catalog/model";
import { SPEECH_FORMATS, type Speech, type SpeechChunk, type SpeechRequest } from "#core/audio/speech";
import type { KeyId } from "#core/ids";
import { byteLength } from "#lib/text-bytes";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import { ALONE, NO_REQUIREMENTS } from "#operations/alone";
import type { Operation } from "#operations/operation";

export const speech: Operation<SpeechRequest, Speech, SpeechChunk> = {
	name: "speech",
	routing: {
		...ALONE,
		serves: ({ output, supposed }) => supposed === true || output.includes("speech"),
		kin: () => null,
		requirements: () => NO_REQUIREMENTS,
		lacking: lackingSpeech,
		family: (keyId: KeyId) => new TextHash().add(keyId).add("speech").digest(),
		roughInput: ({ input }) => roughTokens(input),
		units: ({ input }) => ({
			character: charactersIn(input),
			byte: byteLength(input),
			millisecond: charactersIn(input) * USUAL_MS_PER_CHARACTER,
		}),
	},
	outputLimit: () => undefined,
	withOutputLimit: (request) => request,
	estimateInput: ({ input, instructions = "" }) => estimateTokens(instructions + input),
	mayThinkLong: () => false,
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ input, voice, instructions, format, speed }) => [input, voice, instructions, format, speed],
	defectIn: () => null,
	isEmpty: ({ pieces }) => pieces.every(({ byteLength: bytes }) => bytes === 0),
	written: () => "",
	writtenIn: () => "",
	hasContent: ({ audio }) => audio.byteLength > 0,
	toChunks: ({ pieces, format, usage }) =>
		pieces.map((audio, at) => ({
			audio,
			format,
			media: SPEECH_FORMATS[format],
			...(at === 0 && usage !== null && { usage }),
		})),
	toAnswer: (chunks) => ({
		pieces: chunks.map(({ audio }) => audio),
		format: chunks[0]?.format ?? "mp3",
		usage: chunks.findLast(({ usage }) => usage !== undefined)?.usage ?? null,
	}),
};

/** About as fast as people speak English, in milliseconds: prices by time are compared by it. */
const USUAL_MS_PER_CHARACTER = 70;

/** As vendors count them: code points. */
export function charactersIn(text: string): number {
	let count = 0;
	for (const _ of text) count++;
	return count;
}

/** What a model cannot do of a request; null for nothing. What is not known of a model it is taken to be able to do. */
function lackingSpeech({ traits, id }: Pick<Model, "traits" | "id">, { voice, format, speed = 1 }: SpeechRequest) {
	const { voices, speech_formats: formats } = traits;
	// Voices that were made for an account have names of their own, such as an address.
	const isOwn = voice?.includes(":") === true && !voice.startsWith(`${id}:`);
	if (voice !== undefined && voices !== undefined && !isOwn && !voices.includes(voiceName(voice, id)))
		return { what: "voice", param: "voice", message: `\`${id}\` has no such voice; it has ${voices.join(", ")}` };
	if (format !== undefined && formats !== undefined && !formats.includes(format))
		return { what: "format", param: "response_format", message: `\`${id}\` gives ${formats.join(", ")} alone` };
	if (speed !== 1 && traits.fixed_speed)
		return { what: "speed", param: "speed", message: `\`${id}\` speaks at its own speed` };
	return null;
}

/** A voice without its model's id before it. */
export function voiceName(voice: string, id: string): string {
	return voice.startsWith(`${id}:`) ? voice.slice(id.length + 1) : voice;
}
