/**
 * What can be asked for: chat, embeddings, reranks, moderations, images, videos, and in time more. An operation has a
 * canonical request and a canonical answer, which faces parse into and write from and adapters translate from and to.
 * The life of a request (routed, held for, sent, judged, billed, recorded) is one for all of them, and takes from the
 * operation whatever depends on what is asked.
 */

import type { Modality, Model } from "#catalog/model";
import type { AudioUnits } from "#core/audio/units";
import type { Usage } from "#core/chat/usage";
import type { UpstreamError } from "#core/fault";
import type { FileId, KeyId } from "#core/ids";
import type { OperationName } from "#core/operation-name";
import type { PassedAnswer, PassedRequest } from "#core/passed";
import type { Signal } from "#core/routing/auto-rules";
import type { JsonObject } from "#lib/json";
import type { JsonSource } from "#lib/json-source";

/** What the gateway reads of every request. */
export interface CanonicalRequest {
	/** Whether the caller wants a stream. */
	readonly stream: boolean;
	/** How many answers are wanted; one without it. */
	readonly n?: number;
	/** The caller's end user. */
	readonly user?: string;
	/** Labels of the caller's that rules may look at. */
	readonly metadata?: Record<string, string>;
	readonly service_tier?: string;
	/**
	 * Fields that the face left out because nothing reads them, or because they are written like others and are none of
	 * them; absent for none.
	 */
	readonly ignored?: readonly string[];
	/** There when nothing in the request has to be translated for a provider that speaks the caller's protocol. */
	readonly passed?: PassedRequest;
	/** The vendor's ids of the files that it names, by the gateway's own; absent for none. */
	readonly files?: ReadonlyMap<string, string>;
	/** The body that it was parsed from; what of it is sent unchanged is sent as it came. */
	readonly source?: JsonSource;
}

/** What the gateway reads of every whole answer. `usage` is null when the provider sent none that can be trusted. */
export interface CanonicalAnswer {
	usage: Usage | null;
	/** The model that the provider says it ran. */
	model?: string;
	service_tier?: string;
	/** The answer as it came, in the caller's own protocol: it goes to the caller in place of what the rest says. */
	passed?: PassedAnswer;
}

/** What the gateway reads of every part of a streamed answer. */
export interface CanonicalChunk {
	usage?: Usage;
	model?: string;
	service_tier?: string;
	/**
	 * Whole events of the face's own protocol as they came, which go to the caller in place of what the chunk says: as
	 * bytes, which are the chunk's own, where nobody had to read them.
	 */
	wire?: string | Uint8Array;
	/** Set when the events of `wire` were not read: they hold content that the chunk does not say. */
	unread?: true;
	/** The media type of a stream that is no events. */
	media?: string;
	/** What came, parsed, that the events which the gateway adds to the stream are written like. */
	frame?: JsonObject;
}

/** What a request asks of whichever model serves it. */
export interface Requirements {
	/** Beside text, what it holds. */
	readonly input: ReadonlySet<Modality>;
	/** Beside text, what it wants back. */
	readonly output: ReadonlySet<Modality>;
	readonly tools: boolean;
	readonly schema: boolean;
	readonly reasoning: boolean;
}

/** What can be seen to be wrong with an answer without judging what it says. */
export type Defect = "empty" | "invalid_json" | "invalid_tool_call";

/**
 * One operation. The gateway handles its requests and answers without their types, as `Operation`, and never brings two
 * operations together: what a codec decoded goes to the face that parsed the request. An operation without streams has
 * its whole answer as its only chunk.
 */
export interface Operation<
	Request extends CanonicalRequest = CanonicalRequest,
	Answer extends CanonicalAnswer = CanonicalAnswer,
	Chunk extends CanonicalChunk = CanonicalChunk,
> {
	readonly name: OperationName;
	/** Its answer is a job that goes on at the provider, and that costs what it costs when it is over. */
	readonly beginsJob?: true;
	/** For the router. */
	readonly routing: RoutingFacts<Request>;

	/** The most output tokens per answer that the caller wants, reasoning included; undefined where it does not say. */
	outputLimit(request: Request): number | undefined;
	/** The same request with another limit, because no more than that is held. */
	withOutputLimit(request: Request, tokens: number): Request;
	/** About how many tokens the input has. */
	estimateInput(request: Request): number;

	/** Whether a model may well take more than a minute before it says anything. */
	mayThinkLong(request: Request): boolean;
	/** Whether something would happen twice if the request were sent twice. */
	hasEffects(request: Request): boolean;
	/** What is asked, without how; equal for equal requests. */
	subject(request: Request): unknown;

	/** What makes an answer useless; null for nothing. */
	defectIn(answer: Answer, request: Request): Defect | null;
	/** Whether an answer has nothing in it although it should. */
	isEmpty(answer: Answer, request: Request): boolean;
	/** Why there is nothing in an answer, where it says so itself; absent where none does. */
	refusal?(answer: Answer): UpstreamError | null;
	/** All that was written in an answer, or in a chunk: no tokenizer makes more tokens of it than it has bytes. */
	written(answer: Answer): string;
	writtenIn(chunk: Chunk): string;

	/** Whether a chunk carries what the caller came for, or a finish that explains why nothing better will come. */
	hasContent(chunk: Chunk, request: Request): boolean;
	/** A whole answer as a stream, for a provider that did not stream although it was asked to. */
	toChunks(answer: Answer): Chunk[];
	/** The chunks of a stream as one whole answer, for a provider that streamed although it was not asked to. */
	toAnswer(chunks: readonly Chunk[]): Answer;
}

/** What a model cannot do of a request. */
interface Lack {
	/** In one word, as the log of candidates has it. */
	readonly what: string;
	/** The field that asks for it, and a sentence for its caller. */
	readonly param: string;
	readonly message: string;
}

/** What the router asks of a request, each only where it matters. */
interface RoutingFacts<Request extends CanonicalRequest = CanonicalRequest> {
	/** Whether a model is for this operation at all. */
	serves(model: Model): boolean;
	/**
	 * Models serve in place of each other only where this is the same for them; null where any may stand in for any
	 * other.
	 */
	kin(model: Model): string | null;
	requirements(request: Request): Requirements;
	/** What a model cannot do of it beyond that; null for nothing, absent where there is no more. */
	lacking?(model: Model, request: Request): Lack | null;
	/** What the rules of `auto` can see of it. */
	signals(requirements: Requirements, request: Request): ReadonlySet<Signal>;
	/** Its family of tasks, as a hash. */
	family(keyId: KeyId, request: Request): string;
	/** What stays the same over the turns of its conversation, as a hash; `session` as its client names it. */
	conversation(family: string, session: string | null, request: Request): string;
	/**
	 * The beginnings of its prompt that other prompts of its family may share, as hashes, the shortest first and all of
	 * it last; none where no vendor caches prompts.
	 */
	prefixes(family: string, request: Request): readonly string[];
	/** How many turns of the conversation have been answered. */
	turns(request: Request): number;
	/** Whether it says by itself that its conversation goes on. */
	isUnderWay(request: Request): boolean;
	/** What of it is billed beside tokens, about, in whichever units vendors do so; absent for nothing. */
	units?(request: Request): AudioUnits;
	/** About what a model charges for it beside tokens, in nano-dollars; absent where that is nothing. */
	fee?(request: Request, model: Model): number;
	/** About how many tokens the input has, within a factor of two or so, in next to no time. */
	roughInput(request: Request): number;
	/**
	 * The first field that has the vendor keep something or draws on what it keeps, as a path; null when there is none.
	 */
	vendorState(request: Request): string | null;
	/** The files of the caller's team that it names; absent where no request of the operation names any. */
	files?(request: Request): readonly FileId[];
}
