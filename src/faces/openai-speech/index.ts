/** OpenAI's speech, as its SDKs speak it. */
import { SPEECH_FORMATS, type Speech, type SpeechChunk, type SpeechRequest } from "#core/audio/speech";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { speech } from "#operations/speech/index";
import { parseSpeech, type SpeechStyle } from "./parse";
import { SpeechEvents, SpeechPieces } from "./render";

export const openaiSpeech: Face<SpeechRequest, Speech, SpeechChunk, SpeechStyle> = {
	name: "speech",
	operation: speech,
	parse: parseSpeech,
	whole: () => {
		throw new TypeError("speech is always a stream");
	},
	stream: (_, { events }) => (events ? new SpeechEvents() : new SpeechPieces()),
	media: ({ events, format }) =>
		events ? null : format === undefined ? "application/octet-stream" : SPEECH_FORMATS[format],
	error: errorBody,
	models: openaiModels,
};
