/**
 * What a client speaks: how its requests are read, and how answers, streams and errors are written to it. A face knows
 * nothing of HTTP, of providers, or of how a request is served.
 */

import type { Model } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { PassedAnswer } from "#core/passed";
import type { StorageWish, StoredResponse } from "#core/stored-response";
import type { NanoUsd } from "#metering/money";
import type { CanonicalAnswer, CanonicalChunk, CanonicalRequest, Operation } from "#operations/operation";
import type { RoutePreference } from "#router/route-request";

/** Headers of a request that belong to a face's protocol. */
type ProtocolHeader = "anthropic-beta" | "anthropic-version";
/** Those that came, as they came. */
export type ProtocolHeaders = Readonly<Partial<Record<ProtocolHeader, string>>>;

/**
 * `Style` is what the face must remember of the wire request to write its answer, such as deprecated spellings. Others
 * pass it from `parse` to where it is needed and never look into it.
 */
export interface Face<
	Request extends CanonicalRequest = CanonicalRequest,
	Answer extends CanonicalAnswer = CanonicalAnswer,
	Chunk extends CanonicalChunk = CanonicalChunk,
	Style = unknown,
> {
	/** As the request log has it. */
	readonly name: string;
	/** What it asks for. */
	readonly operation: Operation<Request, Answer, Chunk>;
	/** Whether its requests are forms with files (`lib/form-fields.ts`), or may be; absent where they are JSON. */
	readonly takes?: "form" | "either";
	/** The headers that are part of its requests; absent for none. */
	readonly headers?: readonly ProtocolHeader[];
	/**
	 * Reads a wire request from parsed JSON, or the fields of a form. `providerNamed` returns the canonical name of a
	 * provider that a field may be named after; `headers` has those that the face names. Throws `GatewayError` 400 naming
	 * the offending field.
	 */
	parse(
		body: unknown,
		providerNamed: (field: string) => string | undefined,
		headers: ProtocolHeaders,
	): Parsed<Request, Style>;
	/** A whole answer as JSON; `cost` is null when the model's price is not known. */
	whole(head: AnswerHead, answer: Answer, usage: Usage, cost: NanoUsd | null, style: Style): JsonBody;
	/**
	 * The JSON text of a whole answer that came in the face's own protocol: its own, but for usage and cost. Absent where
	 * no provider speaks the face's protocol.
	 */
	passed?(answer: PassedAnswer, usage: Usage, cost: NanoUsd | null): string;
	/** An answer that is no JSON, in place of `whole`; null for one that is, and absent where all are. */
	raw?(answer: Answer, usage: Usage, cost: NanoUsd | null, style: Style): RawAnswer | null;
	/** A fresh renderer for one streamed answer. */
	stream(head: AnswerHead, style: Style): StreamRenderer<Chunk>;
	/** The media type of a streamed answer that is no events and has not begun; null for events, absent where all are. */
	media?(style: Style): string | null;
	/** An error as JSON: also one that came before the request was read, and one from the middle of a stream. */
	error(details: ErrorDetails, requestId: RequestId): JsonBody;
	/** How its clients are told of models; one that is not there is an `error`. */
	readonly models: ModelRenderer;
	/** How its answers are stored for later requests to go on from; absent where its protocol has no such thing. */
	readonly storage?: AnswerStorage;
}

/** What a face knows of stored answers. */
export interface AnswerStorage {
	/** What a wire request wants of them. Throws `GatewayError` 400. */
	wish(body: unknown): StorageWish;
	/**
	 * The wire request with what it goes on from written out; `found` has every answer that it needs, and `keeps` says
	 * whether its own shall be stored. Throws `GatewayError` 400 for what is in none of them.
	 */
	continued(
		body: unknown,
		found: ReadonlyMap<string, StoredResponse>,
		requestId: RequestId,
		keeps: boolean,
	): ContinuedBody;
}

/** A wire request that stands by itself, and what is stored of it with its answer. */
export interface ContinuedBody extends Pick<StoredResponse, "history" | "input"> {
	readonly body: unknown;
}

/** Writes what a key may name as a model. `now` decides which prices are in force, in milliseconds since the epoch. */
export interface ModelRenderer {
	/** All that a key may name, in this order. */
	list(models: readonly NamedModel[], now: number): JsonBody;
	one(model: NamedModel, now: number): JsonBody;
}

/** A model of a provider, or an alias or `auto` with the models among which the gateway chooses. */
export type NamedModel = { readonly model: Model } | { readonly name: string; readonly choices: readonly Model[] };

type JsonBody = Record<string, unknown>;

/** A wire request as it was read. */
export interface Parsed<Request extends CanonicalRequest = CanonicalRequest, Style = unknown> {
	readonly request: Request;
	/** What it says about which target should serve it. */
	readonly preference: RoutePreference;
	readonly style: Style;
	/** Whether an answer may be passed on as it comes from a provider that speaks the face's own protocol. */
	readonly relays: boolean;
}

/** An answer that is no JSON of the face's own. */
export interface RawAnswer {
	/** 2xx. */
	readonly status: number;
	/** Among them, of the provider's those that callers may see. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

/** What is known of an answer before its content. */
export interface AnswerHead {
	readonly requestId: RequestId;
	/** When the request arrived, in milliseconds since the epoch. */
	readonly receivedAt: number;
	/** The model that serves, as its provider calls it. */
	readonly model: string;
	/** Whether the answer will be stored; absent: it will not. */
	readonly isStored?: boolean;
}

/**
 * Writes one streamed answer as server-sent events, each with its `event:` line where the protocol has them; or as
 * bytes, where a media type says so.
 */
export interface StreamRenderer<Chunk extends CanonicalChunk = CanonicalChunk> {
	/** Whole events, or bytes; "" when the chunk holds nothing for the caller. */
	chunk(chunk: Chunk): string | Uint8Array;
	/** A sign of life while nothing comes: an event or a comment. */
	silence(): string;
	/** What completes the answer. */
	end(usage: Usage, cost: NanoUsd | null): string;
	/**
	 * What breaks it off, so that no client takes it for complete. Nothing follows it. Null where the form has no words
	 * for that: the connection breaks.
	 */
	error(details: ErrorDetails, requestId: RequestId): string | null;
	/** The answer in the form of a whole one, once `end` was called: for faces whose answers are stored. */
	readonly whole?: JsonBody | null;
}
