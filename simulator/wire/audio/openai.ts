// OpenAI's speech and transcriptions, and as SiliconFlow and compatible servers speak them.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { base64Of, byteLength } from "#lib/text-bytes";
import { isBuiltIn } from "#simulator/model/models";
import { SOUND_TYPES, type SoundFormat, silenceAs, spokenMs } from "#simulator/model/sound";
import { countTokens } from "#simulator/model/tokens";
import { decode, type Problem, unknownKey } from "#simulator/wire/check";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiError, openaiMalformed, unknownParameter } from "#simulator/wire/vendors/openai-errors";
import { siliconflow } from "#simulator/wire/vendors/siliconflow";
import { type Play, type Seat, UploadedFile, type Wire } from "#simulator/wire/wire";
import { billedSeconds, eventOf, heardIn, isByMinute, NOTHING, speechPlay, transcriptPlay } from "./play";

const File = v.instance(UploadedFile);
const TranscriptionSchema = v.looseObject({
	model: v.string(),
	file: File,
	language: v.exactOptional(v.string()),
	prompt: v.exactOptional(v.string()),
	response_format: v.exactOptional(v.picklist(["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]), "json"),
	temperature: v.exactOptional(v.pipe(v.string(), v.decimal())),
	"timestamp_granularities[]": v.exactOptional(v.array(v.picklist(["word", "segment"])), ["segment"]),
	"include[]": v.exactOptional(v.array(v.picklist(["logprobs"]))),
	stream: v.exactOptional(v.picklist(["true", "false"])),
});
const TRANSCRIPTION_KEYS = new Set([
	...Object.keys(TranscriptionSchema.entries),
	...["chunking_strategy", "known_speaker_names[]", "known_speaker_references[]"],
]);
/** The longest recording that a model which tells speakers apart takes in one piece, in milliseconds. */
const MAX_PIECE_MS = 30_000;

function readTranscription(raw: JsonObject, seat: Seat, translates: boolean): Play {
	const body = decode(TranscriptionSchema, raw, openaiMalformed);
	const stranger = unknownKey(body, TRANSCRIPTION_KEYS);
	if (stranger !== undefined) throw unknownParameter(stranger);
	const { timestamps } = seat.model.traits;
	if (!seat.model.output.includes("transcript"))
		throw openaiError(400, `The model '${seat.modelId}' does not support transcription.`, "model", "invalid_value");
	const format = body.response_format;
	checkSpeakers(body, seat);
	if (format !== "json" && format !== "diarized_json" && timestamps?.length === 0)
		throw openaiError(
			400,
			`response_format '${format}' is not compatible with model '${seat.modelId}'.`,
			"response_format",
		);
	if (translates && seat.model.traits.translates === false)
		throw openaiError(400, `The model '${seat.modelId}' does not support translation.`, "model", "invalid_value");
	return transcribed(body, seat, { translates, reportsUsage: true });
}

/** Throws `Refusal` where OpenAI would not tell speakers apart. */
function checkSpeakers(body: TranscriptionBody, { model, modelId }: Seat): void {
	if (model.traits.speakers !== true) {
		if (body.response_format === "diarized_json")
			throw openaiError(
				400,
				`response_format 'diarized_json' is not compatible with model '${modelId}'.`,
				"response_format",
			);
		return;
	}
	if (body.prompt !== undefined) throw openaiError(400, "Prompt is not supported for diarization models", "prompt");
	if (heardIn(body.file).ms > MAX_PIECE_MS && !("chunking_strategy" in body))
		throw openaiError(400, "chunking_strategy is required for diarization models", "chunking_strategy");
}

type TranscriptionBody = v.InferOutput<typeof TranscriptionSchema>;

function transcribed(
	{ file, prompt = "", response_format: format, stream, ...body }: TranscriptionBody,
	seat: Seat,
	{ translates = false, reportsUsage = false },
): Play {
	const heard = heardIn(file);
	const wanted = body["timestamp_granularities[]"];
	// Whisper answers whole whatever it is asked.
	const isStream = stream === "true" && !isByMinute(seat);
	// Two speakers, who take turns.
	const spoken = heard.segments.map((segment, at) => ({
		type: "transcript.text.segment",
		id: `seg_${at}`,
		speaker: at % 2 === 0 ? "A" : "B",
		...segment,
	}));
	const audio = isByMinute(seat) ? { millisecond: billedSeconds(heard) * 1000 } : {};
	return transcriptPlay(
		{
			heard,
			prompt,
			stream: isStream,
			audio,
			...(format === "diarized_json" && { turns: spoken }),
			whole: (text, used) => ({
				...(format === "verbose_json" && {
					task: translates ? "translate" : "transcribe",
					language: "english",
					duration: heard.ms / 1000,
				}),
				text,
				...(format === "diarized_json" && { task: "transcribe", duration: heard.ms / 1000, segments: spoken }),
				...(format === "verbose_json" &&
					wanted.includes("segment") && {
						segments: heard.segments.map((segment, id) => ({
							id,
							seek: 0,
							...segment,
							tokens: [],
							temperature: 0,
							avg_logprob: -0.2,
							compression_ratio: 1,
							no_speech_prob: 0,
						})),
					}),
				...(format === "verbose_json" &&
					wanted.includes("word") && { words: heard.words.map((word) => ({ ...word })) }),
				...(reportsUsage && { usage: used }),
			}),
		},
		seat,
	);
}

export const openaiTranscriptions: Wire = { ...openaiChat, read: (body, seat) => readTranscription(body, seat, false) };
export const openaiTranslations: Wire = { ...openaiChat, read: (body, seat) => readTranscription(body, seat, true) };

/** Servers that transcribe take what they are sent, and count tokens as OpenAI does. */
export const compatibleTranscriptions: Wire = {
	...openaiCompatible,
	read: (body, seat) => transcribed(decode(TranscriptionSchema, body, openaiMalformed), seat, { reportsUsage: true }),
};

const SiliconflowTranscription = v.strictObject({
	model: v.string(),
	file: File,
	response_format: v.exactOptional(v.string()),
});

export const siliconflowTranscriptions: Wire = {
	...siliconflow,
	read(raw, seat) {
		const { file, model } = decode(SiliconflowTranscription, raw, siliconflowMalformed);
		if (!seat.model.output.includes("transcript")) throw siliconflow.noModel(seat.modelId);
		const plain = { file, model, response_format: "json", "timestamp_granularities[]": [] } as const;
		return transcribed({ ...plain, "timestamp_granularities[]": [] }, seat, {});
	},
};

const FORMATS = Object.keys(SOUND_TYPES) as SoundFormat[];
const MAX_INPUT_CHARACTERS = 4_096;
const SpeechSchema = v.looseObject({
	model: v.string(),
	input: v.pipe(v.string(), v.minLength(1)),
	voice: v.string(),
	instructions: v.exactOptional(v.string()),
	response_format: v.exactOptional(v.picklist(FORMATS), "mp3"),
	speed: v.exactOptional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(4))),
	stream_format: v.exactOptional(v.picklist(["sse", "audio"]), "audio"),
});
const SPEECH_KEYS = new Set(Object.keys(SpeechSchema.entries));
/** What OpenAI makes of sound, in tokens. */
const TOKENS_PER_SECOND = 20;

function readOpenaiSpeech(raw: JsonObject, seat: Seat): Play {
	const body = decode(SpeechSchema, raw, openaiMalformed);
	const stranger = unknownKey(body, SPEECH_KEYS);
	if (stranger !== undefined) throw unknownParameter(stranger);
	if (!seat.model.output.includes("speech"))
		throw openaiError(400, `The model '${seat.modelId}' does not support speech.`, "model", "invalid_value");
	if ([...body.input].length > MAX_INPUT_CHARACTERS)
		throw openaiError(400, "Invalid 'input': string too long. Expected a string with maximum length 4096.", "input");
	const { voices = [], speech_events: hasEvents } = seat.model.traits;
	if (!voices.includes(body.voice))
		throw openaiError(400, `Input should be ${voices.map((voice) => `'${voice}'`).join(", ")}`, "voice");
	if (body.stream_format === "sse" && hasEvents !== true)
		throw openaiError(400, "stream_format 'sse' is not supported for this model.", "stream_format");
	return spoken(body, seat);
}

function spoken(
	{ input, instructions = "", response_format: format, stream_format: form }: v.InferOutput<typeof SpeechSchema>,
	{ model }: Seat,
): Play {
	const ms = spokenMs(input);
	const pieces = silenceAs(format, ms);
	const fees = model.rules.audioFees ?? {};
	const audio = {
		...(fees.character !== undefined && { character: [...input].length }),
		...(fees.byte !== undefined && { byte: byteLength(input) }),
	};
	const total = countTokens(input) + countTokens(instructions);
	const tokens = Math.ceil((ms / 1000) * TOKENS_PER_SECOND);
	const usage = { input_tokens: total, output_tokens: tokens, total_tokens: total + tokens };
	const isByTokens = Object.keys(audio).length === 0;
	const sound = { input: { ...NOTHING, total }, audio, pieces, ...(isByTokens && { tokens }) };
	if (form !== "sse") return speechPlay({ ...sound, streamType: SOUND_TYPES[format] });
	return speechPlay({
		...sound,
		streamType: "text/event-stream; charset=utf-8",
		write: (piece) => eventOf({ type: "speech.audio.delta", audio: base64Of(piece) }),
		end: () => eventOf({ type: "speech.audio.done", usage }),
	});
}

export const openaiSpeech: Wire = { ...openaiChat, read: readOpenaiSpeech };

/** Servers that speak have voices of their own. */
export const compatibleSpeech: Wire = {
	...openaiCompatible,
	read: (body, seat) => spoken(decode(SpeechSchema, { voice: "default", ...body }, openaiMalformed), seat),
};

const SiliconflowSpeech = v.strictObject({
	model: v.string(),
	input: v.pipe(v.string(), v.minLength(1)),
	voice: v.string(),
	response_format: v.exactOptional(v.picklist(["mp3", "opus", "wav", "pcm"]), "mp3"),
	sample_rate: v.exactOptional(v.number()),
	stream: v.exactOptional(v.boolean()),
	speed: v.exactOptional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(4))),
	gain: v.exactOptional(v.pipe(v.number(), v.minValue(-10), v.maxValue(10))),
});

export const siliconflowSpeech: Wire = {
	...siliconflow,
	read(raw, seat) {
		const body = decode(SiliconflowSpeech, raw, siliconflowMalformed);
		const { voices = [] } = seat.model.traits;
		if (isBuiltIn(seat.provider) && !seat.model.output.includes("speech")) throw siliconflow.noModel(seat.modelId);
		if (!body.voice.startsWith("speech:") && !voices.some((voice) => body.voice === `${seat.model.id}:${voice}`))
			throw siliconflow.failure(400, "Invalid voice.");
		return spoken({ ...body, stream_format: "audio" }, seat);
	},
};

function siliconflowMalformed({ path, expected, received }: Problem): never {
	throw siliconflow.failure(400, `Value error, ${path}: expected ${expected}, received ${received}`);
}
