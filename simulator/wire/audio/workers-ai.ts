// Workers AI's Whisper, MeloTTS and Aura.

import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { base64Bytes, base64Of, joinedBytes } from "#lib/text-bytes";
import { SOUND_TYPES, type SoundFormat, silenceAs, spokenMs } from "#simulator/model/sound";
import { decode, unknownKey } from "#simulator/wire/check";
import { type Play, type Seat, UploadedFile } from "#simulator/wire/wire";
import { badInput, typeMismatch, unknownProperty } from "#simulator/wire/workers-ai/errors";
import { heardIn, NOTHING, speechPlay, transcriptPlay } from "./play";

const Base64 = v.pipe(v.string(), v.minLength(1), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, "base64"));
const WhisperSchema = v.looseObject({
	audio: Base64,
	task: v.exactOptional(v.picklist(["transcribe", "translate"])),
	language: v.exactOptional(v.string()),
	vad_filter: v.exactOptional(v.boolean()),
	initial_prompt: v.exactOptional(v.string()),
	prefix: v.exactOptional(v.string()),
});

/** A recording as the model takes it. */
export function readRecording(raw: JsonObject, seat: Seat): Play {
	switch (seat.model.traits.recording) {
		case "numbers":
			return readNumbers(raw, seat);
		case "stream":
			return readNova(raw, seat);
		default:
			return readWhisper(raw, seat);
	}
}

const Byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const NumbersSchema = v.looseObject({ audio: v.pipe(v.array(Byte), v.minLength(1)) });

/** The older Whisper: its words with their times, and nothing of the recording. */
function readNumbers(raw: JsonObject, seat: Seat): Play {
	const { audio } = known(NumbersSchema, raw);
	const heard = heardIn({ name: "", bytes: Uint8Array.from(audio) });
	const whole = (text: string) => ({
		text,
		word_count: text === "" ? 0 : heard.words.length,
		words: text === "" ? [] : heard.words.map((word) => ({ ...word })),
		vtt: "WEBVTT\n\n",
	});
	return transcriptPlay(
		{ heard, prompt: "", stream: false, audio: { millisecond: wholeSeconds(heard.ms) }, whole },
		seat,
	);
}

const NovaSchema = v.looseObject({
	audio: v.instance(UploadedFile),
	language: v.exactOptional(v.string()),
	detect_language: v.exactOptional(v.boolean()),
	punctuate: v.exactOptional(v.boolean()),
	smart_format: v.exactOptional(v.boolean()),
	keyterm: v.exactOptional(v.string()),
	diarize: v.exactOptional(v.boolean()),
});

function readNova(raw: JsonObject, seat: Seat): Play {
	const { audio, detect_language: detects } = known(NovaSchema, raw);
	if (audio.bytes.byteLength === 0) throw badInput("'/audio' must not be empty");
	const heard = heardIn(audio);
	const words = heard.words.map(({ word, start, end }) => ({ word: word.toLowerCase(), start, end, confidence: 0.99 }));
	const whole = (text: string) => ({
		results: {
			channels: [
				{
					alternatives: [{ transcript: text, confidence: 0.99, words: text === "" ? [] : words }],
					...(detects === true && { detected_language: "en", language_confidence: 0.99 }),
				},
			],
		},
	});
	return transcriptPlay(
		{ heard, prompt: "", stream: false, audio: { millisecond: wholeSeconds(heard.ms) }, whole },
		seat,
	);
}

/** Of both no more is told than what was said, and whole seconds are billed. */
function wholeSeconds(ms: number): number {
	return Math.ceil(ms / 1000) * 1000;
}

function readWhisper(raw: JsonObject, seat: Seat): Play {
	const body = known(WhisperSchema, raw);
	const heard = heardIn({ name: body.initial_prompt ?? "", bytes: base64Bytes(body.audio) });
	return transcriptPlay(
		{
			heard,
			prompt: body.initial_prompt ?? "",
			stream: false,
			audio: { millisecond: heard.ms },
			whole: (text) => ({
				transcription_info: {
					language: body.language ?? "en",
					language_probability: 1,
					duration: heard.ms / 1000,
					duration_after_vad: heard.ms / 1000,
				},
				text,
				word_count: text === "" ? 0 : heard.words.length,
				segments: (text === "" ? [] : heard.segments).map((segment) => ({
					...segment,
					temperature: 0,
					avg_logprob: -0.2,
					compression_ratio: 1,
					no_speech_prob: 0,
					words: heard.words
						.filter(({ start }) => start >= segment.start && start < segment.end)
						.map((word) => ({ ...word })),
				})),
				vtt: "WEBVTT\n\n",
			}),
		},
		seat,
	);
}

const MeloSchema = v.looseObject({
	prompt: v.pipe(v.string(), v.minLength(1)),
	lang: v.exactOptional(v.string(), "en"),
});
const AuraSchema = v.looseObject({
	text: v.pipe(v.string(), v.minLength(1)),
	speaker: v.exactOptional(v.string()),
	encoding: v.exactOptional(v.picklist(["linear16", "flac", "mulaw", "alaw", "mp3", "opus", "aac"]), "mp3"),
	container: v.exactOptional(v.picklist(["none", "wav", "ogg"])),
	sample_rate: v.exactOptional(v.number()),
	bit_rate: v.exactOptional(v.number()),
});

export function readWorkersAiSpeech(raw: JsonObject, seat: Seat): Play {
	const { voices = [], speech_formats: formats = [] } = seat.model.traits;
	if (seat.model.rules.audioFees?.minute !== undefined) {
		const { prompt, lang } = known(MeloSchema, raw);
		if (!voices.includes(lang)) throw badInput(`'/lang' must be one of ${voices.join(", ")}`);
		const ms = Math.ceil(spokenMs(prompt) / 24) * 24;
		const audio = base64Of(joinedBytes(silenceAs("mp3", ms)));
		const play = speechPlay({ input: NOTHING, audio: { millisecond: ms }, pieces: [new Uint8Array()], streamType: "" });
		return { ...play, stream: false, whole: () => ({ audio }), nothing: () => ({ audio: "" }) };
	}
	const { text, speaker, encoding, container } = known(AuraSchema, raw);
	if (speaker !== undefined && !voices.includes(speaker)) throw badInput("'/speaker' must be one of the speakers");
	const format: SoundFormat =
		encoding === "linear16" ? (container === "wav" ? "wav" : "pcm") : (encoding as SoundFormat);
	if (!formats.includes(format)) throw badInput(`'/encoding' must be one of ${formats.join(", ")}`);
	return speechPlay({
		input: NOTHING,
		audio: { character: [...text].length },
		pieces: silenceAs(format, spokenMs(text)),
		streamType: SOUND_TYPES[format],
	});
}

function known<const Schema extends v.LooseObjectSchema<v.ObjectEntries, undefined>>(schema: Schema, raw: JsonObject) {
	const body = decode(schema, raw, typeMismatch);
	const stranger = unknownKey(body, new Set(Object.keys(schema.entries)));
	if (stranger !== undefined) throw unknownProperty(`/${stranger}`);
	return body;
}
