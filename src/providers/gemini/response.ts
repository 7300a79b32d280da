// Decodes Gemini's answers, whole or frame by frame.
import type { Delta, FinishReason, GeneratedImage, ReasoningDetail, ToolCallDelta, VendorExtra } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { UpstreamError } from "#core/fault";
import { isObject } from "#lib/json";
import { malformed } from "#providers/shared/faults";
import { isShallow } from "#providers/shared/json-shape";
import { GEMINI_FORMAT, syntheticId } from "./messages";

/** Reasons that end an answer in the middle of what the model tried to do. */
const BROKEN = new Set(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"]);
const FILTERED = new Set([
	"SAFETY",
	"RECITATION",
	"BLOCKLIST",
	"PROHIBITED_CONTENT",
	"SPII",
	"LANGUAGE",
	"IMAGE_SAFETY",
	"IMAGE_PROHIBITED_CONTENT",
	"IMAGE_RECITATION",
]);

/** Ids for the tool calls of one answer, unique among them. */
export class CallIds {
	readonly #used = new Set<string>();
	/** Tool calls in the conversation so far: their number keeps synthetic ids of different turns apart. */
	#position: number;

	constructor(callsBefore: number) {
		this.#position = callsBefore;
	}

	/** Gemini's own id where it sent a fresh one. */
	next(own: unknown, answer: string | undefined): string {
		const position = this.#position++;
		const id = typeof own === "string" && own !== "" && !this.#used.has(own) ? own : syntheticId(answer, position);
		this.#used.add(id);
		return id;
	}
}

/** What one candidate has said so far; the same for a whole answer, which is a stream of one frame. */
export class GeminiCandidate {
	readonly index: number;
	readonly #ids: CallIds;
	/** Text is kept only where citations may refer to it. */
	readonly #keepsText: boolean;
	#text = "";
	#calls = 0;
	#finish: string | null = null;

	constructor(index: number, ids: CallIds, keepsText: boolean) {
		this.index = index;
		this.#ids = ids;
		this.#keepsText = keepsText;
	}

	/** Reads one frame's share. Throws `UpstreamError` for a shape that is not Gemini's and for a broken tool call. */
	read(candidate: Record<string, unknown>, answer: string | undefined): { delta: Delta; logprobs?: unknown } {
		const delta: Delta = {};
		const content = candidate.content;
		if (isObject(content) && Array.isArray(content.parts)) {
			for (const part of content.parts) if (isObject(part)) this.#part(part, delta, answer);
		}
		if (this.#keepsText && delta.content !== undefined) this.#text += delta.content;
		if (isObject(candidate.groundingMetadata)) {
			const annotations = citations(candidate.groundingMetadata, this.#text);
			if (annotations.length > 0) delta.annotations = annotations;
		}
		const reason = candidate.finishReason;
		if (typeof reason === "string" && reason !== "") {
			if (BROKEN.has(reason)) throw broken(reason, candidate.finishMessage);
			this.#finish = reason;
		}
		const logprobs = isObject(candidate.logprobsResult) ? logprobsOf(candidate.logprobsResult) : undefined;
		return logprobs === undefined ? { delta } : { delta, logprobs };
	}

	/** How the candidate ended; null when it has not. */
	get finish(): { finish_reason: FinishReason; native_finish_reason?: string } | null {
		const reason = this.#finish;
		if (reason === null) return null;
		if (reason === "MAX_TOKENS" || reason === "CONTINUATION") {
			return { finish_reason: "length", native_finish_reason: reason };
		}
		if (FILTERED.has(reason)) return { finish_reason: "content_filter", native_finish_reason: reason };
		// Gemini ends with STOP after function calls too.
		if (this.#calls > 0) return { finish_reason: "tool_calls", native_finish_reason: reason };
		return reason === "STOP" ? { finish_reason: "stop" } : { finish_reason: "stop", native_finish_reason: reason };
	}

	#part(part: Record<string, unknown>, delta: Delta, answer: string | undefined): void {
		const signature =
			typeof part.thoughtSignature === "string" && part.thoughtSignature !== "" ? part.thoughtSignature : undefined;
		if (isObject(part.functionCall)) {
			delta.tool_calls ??= [];
			delta.tool_calls.push(this.#call(part.functionCall, signature, answer));
			return;
		}
		if (typeof part.text === "string" && part.text !== "") {
			if (part.thought === true) delta.reasoning_content = (delta.reasoning_content ?? "") + part.text;
			else delta.content = (delta.content ?? "") + part.text;
		} else if (isObject(part.inlineData) && part.thought !== true) {
			const { mimeType, data } = part.inlineData;
			if (typeof mimeType === "string" && mimeType.startsWith("image/") && typeof data === "string") {
				delta.images ??= [];
				delta.images.push(pictureOf(`data:${mimeType};base64,${data}`, signature));
				return;
			}
		}
		if (signature !== undefined) {
			delta.reasoning_details ??= [];
			delta.reasoning_details.push(signatureDetail(signature));
		}
	}

	#call(call: Record<string, unknown>, signature: string | undefined, answer: string | undefined): ToolCallDelta {
		if (typeof call.name !== "string" || call.name === "") throw malformed("a function call came without a name");
		const args = isObject(call.args) ? call.args : {};
		if (!isShallow(args)) throw malformed("the arguments of a function call are nested too deep");
		return {
			index: this.#calls++,
			id: this.#ids.next(call.id, answer),
			type: "function",
			function: { name: call.name, arguments: JSON.stringify(args) },
			...signed(signature),
		};
	}
}

function pictureOf(url: string, signature: string | undefined): GeneratedImage {
	return { type: "image_url", image_url: { url }, ...signed(signature) };
}

/** Where a signature travels with what it signs. */
function signed(signature: string | undefined): { extra_content?: VendorExtra } {
	return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}

function signatureDetail(data: string): ReasoningDetail {
	return { type: "reasoning.encrypted", format: GEMINI_FORMAT, data };
}

function broken(reason: string, detail: unknown): UpstreamError {
	const more = typeof detail === "string" && detail !== "" ? `: ${detail.slice(0, 200)}` : "";
	return new UpstreamError({
		kind: "malformed",
		status: 200,
		code: reason,
		message: `the model stopped with ${reason}${more}`,
	});
}

/** `usageMetadata`; null when it does not count the prompt. */
export function usageOf(metadata: unknown): Usage | null {
	if (!isObject(metadata)) return null;
	const { promptTokensDetails: input, candidatesTokensDetails: output } = metadata;
	return normalUsage({
		input: sum(metadata.promptTokenCount, metadata.toolUsePromptTokenCount ?? 0),
		// The answer's count leaves the thoughts out.
		output: sum(metadata.candidatesTokenCount ?? 0, metadata.thoughtsTokenCount ?? 0),
		cacheRead: metadata.cachedContentTokenCount,
		reasoning: metadata.thoughtsTokenCount,
		audioInput: ofModality(input, "AUDIO"),
		imageInput: ofModality(input, "IMAGE"),
		audioOutput: ofModality(output, "AUDIO"),
		imageOutput: ofModality(output, "IMAGE"),
	});
}

function sum(a: unknown, b: unknown): unknown {
	return typeof a === "number" && typeof b === "number" && a >= 0 && b >= 0 ? a + b : Number.NaN;
}

function ofModality(details: unknown, modality: string): unknown {
	if (!Array.isArray(details)) return 0;
	return details.find((detail) => isObject(detail) && detail.modality === modality)?.tokenCount;
}

function logprobsOf(result: Record<string, unknown>): unknown {
	if (!Array.isArray(result.chosenCandidates)) return undefined;
	const tops = Array.isArray(result.topCandidates) ? result.topCandidates : [];
	const content = result.chosenCandidates.map((chosen, index) => {
		const top = isObject(tops[index]) ? tops[index].candidates : undefined;
		return { ...tokenOf(chosen), top_logprobs: Array.isArray(top) ? top.map(tokenOf) : [] };
	});
	return { content, refusal: null };
}

function tokenOf(candidate: unknown): { token: string; logprob: number; bytes: null } {
	const { token, logProbability } = isObject(candidate) ? candidate : {};
	return {
		token: typeof token === "string" ? token : "",
		// OpenAI's floor for tokens that are out of the question.
		logprob: typeof logProbability === "number" ? logProbability : -9999,
		bytes: null,
	};
}

/** Grounding as OpenAI's URL citations. Gemini counts in UTF-8 bytes of the candidate's whole text. */
function citations(metadata: Record<string, unknown>, text: string): unknown[] {
	const { groundingChunks: chunks, groundingSupports: supports } = metadata;
	if (!Array.isArray(chunks) || !Array.isArray(supports)) return [];
	const bytes = new TextEncoder().encode(text);
	const decoder = new TextDecoder();
	const position = (offset: unknown) =>
		decoder.decode(bytes.subarray(0, typeof offset === "number" ? Math.max(0, offset) : 0)).length;
	return supports.flatMap((support) => {
		if (!isObject(support) || !Array.isArray(support.groundingChunkIndices)) return [];
		const segment = isObject(support.segment) ? support.segment : {};
		return support.groundingChunkIndices.flatMap((index) => {
			const chunk: unknown = chunks[index as number];
			if (!isObject(chunk) || !isObject(chunk.web) || typeof chunk.web.uri !== "string") return [];
			const { uri: url, title } = chunk.web;
			return [
				{
					type: "url_citation",
					url_citation: {
						url,
						title: typeof title === "string" ? title : url,
						start_index: position(segment.startIndex),
						end_index: position(segment.endIndex),
					},
				},
			];
		});
	});
}
