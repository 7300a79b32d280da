/** Passes a vendor's own API on: the request goes out as it came but for what the gateway must set, and so back. */
import type { Model } from "#catalog/model";
import { estimatedUsage } from "#core/chat/usage";
import { isObject, type Json, type JsonObject, parseJson } from "#lib/json";
import { eventText, type SseEvent } from "#lib/sse";
import type { Meter, NativeApi, NativeEndpoint, StreamMeter, WholeReading } from "#operations/native/endpoint";
import type { NativeAnswer, NativeChunk, NativeReply, NativeRequest } from "#operations/native/request";
import type { NativeCodec, StreamDecoder, UpstreamCall } from "#providers/adapter";
import { empty, malformed } from "#providers/shared/faults";

/** The codec of a vendor's own API, by its table. */
export function nativeCodec(api: NativeApi): NativeCodec {
	return {
		api,
		encode(request, model) {
			api.checkHeaders?.(request.headers, request.body, model);
			return callOf(request, model);
		},
		decode() {
			throw new TypeError("an answer of a vendor's own API is taken as it came");
		},
		take,
		decoder: ({ endpoint, body }) => new NativeStream(endpoint.meter.stream(body)),
	};
}

/** The path is written from the table and the model's own id: nothing that the caller sent is part of it. */
function callOf({ endpoint, body, headers, limit }: NativeRequest, model: Model): UpstreamCall {
	const { path, charge, isEmbedding, limits } = endpoint;
	const isInPath = path.includes("{model}");
	const set: JsonObject = { ...body, ...endpoint.set?.(body, model) };
	const sent: JsonObject = isInPath ? set : { ...set, model: model.id };
	const embeds = isEmbedding === true || model.output.includes("embedding");
	const beyondLimit = endpoint.beyondLimit?.(sent, model) ?? 0;
	return {
		// A binding takes the id itself for a path.
		path: path === "{model}" ? model.id : path.replace("{model}", encodeURIComponent(model.id)),
		body: sent,
		headers: { ...headers },
		dropped: [],
		outputLimit: limit ?? (limits === undefined ? 0 : null),
		...(beyondLimit > 0 && { beyondLimit }),
		...(charge !== "usage" && { flat: charge }),
		...(embeds && { prompts: textsIn(sent) }),
	};
}

/** Every text of a body, and every list of tokens: whichever of them the vendor reads. */
function textsIn(value: Json): (string | number[])[] {
	if (typeof value === "string") return [value];
	if (typeof value !== "object" || value === null) return [];
	if (!Array.isArray(value)) return Object.values(value).flatMap(textsIn);
	const numbers = value.filter((item) => typeof item === "number");
	return [...(numbers.length > 0 ? [numbers] : []), ...value.flatMap(textsIn)];
}

function take(reply: NativeReply, { endpoint }: NativeRequest): NativeAnswer {
	if (reply.bytes.byteLength === 0) throw empty();
	return { ...readingOf(reply, endpoint), reply };
}

function readingOf({ bytes }: NativeReply, { charge, meter }: NativeEndpoint): WholeReading {
	if (charge === "ceiling") return { usage: null };
	const body = parseJson(new TextDecoder().decode(bytes));
	if (body === undefined) throw malformed("the answer is not JSON");
	const reading = meter.whole(body);
	return charge === "usage" ? reading : { ...reading, usage: { ...estimatedUsage(0, 0), source: "provider" } };
}

class NativeStream implements StreamDecoder<NativeChunk> {
	readonly #meter: StreamMeter;

	constructor(meter: StreamMeter) {
		this.#meter = meter;
	}

	push(event: SseEvent): NativeChunk[] {
		const { text, isContent, isOurs, usage, model, service_tier } = this.#meter.read(event);
		return [
			{
				text,
				isContent,
				wire: isOurs ? "" : eventText(event),
				...(usage && { usage }),
				...(model !== undefined && { model }),
				...(service_tier !== undefined && { service_tier }),
			},
		];
	}

	end(): NativeChunk[] {
		this.#meter.end();
		return [];
	}
}

/** An event of JSON, parsed. Throws `UpstreamError` for anything else. */
export function eventBody({ data }: SseEvent): Record<string, unknown> {
	const body = parseJson(data);
	if (!isObject(body)) throw malformed("a stream event is not a JSON object");
	return body;
}

/** A stream at an endpoint that has none. */
export function noStream(): StreamMeter {
	return {
		read: () => {
			throw malformed("the provider streamed an answer that has no stream");
		},
		end: () => {},
	};
}

/** Reads nothing: what an answer says costs nothing, or does not tell what it costs. */
export const UNREAD: Meter = { whole: () => ({ usage: null }), stream: noStream };
