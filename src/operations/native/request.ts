/** A request to a vendor's own API and its answer, neither of which is translated. */
import type { JsonObject } from "#lib/json";
import type { CanonicalAnswer, CanonicalChunk, CanonicalRequest } from "#operations/operation";
import type { NativeEndpoint } from "./endpoint";

export interface NativeRequest extends CanonicalRequest {
	readonly endpoint: NativeEndpoint;
	/** As the caller sent it, in the endpoint's spelling. */
	readonly body: JsonObject;
	/** Of the caller's headers those that go out, by lower-case name. */
	readonly headers: Readonly<Record<string, string>>;
	/** The most output tokens per answer that the caller wants; absent where it does not say. */
	readonly limit?: number;
}

/** A vendor's answer as it came. */
export interface NativeReply {
	readonly status: number;
	readonly headers: Headers;
	readonly bytes: Uint8Array;
}

export interface NativeAnswer extends CanonicalAnswer {
	readonly reply: NativeReply;
}

/** One event of a stream; `wire` is the event as it came. */
export interface NativeChunk extends CanonicalChunk {
	readonly text: string;
	readonly isContent: boolean;
}
