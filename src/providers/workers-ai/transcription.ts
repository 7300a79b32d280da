// The codec of Whisper at Workers AI: the file in base64 in, its words with their times out.
import type { Model } from "#catalog/model";
import type { Segment, Transcript, TranscriptionRequest, Word } from "#core/audio/transcription";
import { secondsUsage } from "#core/audio/usage";
import { isObject } from "#lib/json";
import type { TranscriptionCodec, UpstreamCall } from "#providers/adapter";
import { heardUsage, inlineFile, transcriptionAllowance } from "#providers/audio/sound";
import { noStream } from "#providers/shared/embeddings";
import { malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { answerWithin } from "./answer";

export const workersAiTranscription: TranscriptionCodec = { encode, decode, decoder: noStream };

/** Strict schemas refuse unknown fields, so only those that the caller meant for Workers AI go out beside. */
function encode(request: TranscriptionRequest, model: Model): UpstreamCall {
	const { language, prompt, translates, temperature, user } = request;
	const dropped = Object.keys(request.extensions);
	if (user !== undefined) dropped.push("user");
	if (temperature !== undefined) dropped.push("temperature");
	return {
		path: model.id,
		body: {
			...request.providerExtensions[model.provider],
			audio: inlineFile(request, model),
			task: translates ? "translate" : "transcribe",
			...(language !== undefined && { language }),
			...(prompt !== undefined && { initial_prompt: prompt }),
		},
		dropped,
		unstreamed: true,
		prompts: [prompt ?? ""],
		audio: transcriptionAllowance(request, model),
	};
}

function decode(body: unknown, request: TranscriptionRequest): Transcript {
	const { text, segments: list, transcription_info: info } = answerWithin(body);
	if (typeof text !== "string") throw malformed("the answer has no text");
	const entries = Array.isArray(list) ? list.filter(isObject) : [];
	const segments = entries.flatMap(({ start, end, text: words }): Segment[] =>
		typeof start === "number" && typeof end === "number" && typeof words === "string"
			? [{ start, end, text: words }]
			: [],
	);
	const words = entries.flatMap((entry) => (Array.isArray(entry.words) ? entry.words.flatMap(wordOf) : []));
	const { language, duration } = isObject(info) ? info : {};
	return {
		text: text.trim(),
		...(isWord(language) && { language }),
		...(typeof duration === "number" && { duration }),
		...(request.timestamps.includes("segment") && { segments }),
		...(request.timestamps.includes("word") && { words }),
		usage: secondsUsage(duration) ?? heardUsage(request),
	};
}

function wordOf(entry: unknown): Word[] {
	if (!isObject(entry)) return [];
	const { word, start, end } = entry;
	return typeof word === "string" && typeof start === "number" && typeof end === "number"
		? [{ word: word.trim(), start, end }]
		: [];
}
