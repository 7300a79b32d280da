// The codecs of speech at Workers AI: Deepgram's Aura, as bytes as they are made, and MeloTTS, whole.
import type { Model } from "#catalog/model";
import type { Speech, SpeechFormat, SpeechRequest } from "#core/audio/speech";
import { unitsUsage } from "#core/audio/usage";
import { audioFacts } from "#lib/audio/length";
import type { JsonObject } from "#lib/json";
import type { SpeechCodec, UpstreamCall } from "#providers/adapter";
import { soundPieces } from "#providers/audio/openai-speech";
import { formatFor, soundOf, speechAllowance, voiceFor } from "#providers/audio/sound";
import { noStream } from "#providers/shared/embeddings";
import { answerWithin } from "./answer";

/** How Aura is told a format; samples are those that OpenAI gives. */
const ENCODINGS: Readonly<Record<SpeechFormat, JsonObject>> = {
	mp3: { encoding: "mp3" },
	opus: { encoding: "opus", container: "ogg" },
	aac: { encoding: "aac" },
	flac: { encoding: "flac" },
	wav: { encoding: "linear16", container: "wav", sample_rate: 24_000 },
	pcm: { encoding: "linear16", container: "none", sample_rate: 24_000 },
};
const AURA = /\/aura-/;

export const workersAiSpeech: SpeechCodec = {
	encode,
	decode,
	decoder: noStream,
	pieces: soundPieces,
};

/** Strict schemas refuse unknown fields, so only those that the caller meant for Workers AI go out beside. */
function encode(request: SpeechRequest, model: Model): UpstreamCall {
	const { input, instructions, user } = request;
	const voice = voiceFor(request, model);
	const dropped = Object.keys(request.extensions);
	if (instructions !== undefined) dropped.push("instructions");
	if (user !== undefined) dropped.push("user");
	const own = AURA.test(model.id)
		? { text: input, ...(voice !== undefined && { speaker: voice }), ...ENCODINGS[formatFor(request, model)] }
		: // MeloTTS has a voice for each language.
			{ prompt: input, ...(voice !== undefined && { lang: voice }) };
	return {
		path: model.id,
		body: { ...request.providerExtensions[model.provider], ...own },
		dropped,
		prompts: [input],
		audio: speechAllowance(request),
	};
}

/** The length of the sound is what is billed, and nothing but the sound tells it. */
function decode(body: unknown, request: SpeechRequest, model: Model): Speech {
	const audio = soundOf(answerWithin(body).audio);
	const { isRead, ms } = audioFacts(audio);
	return {
		pieces: [audio],
		format: formatFor(request, model),
		usage: isRead ? unitsUsage({ millisecond: ms }, "estimated") : null,
	};
}
