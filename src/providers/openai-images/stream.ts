// Decodes an image that OpenAI streams: as far as it has come now and then, and then whole.
import type { Model } from "#catalog/model";
import type { ImagesChunk, ImagesRequest } from "#core/images/images";
import { isObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder } from "#providers/adapter";
import { errorInEvent } from "#providers/openai-chat/errors";
import { malformed, truncated } from "#providers/shared/faults";
import { decodeImages, madeOf } from "./answer";

const PARTIAL = /^image_(?:generation|edit)\.partial_image$/;
const COMPLETED = /^image_(?:generation|edit)\.completed$/;

export class ImagesStreamDecoder implements StreamDecoder<ImagesChunk> {
	readonly #request: ImagesRequest;
	readonly #model: Model;
	#partials = 0;
	#isComplete = false;

	constructor(request: ImagesRequest, model: Model) {
		this.#request = request;
		this.#model = model;
	}

	push(event: SseEvent): ImagesChunk[] {
		if (event.data === "" || isTerminator(event)) return [];
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("a stream event is not a JSON object");
		const error = errorInEvent(event.event, body);
		if (error !== null) throw error;
		const type = typeof body.type === "string" ? body.type : event.event;
		if (PARTIAL.test(type)) {
			const { b64_json: data } = body;
			if (typeof data !== "string" || data === "") throw malformed("a part of an image is not base64");
			return [{ partial: { data, index: this.#partials++, made: madeOf(body) } }];
		}
		if (!COMPLETED.test(type)) return [];
		if (this.#isComplete) throw malformed("the stream has more images than were asked for");
		this.#isComplete = true;
		const answer = decodeImages({ ...body, data: [body] }, this.#request, this.#model);
		return [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }];
	}

	end(): ImagesChunk[] {
		if (!this.#isComplete) throw truncated();
		return [];
	}
}
