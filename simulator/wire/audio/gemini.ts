// Speech as Gemini's models make it: samples in base64, in the frames of its chats.

import { isObject, type JsonObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";
import { samples, spokenMs } from "#simulator/model/sound";
import { countTokens } from "#simulator/model/tokens";
import { invalid } from "#simulator/wire/gemini/errors";
import type { GeminiBody } from "#simulator/wire/gemini/schema";
import type { Play, Seat } from "#simulator/wire/wire";
import { NOTHING, speechPlay } from "./play";

/** What Gemini makes of sound, in tokens. */
const TOKENS_PER_SECOND = 25;

export function readGeminiSpeech(body: GeminiBody, seat: Seat): Play {
	const { responseModalities: modalities = [], speechConfig } = body.generationConfig ?? {};
	if (!modalities.includes("AUDIO"))
		throw invalid(
			`The requested combination of response modalities (TEXT) is not supported by the model models/${seat.model.id}.`,
		);
	const voice = voiceIn(speechConfig);
	if (voice !== undefined && seat.model.traits.voices?.includes(voice) === false)
		throw invalid(`Voice name ${voice} is not supported.`);
	const text = body.contents.flatMap(({ parts }) => parts.map((part) => part.text ?? "")).join("");
	const ms = spokenMs(text);
	const total = countTokens(text);
	const tokens = Math.ceil((ms / 1000) * TOKENS_PER_SECOND);
	const head = { modelVersion: seat.model.id, responseId: seat.id.slice(0, 22) };
	const frame = (candidate: JsonObject, counts: JsonObject) =>
		`data: ${JSON.stringify({ candidates: [{ index: 0, ...candidate }], usageMetadata: counts, ...head })}\r\n\r\n`;
	const prompt = { promptTokenCount: total, promptTokensDetails: [{ modality: "TEXT", tokenCount: total }] };
	return speechPlay({
		input: { ...NOTHING, total },
		audio: {},
		pieces: samples(ms),
		tokens,
		streamType: "text/event-stream",
		write: (piece) => {
			const inlineData = { mimeType: "audio/L16;codec=pcm;rate=24000", data: base64Of(piece) };
			return frame({ content: { role: "model", parts: [{ inlineData }] } }, { ...prompt, totalTokenCount: total });
		},
		end: () =>
			frame(
				{ content: { role: "model", parts: [] }, finishReason: "STOP" },
				{
					...prompt,
					candidatesTokenCount: tokens,
					candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: tokens }],
					totalTokenCount: total + tokens,
				},
			),
	});
}

function voiceIn(config: unknown): string | undefined {
	const voice = isObject(config) && isObject(config.voiceConfig) ? config.voiceConfig.prebuiltVoiceConfig : undefined;
	return isObject(voice) && typeof voice.voiceName === "string" ? voice.voiceName : undefined;
}
