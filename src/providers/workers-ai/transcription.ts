// The codec of transcriptions at Workers AI: both Whispers and Deepgram's Nova, each of which takes a file otherwise.
import type { Model } from "#catalog/model";
import type { Segment, Transcript, TranscriptionRequest, Word } from "#core/audio/transcription";
import { secondsUsage } from "#core/audio/usage";
import { unsupportedParameter } from "#core/errors";
import { isObject, type JsonObject } from "#lib/json";
import type { TranscriptionCodec, UpstreamCall } from "#providers/adapter";
import { heardUsage, inlineFile, transcriptionAllowance } from "#providers/audio/sound";
import { noStream } from "#providers/shared/embeddings";
import { malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { answerWithin } from "./answer";

export const workersAiTranscription: TranscriptionCodec = { encode, decode, decoder: noStream };

/** Largest file that goes out as a list of its bytes, in bytes: each becomes a number, which takes many times more. */
const MAX_LISTED_BYTES = 2 * 1024 * 1024;

/** Strict schemas refuse unknown fields, so only those that the caller meant for Workers AI go out beside. */
function encode(request: TranscriptionRequest, model: Model): UpstreamCall {
	const { prompt, temperature, user } = request;
	const dropped = Object.keys(request.extensions);
	if (user !== undefined) dropped.push("user");
	if (temperature !== undefined) dropped.push("temperature");
	return {
		path: model.id,
		...recordingOf(request, model, dropped),
		dropped,
		unstreamed: true,
		prompts: [prompt ?? ""],
		audio: transcriptionAllowance(request, model),
	};
}

/** The inputs of a model, as it takes a recording. Throws `GatewayError` for a file that is too large for that. */
function recordingOf(
	request: TranscriptionRequest,
	model: Model,
	dropped: string[],
): Pick<UpstreamCall, "body" | "upload"> {
	const { language, prompt, translates, file } = request;
	const own = request.providerExtensions[model.provider];
	switch (model.traits.recording) {
		case "numbers":
			if (language !== undefined) dropped.push("language");
			if (prompt !== undefined) dropped.push("prompt");
			return { body: { ...own, audio: numbersOf(request, model) } };
		case "stream":
			if (prompt !== undefined) dropped.push("prompt");
			if (own?.multichannel !== undefined)
				throw unsupportedParameter(`${model.provider}.multichannel`, "each channel would be billed by itself");
			return {
				body: { punctuate: true, ...own, ...(language === undefined ? { detect_language: true } : { language }) },
				upload: { field: "audio", type: file.type ?? "application/octet-stream", bytes: file.bytes },
			};
		default:
			return {
				body: {
					...own,
					audio: inlineFile(request, model),
					task: translates ? "translate" : "transcribe",
					...(language !== undefined && { language }),
					...(prompt !== undefined && { initial_prompt: prompt }),
				},
			};
	}
}

function numbersOf({ file }: TranscriptionRequest, { id }: Pick<Model, "id">): number[] {
	if (file.size > MAX_LISTED_BYTES)
		throw unsupportedParameter("file", `\`${id}\` takes files of at most ${MAX_LISTED_BYTES / 1024 / 1024} MiB`);
	return [...file.bytes];
}

function decode(body: unknown, request: TranscriptionRequest, model: Model): Transcript {
	const answer = answerWithin(body);
	return model.traits.recording === "stream" ? heardByNova(answer, request) : heardByWhisper(answer, request);
}

function heardByWhisper(answer: Record<string, unknown>, request: TranscriptionRequest): Transcript {
	const { text, segments: list, words: all, transcription_info: info } = answer;
	if (typeof text !== "string") throw malformed("the answer has no text");
	const entries = objectsIn(list);
	const segments = entries.flatMap(({ start, end, text: words }): Segment[] =>
		typeof start === "number" && typeof end === "number" && typeof words === "string"
			? [{ start, end, text: words }]
			: [],
	);
	const words = Array.isArray(all)
		? all.flatMap(wordOf)
		: entries.flatMap((entry) => objectsIn(entry.words).flatMap(wordOf));
	const { language, duration } = isObject(info) ? info : ({} as JsonObject);
	return {
		text: text.trim(),
		...(isWord(language) && { language }),
		...(typeof duration === "number" && { duration }),
		...(request.timestamps.includes("segment") && { segments }),
		...(request.timestamps.includes("word") && { words }),
		usage: secondsUsage(duration) ?? heardUsage(request),
	};
}

/** Of one channel what is likeliest; Nova tells no length, and one channel is asked for. */
function heardByNova(answer: Record<string, unknown>, request: TranscriptionRequest): Transcript {
	const [channel] = isObject(answer.results) ? objectsIn(answer.results.channels) : [];
	const [best] = objectsIn(channel?.alternatives);
	if (typeof best?.transcript !== "string") throw malformed("the answer has no transcript");
	const language = channel?.detected_language;
	return {
		text: best.transcript.trim(),
		...(isWord(language) && { language }),
		...(request.timestamps.includes("word") && { words: objectsIn(best.words).flatMap(wordOf) }),
		usage: heardUsage(request),
	};
}

function objectsIn(list: unknown): readonly Record<string, unknown>[] {
	return Array.isArray(list) ? list.filter(isObject) : [];
}

function wordOf(entry: unknown): Word[] {
	if (!isObject(entry)) return [];
	const { word, punctuated_word: punctuated, start, end } = entry;
	const text = isWord(punctuated) ? punctuated : word;
	return typeof text === "string" && typeof start === "number" && typeof end === "number"
		? [{ word: text.trim(), start, end }]
		: [];
}
