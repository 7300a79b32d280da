/** Writes an image as it comes, in the events that OpenAI streams it in. */

import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { Images, ImagesChunk, ImagesRequest } from "#core/images/images";
import type { AnswerHead, StreamRenderer } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import type { NanoUsd } from "#metering/money";
import { createdAt, written, writtenUsage } from "./render";

/** How events begin that are about an image of a text, or of other pictures. */
const NAMES: Readonly<Record<ImagesRequest["task"], string>> = {
	generation: "image_generation",
	edit: "image_edit",
	variation: "image_variation",
};

export class ImagesStream implements StreamRenderer<ImagesChunk> {
	readonly #head: AnswerHead;
	readonly #name: string;
	/** What is done is told at the end, with what it costs. */
	#answer: Images | null = null;

	constructor(head: AnswerHead, task: ImagesRequest["task"]) {
		this.#head = head;
		this.#name = NAMES[task];
	}

	chunk({ answer, partial }: ImagesChunk): string {
		if (answer !== undefined) this.#answer = answer;
		if (partial === undefined) return "";
		return this.#event("partial_image", {
			b64_json: partial.data,
			...partial.made,
			partial_image_index: partial.index,
		});
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	end(usage: Usage, cost: NanoUsd | null): string {
		if (this.#answer === null) return "";
		const { images, made } = this.#answer;
		return images
			.map((image) => this.#event("completed", { ...written(image), ...made, usage: writtenUsage(usage, cost) }))
			.join("");
	}

	error(details: ErrorDetails, requestId: RequestId): string {
		return `event: error\ndata: ${JSON.stringify(errorBody(details, requestId))}\n\n`;
	}

	#event(kind: "partial_image" | "completed", fields: Record<string, unknown>): string {
		const type = `${this.#name}.${kind}`;
		const { model } = this.#head;
		return `event: ${type}\ndata: ${JSON.stringify({ type, created_at: createdAt(this.#head), model, ...fields })}\n\n`;
	}
}
