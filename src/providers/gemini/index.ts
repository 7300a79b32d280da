// The adapter of Gemini's `generateContent`.
import type { Model } from "#catalog/model";
import type {
	AssistantReply,
	ChatRequest,
	Choice,
	Chunk,
	ChunkChoice,
	Completion,
	Delta,
	ToolCall,
} from "#core/chat/chat";
import { UpstreamError } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { ChatAdapter, ChatCodec, StreamDecoder, UpstreamCall } from "#providers/adapter";
import { geminiModels } from "#providers/model-lists/listers";
import { nativeCodec } from "#providers/native/codec";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { imagesByChat } from "#providers/shared/images/by-chat";
import { withDrawn } from "#providers/shared/images/codec";
import { customToolsAsFunctions } from "#providers/shared/tools/custom-tools";
import { geminiVideos } from "#providers/videos/gemini";
import { geminiEmbeddings } from "./embeddings";
import { errorOf, geminiFault, statusFault } from "./errors";
import { geminiNative } from "./own-api";
import { geminiBody } from "./request";
import { CallIds, GeminiCandidate, usageOf } from "./response";
import { geminiSpeech } from "./speech";
import { geminiTranscription } from "./transcription";

const chat: ChatCodec = customToolsAsFunctions({
	encode(request: ChatRequest, model: Model): UpstreamCall {
		const dropped: string[] = [];
		const body = geminiBody(request, model, dropped);
		const method = request.stream ? "streamGenerateContent?alt=sse" : "generateContent";
		return { path: `/models/${encodeURIComponent(model.id)}:${method}`, body, dropped };
	},
	decode(body: unknown, request: ChatRequest): Completion {
		const answer = new Answer(request);
		const { choices, usage = null, ...head } = answer.frame(body);
		const streamed = new Map(choices.map((choice) => [choice.index, choice]));
		return { ...head, choices: answer.finish().map((ending) => whole(ending, streamed.get(ending.index))), usage };
	},
	decoder(request: ChatRequest): StreamDecoder {
		return new GeminiStream(request);
	},
});

/** Gemini's native protocol: `generateContent` of v1beta. */
export const gemini: ChatAdapter = {
	credentialHeader: "x-goog-api-key",
	version: "v1beta",
	models: geminiModels,
	fault: geminiFault,
	chat,
	images: imagesByChat(chat),
	speech: geminiSpeech,
	transcription: geminiTranscription(chat),
	embeddings: geminiEmbeddings,
	videos: geminiVideos,
	native: nativeCodec(geminiNative),
};

class GeminiStream implements StreamDecoder {
	readonly #answer: Answer;
	/** What was last said about the answer as a whole: usage is cumulative, so the end repeats it. */
	readonly #last: Chunk = { choices: [] };

	constructor(request: ChatRequest) {
		this.#answer = new Answer(request);
	}

	push(event: SseEvent): Chunk[] {
		// No word of Gemini's: a proxy may add it.
		if (isTerminator(event)) return [];
		const frame = parseJson(event.data);
		if (frame === undefined) throw malformed("an event of the stream is not JSON");
		const chunk = this.#answer.frame(frame);
		Object.assign(this.#last, chunk);
		return chunk.choices.length > 0 || chunk.usage !== undefined ? [chunk] : [];
	}

	end(): Chunk[] {
		// Any frame may carry a finish reason, and content may still follow it: only the end of the stream settles it.
		return [{ ...this.#last, choices: this.#answer.finish() }];
	}
}

type Ending = ChunkChoice & Pick<Choice, "finish_reason">;

/** An answer as it comes in; a whole answer is a single frame. */
class Answer {
	readonly #candidates = new Map<number, GeminiCandidate>();
	readonly #ids: CallIds;
	readonly #keepsText: boolean;
	#blocked: string | null = null;
	#hasDrawn = false;

	constructor(request: ChatRequest) {
		const calls = request.messages.map(
			(message) => (message.role === "assistant" ? message.tool_calls?.length : 0) ?? 0,
		);
		this.#ids = new CallIds(calls.reduce((sum, count) => sum + count, 0));
		// Only native fields can turn grounding on.
		this.#keepsText = request.providerExtensions.gemini !== undefined;
	}

	/** One frame as a chunk, without finish reasons and without choices that say nothing. Throws `UpstreamError`. */
	frame(frame: unknown): Chunk {
		const error = errorOf(frame);
		if (error !== null) throw new UpstreamError(statusFault(error, 200));
		if (!isObject(frame)) throw malformed("the answer is not an object");
		const { candidates, modelVersion, responseId, promptFeedback, usageMetadata } = frame;
		const answerId = typeof responseId === "string" ? responseId : undefined;
		const choices: ChunkChoice[] = [];
		if (Array.isArray(candidates)) {
			for (const [position, candidate] of candidates.entries()) {
				if (!isObject(candidate)) throw malformed("a candidate is not an object");
				const read = this.#candidate(candidate.index ?? position).read(candidate, answerId);
				if (read.delta.images !== undefined) this.#hasDrawn = true;
				if (isSilent(read.delta) && read.logprobs === undefined) continue;
				choices.push({ index: (candidate.index ?? position) as number, finish_reason: null, ...read });
			}
		}
		if (isObject(promptFeedback) && typeof promptFeedback.blockReason === "string") {
			this.#blocked = promptFeedback.blockReason;
		}
		const usage = usageOf(usageMetadata);
		const tier = isObject(usageMetadata) ? usageMetadata.serviceTier : undefined;
		return {
			choices,
			...(usage !== null && { usage: this.#hasDrawn ? withDrawn(usage) : usage }),
			...(typeof modelVersion === "string" && { model: modelVersion }),
			...(typeof tier === "string" && { service_tier: tier }),
		};
	}

	/** How every candidate ended. Throws `UpstreamError` when one has not, or when there is none. */
	finish(): Ending[] {
		if (this.#candidates.size === 0) {
			if (this.#blocked !== null) return [filtered(0, this.#blocked)];
			throw empty();
		}
		return [...this.#candidates.values()].map(({ index, finish }) => {
			if (finish !== null) return { index, delta: {}, ...finish };
			if (this.#blocked !== null) return filtered(index, this.#blocked);
			throw truncated();
		});
	}

	#candidate(index: unknown): GeminiCandidate {
		if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index > 127) {
			throw malformed("a candidate has no usable index");
		}
		let candidate = this.#candidates.get(index);
		if (candidate === undefined) {
			candidate = new GeminiCandidate(index, this.#ids, this.#keepsText);
			this.#candidates.set(index, candidate);
		}
		return candidate;
	}
}

function filtered(index: number, reason: string): Ending {
	return { index, delta: {}, finish_reason: "content_filter", native_finish_reason: reason };
}

function isSilent(delta: Delta): boolean {
	for (const _ in delta) return false;
	return true;
}

function whole(ending: Omit<Choice, "message">, streamed: ChunkChoice | undefined): Choice {
	const { tool_calls: calls, content = null, ...rest } = streamed?.delta ?? {};
	const message: AssistantReply = { ...rest, role: "assistant", content, refusal: null };
	// Each call came whole: its delta lacks nothing but is numbered.
	if (calls !== undefined) message.tool_calls = calls.map(({ index: _, ...call }) => call as ToolCall);
	const { index, finish_reason, native_finish_reason } = ending;
	return {
		index,
		message,
		finish_reason,
		...(native_finish_reason !== undefined && { native_finish_reason }),
		...(streamed?.logprobs !== undefined && { logprobs: streamed.logprobs }),
	};
}
