/** OpenAI's transcriptions and translations of sound, as its SDKs speak them. */
import type { Transcript, TranscriptionChunk, TranscriptionRequest } from "#core/audio/transcription";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { transcription } from "#operations/transcription/index";
import { parseTranscription, type TranscriptStyle } from "./parse";
import { rawTranscript, renderTranscript } from "./render";
import { TranscriptRenderer } from "./render-stream";

type TranscriptionFace = Face<TranscriptionRequest, Transcript, TranscriptionChunk, TranscriptStyle>;

const COMMON = {
	operation: transcription,
	takes: "form",
	whole: renderTranscript,
	raw: rawTranscript,
	stream: () => new TranscriptRenderer(),
	error: errorBody,
	models: openaiModels,
} satisfies Partial<TranscriptionFace>;

export const openaiTranscriptions: TranscriptionFace = {
	...COMMON,
	name: "transcriptions",
	parse: (body, providerNamed) => parseTranscription(body, providerNamed, false),
};

export const openaiTranslations: TranscriptionFace = {
	...COMMON,
	name: "translations",
	parse: (body, providerNamed) => parseTranscription(body, providerNamed, true),
};
