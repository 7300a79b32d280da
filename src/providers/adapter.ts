import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { Fault } from "#core/fault";
import type { JsonObject } from "#lib/json";
import type { SseEvent } from "#lib/sse";

/**
 * A provider's wire protocol as pure translation: no I/O, no clock, no state between requests.
 * Whoever calls it sends what `encode` returns and feeds it what comes back.
 */
export interface ChatAdapter {
	/** Which header carries the credential. */
	readonly credentialHeader: "authorization" | "x-api-key" | "x-goog-api-key";
	/** Version segment appended to a base URL that ends in none, such as "v1". */
	readonly version: string;
	/**
	 * Builds the upstream call. Throws `GatewayError` with code `unsupported_parameter` where a request would change
	 * its meaning; what does not change meaning is left out and listed in `dropped`.
	 */
	encode(request: ChatRequest, model: Model): UpstreamCall;
	/** Decodes a whole answer from parsed JSON. Throws `UpstreamError` for an error inside a 200 or a wrong shape. */
	decode(body: unknown, request: ChatRequest, model: Model): Completion;
	/** A fresh decoder for one streamed answer. */
	decoder(request: ChatRequest, model: Model): StreamDecoder;
	/** Classifies an answer that is not 2xx from its body and headers. `body` is text of any kind, perhaps empty. */
	fault(reply: ErrorReply): Fault;
}

export interface UpstreamCall {
	/** Below the versioned base URL, such as "/chat/completions"; may carry a query. */
	path: string;
	body: JsonObject;
	headers?: Record<string, string>;
	/** Names of request fields that this provider has no counterpart for. */
	dropped: string[];
	/** Output tokens per choice that the provider may bill beyond the limit it is told; absent for none. */
	beyondLimit?: number;
	/** When the provider answers this call without a stream although one was asked for. */
	unstreamed?: true;
}

export interface StreamDecoder {
	/** Decodes one event. Throws `UpstreamError` for an error event or a shape that the protocol does not have. */
	push(event: SseEvent): Chunk[];
	/**
	 * The upstream closed the stream. Returns what was held back; throws `UpstreamError` of kind "truncated"
	 * when the answer had not finished.
	 */
	end(): Chunk[];
}

export interface ErrorReply {
	status: number;
	headers: Headers;
	body: string;
	/** When the reply arrived, in milliseconds since the epoch: an HTTP date in `retry-after` counts from here. */
	now: number;
}
