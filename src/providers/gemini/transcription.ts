// Transcriptions by Gemini's models, which chat about what they hear: asked for its words, and nothing else.
import type { Model } from "#catalog/model";
import type { Transcript, TranscriptionChunk, TranscriptionRequest } from "#core/audio/transcription";
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { AudioContainer } from "#lib/audio/length";
import type { JsonObject } from "#lib/json";
import type { ChatCodec, StreamDecoder, TranscriptionCodec, UpstreamCall } from "#providers/adapter";
import { inlineFile, transcriptionAllowance } from "#providers/audio/sound";

/** What Gemini hears, by its media types. */
const HEARD: Readonly<Partial<Record<AudioContainer, string>>> = {
	wav: "audio/wav",
	mp3: "audio/mp3",
	aac: "audio/aac",
	ogg: "audio/ogg",
	flac: "audio/flac",
};
/** The words of a second, and thoughts before them, in tokens at most. */
const TOKENS_PER_SECOND = 16;
const THOUGHT_TOKENS = 4_096;
/** Milliseconds in a second. */
const SECOND = 1000;

/** By the codec of Gemini's chats, which reads the answer. */
export function geminiTranscription(chat: ChatCodec): TranscriptionCodec {
	return {
		encode,
		decode: (body, request, model) => transcriptOf(chat.decode(body, asChat(request), model)),
		decoder: (request, model) => new TranscriptStream(chat.decoder(asChat(request), model)),
	};
}

function encode(request: TranscriptionRequest, model: Model): UpstreamCall {
	const { facts, language, prompt, temperature, stream, translates } = request;
	const mimeType = facts.container === null ? undefined : HEARD[facts.container];
	if (mimeType === undefined)
		throw unsupportedParameter("file", `\`${model.id}\` hears ${Object.keys(HEARD).join(", ")} alone`);
	const limit = Math.min(
		model.maxOutput ?? Number.POSITIVE_INFINITY,
		THOUGHT_TOKENS + Math.ceil(facts.ms / SECOND) * TOKENS_PER_SECOND,
	);
	const words = [
		translates
			? "Translate what is said in this recording into English."
			: "Transcribe what is said in this recording word by word, in the language in which it is said.",
		"Answer with the words alone, without times, names of speakers or remarks, and with nothing if nothing is said.",
		...(language === undefined ? [] : [`The language is ${language}.`]),
		...(prompt === undefined ? [] : [`What came before, or words that may occur: ${prompt}`]),
	];
	const own: JsonObject = request.providerExtensions[model.provider] ?? {};
	const body: JsonObject = {
		...own,
		contents: [
			{
				role: "user",
				parts: [{ inlineData: { mimeType, data: inlineFile(request, model) } }, { text: words.join(" ") }],
			},
		],
		generationConfig: { maxOutputTokens: limit, ...(temperature !== undefined && { temperature }) },
	};
	const dropped = Object.keys(request.extensions);
	if (request.user !== undefined) dropped.push("user");
	const method = stream ? "streamGenerateContent?alt=sse" : "generateContent";
	return {
		path: `/models/${encodeURIComponent(model.id)}:${method}`,
		body,
		dropped,
		prompts: [...words, JSON.stringify(own)],
		audio: transcriptionAllowance(request, model, limit),
	};
}

/** What the codec of chats looks at. */
function asChat({ stream }: TranscriptionRequest): ChatRequest {
	return { messages: [], stream, extensions: {}, providerExtensions: {} };
}

function transcriptOf({ choices, usage, model }: Completion): Transcript {
	const [choice] = choices;
	if (choice?.finish_reason === "content_filter") throw blocked();
	return { text: (choice?.message.content ?? "").trim(), usage, ...(model !== undefined && { model }) };
}

function blocked(): UpstreamError {
	return new UpstreamError({ kind: "content_policy", status: 200, message: "the provider blocked what was said" });
}

class TranscriptStream implements StreamDecoder<TranscriptionChunk> {
	readonly #chat: StreamDecoder;
	#text = "";

	constructor(chat: StreamDecoder) {
		this.#chat = chat;
	}

	push(event: Parameters<StreamDecoder["push"]>[0]): TranscriptionChunk[] {
		return this.#chat.push(event).flatMap((chunk) => this.#piecesOf(chunk));
	}

	end(): TranscriptionChunk[] {
		const pieces = this.#chat.end().flatMap((chunk) => this.#piecesOf(chunk));
		return [...pieces, { delta: "", whole: { text: this.#text.trim(), usage: null } }];
	}

	#piecesOf({ choices, usage }: Chunk): TranscriptionChunk[] {
		if (choices.some(({ finish_reason: finish }) => finish === "content_filter")) throw blocked();
		const delta = choices.map(({ delta: { content } }) => content ?? "").join("");
		this.#text += delta;
		return delta === "" && usage === undefined ? [] : [{ delta, ...(usage !== undefined && { usage }) }];
	}
}
