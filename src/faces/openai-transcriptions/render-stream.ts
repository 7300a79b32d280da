/** Writes a transcript as it is made, in the events of OpenAI's transcriptions. */
import type { TranscriptionChunk } from "#core/audio/transcription";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { StreamRenderer } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import type { Json } from "#lib/json";
import type { NanoUsd } from "#metering/money";
import { renderUsage, spokenSegment } from "./render";

export class TranscriptRenderer implements StreamRenderer<TranscriptionChunk> {
	#text = "";
	#segments = 0;
	#logprobs: Json | undefined;

	chunk({ delta, logprobs, segment, whole }: TranscriptionChunk): string {
		if (whole !== undefined) {
			this.#text = whole.text;
			this.#logprobs = whole.logprobs;
			return "";
		}
		if (segment !== undefined) return frame(spokenSegment(segment, this.#segments++));
		if (delta === "") return "";
		this.#text += delta;
		return frame({ type: "transcript.text.delta", delta, ...(logprobs !== undefined && { logprobs }) });
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	end(usage: Usage, cost: NanoUsd | null): string {
		const logprobs = this.#logprobs;
		return frame({
			type: "transcript.text.done",
			text: this.#text,
			...(logprobs !== undefined && { logprobs }),
			usage: renderUsage(usage, cost),
		});
	}

	error(details: ErrorDetails, requestId: RequestId): string {
		return frame(errorBody(details, requestId));
	}
}

function frame(data: unknown): string {
	return `data: ${JSON.stringify(data)}\n\n`;
}
