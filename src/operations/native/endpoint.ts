/**
 * What the gateway knows of a vendor's own API: which paths it serves there, what of a request decides the price, and
 * how the usage is read. Each provider's folder has its table.
 */
import type { Model } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";
import type { SseEvent } from "#lib/sse";

/** A vendor's own API, as far as it is passed on. What is not listed is not served. */
export interface NativeApi {
	/** The shape of the vendor's errors. */
	readonly envelope: "openai" | "anthropic" | "gemini";
	/** What callers may write before an endpoint's path: the segments that the vendor's own clients put there. */
	readonly prefixes: readonly string[];
	readonly endpoints: readonly NativeEndpoint[];
	/** Parameters of the query that mean nothing to the price; none of them goes out but as an endpoint says. */
	readonly query?: readonly string[];
	/** Headers of the caller's that go out, by lower-case name, with what they may hold. */
	readonly headers?: Readonly<Record<string, RegExp>>;
	/** Throws `GatewayError` 400 for what a header says that may not go out with a body. */
	checkHeaders?(headers: Readonly<Record<string, string>>, body: JsonObject, model: Model): void;
	/** Brings a body's field names into the spelling that the endpoints have; absent where there is only one. */
	spelled?(body: JsonObject): JsonObject;
}

/** One path of a vendor's API that takes a JSON object by POST. */
export interface NativeEndpoint {
	/** Below the version, such as "/chat/completions"; `{model}` stands for a model's id. */
	readonly path: string;
	/** By the tokens that the vendor reports, not at all, or the ceiling that the key's policy names. */
	readonly charge: "usage" | "nothing" | "ceiling";
	/** Each text of the body is read as a prompt of its own. */
	readonly isEmbedding?: true;
	/**
	 * Where the limit on output stands that the vendor keeps to, as dotted paths. The largest counts; where the hold
	 * affords no more, the gateway writes its own to the first.
	 */
	readonly limits?: readonly string[];
	/** Where the number of answers stands, as a dotted path. */
	readonly choices?: string;
	/** Fields that cannot be set, as dotted paths: price, model or the vendor's account hang on them. */
	readonly refused?: readonly string[];
	/** Tiers of service that may be asked for beside the vendor's standard, whose price the tariff knows. */
	readonly tiers?: readonly string[];
	/** The answer is a stream of events whatever the body says. */
	readonly isStream?: true;
	/** What the gateway sets in a body, beside the model. */
	set?(body: JsonObject, model: Model): JsonObject;
	/** Output tokens per answer that the vendor bills beyond the limit. */
	beyondLimit?(body: JsonObject, model: Model): number;
	readonly meter: Meter;
}

/** Reads the usage out of what a vendor answers at an endpoint. */
export interface Meter {
	/** Of a whole answer, parsed. Throws `UpstreamError` for an error inside a 200. */
	whole(body: unknown): WholeReading;
	/** A fresh reader of one stream that answers the body, as the caller sent it. */
	stream(asked: JsonObject): StreamMeter;
}

export interface WholeReading {
	/** Null when the vendor sent no figures that can be trusted. */
	readonly usage: Usage | null;
	readonly model?: string;
	readonly service_tier?: string;
}

/** Reads a stream that is passed on, event by event. */
export interface StreamMeter {
	/** Throws `UpstreamError` for an error event. */
	read(event: SseEvent): EventReading;
	/** The vendor closed the stream. Throws `UpstreamError` of kind "truncated" when the answer had not finished. */
	end(): void;
}

export interface EventReading extends Partial<WholeReading> {
	/** What the model wrote in it. */
	readonly text: string;
	/** It holds what the caller came for, or the end of it. */
	readonly isContent: boolean;
	/** The caller did not ask for this event. */
	readonly isOurs?: true;
}
