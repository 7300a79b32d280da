// What tests of adapters share: a request, a model, and ways to feed a decoder.
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import { type Fault, UpstreamError } from "#core/fault";
import { SseParser } from "#lib/sse";
import type { ErrorReply, StreamDecoder } from "#providers/adapter";

/** A canonical request with one short user message unless told otherwise. */
export function chat(fields: Partial<ChatRequest> = {}): ChatRequest {
	return {
		messages: [{ role: "user", content: "Hello" }],
		stream: false,
		extensions: {},
		providerExtensions: {},
		...fields,
	};
}

/** A model of the built-in catalog. */
export function modelOf(provider: string, id: string): Model {
	const model = BUILT_IN_MODELS.find((entry) => entry.provider === provider && entry.id === id);
	if (model === undefined) throw new Error(`the catalog has no ${provider}/${id}`);
	return model;
}

/** Everything that a decoder says about an event stream, its end included. */
export function feed(decoder: StreamDecoder, stream: string): Chunk[] {
	const parser = new SseParser();
	const events = [...parser.push(new TextEncoder().encode(stream)), ...parser.end()];
	return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}

/** The fault that `work` throws. */
export function faultOf(work: () => unknown): Fault {
	try {
		work();
	} catch (error) {
		if (error instanceof UpstreamError) return error.fault;
		throw error;
	}
	throw new Error("nothing was thrown");
}

/** The parameter that `work` refuses, as `code param`. */
export function refusalOf(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		if (error instanceof GatewayError) return `${error.details.code} ${error.details.param}`;
		throw error;
	}
	throw new Error("nothing was refused");
}

/** An error answer as the sender hands it over; an object becomes JSON. */
export function errorReply(status: number, body: unknown, headers: Record<string, string> = {}): ErrorReply {
	return {
		status,
		headers: new Headers(headers),
		body: typeof body === "string" ? body : JSON.stringify(body),
		now: Date.UTC(2026, 10, 23, 18, 0, 0),
	};
}
