/** Writes speech as it is made: as it is, or in the events of OpenAI's speech. */
import type { SpeechChunk } from "#core/audio/speech";
import { promptTokens, type Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { StreamRenderer } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { base64Of } from "#lib/text-bytes";
import { type NanoUsd, usdNumber } from "#metering/money";

/** Sound has no words for what breaks it off, and no room for figures. */
export class SpeechPieces implements StreamRenderer<SpeechChunk> {
	chunk({ audio }: SpeechChunk): Uint8Array {
		return audio;
	}

	silence(): string {
		return "";
	}

	end(): string {
		return "";
	}

	error(): null {
		return null;
	}
}

export class SpeechEvents implements StreamRenderer<SpeechChunk> {
	chunk({ audio }: SpeechChunk): string {
		return audio.byteLength === 0 ? "" : frame({ type: "speech.audio.delta", audio: base64Of(audio) });
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	end(usage: Usage, cost: NanoUsd | null): string {
		const input = promptTokens(usage);
		return frame({
			type: "speech.audio.done",
			usage: {
				input_tokens: input,
				output_tokens: usage.output,
				total_tokens: input + usage.output,
				...(usage.audio !== undefined && { billed_units: usage.audio }),
				cost: cost === null ? null : usdNumber(cost),
				...(usage.source === "estimated" && { estimated: true }),
			},
		});
	}

	error(details: ErrorDetails, requestId: RequestId): string {
		return frame(errorBody(details, requestId));
	}
}

function frame(data: unknown): string {
	return `data: ${JSON.stringify(data)}\n\n`;
}
