// What an adapter of a provider's wire protocol is: pure translation, in both directions.
import type { Model } from "#catalog/model";
import type { Speech, SpeechChunk, SpeechRequest } from "#core/audio/speech";
import type { Transcript, TranscriptionChunk, TranscriptionRequest } from "#core/audio/transcription";
import type { AudioAllowance } from "#core/audio/units";
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { SearchAllowance } from "#core/chat/searches";
import type { EmbeddingInput, Embeddings, EmbeddingsChunk, EmbeddingsRequest } from "#core/embeddings/embeddings";
import type { Fault } from "#core/fault";
import type { Images, ImagesChunk, ImagesRequest } from "#core/images/images";
import type { ImageAllowance } from "#core/images/units";
import type { Moderation, ModerationChunk, ModerationRequest } from "#core/moderation/moderation";
import type { Ranking, RankingChunk, RerankRequest } from "#core/rerank/rerank";
import type { BegunVideo, VideoJob, VideoState, VideosChunk, VideosRequest } from "#core/videos/videos";
import type { JsonObject } from "#lib/json";
import type { JsonSource } from "#lib/json-source";
import type { FormPart } from "#lib/multipart";
import type { SseEvent } from "#lib/sse";
import type { NativeApi } from "#operations/native/endpoint";
import type { NativeAnswer, NativeChunk, NativeReply, NativeRequest } from "#operations/native/request";
import type { CanonicalAnswer, CanonicalChunk, CanonicalRequest } from "#operations/operation";
import type { ModelLister } from "#providers/model-lists/list-page";

/** A provider's wire protocol as pure translation: no I/O, no clock, no state between requests. */
export interface ProviderAdapter extends Codecs {
	/** Which header carries the credential. */
	readonly credentialHeader: "authorization" | "x-api-key" | "x-goog-api-key";
	/** Version segment appended to a base URL that ends in none, such as "v1". */
	readonly version: string;
	/** How the vendor lists its models; absent where it does not, or lists what it does not serve. */
	readonly models?: ModelLister;
	/** Whether its accounts keep files, in OpenAI's shape. */
	readonly files?: true;
	/** What the vendor asks for requests in batches of OpenAI's shape, of its usual price; absent where it has none. */
	readonly batchPrice?: Thousandths;
	/** Classifies an answer that is not 2xx from its body and headers. `body` is text of any kind, perhaps empty. */
	fault(reply: ErrorReply): Fault;
}

/** A share, in thousandths. */
type Thousandths = number;

/** How a provider speaks each operation, by the operation's name; absent where it does not offer it. */
interface Codecs {
	readonly chat?: ChatCodec;
	readonly embeddings?: EmbeddingsCodec;
	readonly rerank?: RerankCodec;
	readonly images?: ImagesCodec;
	readonly moderations?: ModerationsCodec;
	readonly speech?: SpeechCodec;
	readonly transcription?: TranscriptionCodec;
	readonly native?: NativeCodec;
	readonly videos?: VideosCodec;
}

/** The adapter of a provider that chats. */
export type ChatAdapter = ProviderAdapter & { readonly chat: ChatCodec };
export type ChatCodec = Codec<ChatRequest, Completion, Chunk>;
/** How the vendor's own API is passed on, and what of it. */
export type NativeCodec = Codec<NativeRequest, NativeAnswer, NativeChunk> & { readonly api: NativeApi };
export type EmbeddingsCodec = Codec<EmbeddingsRequest, Embeddings, EmbeddingsChunk>;
export type RerankCodec = Codec<RerankRequest, Ranking, RankingChunk>;
export type ImagesCodec = Codec<ImagesRequest, Images, ImagesChunk>;
export type SpeechCodec = Codec<SpeechRequest, Speech, SpeechChunk>;
export type TranscriptionCodec = Codec<TranscriptionRequest, Transcript, TranscriptionChunk>;
export interface VideosCodec extends Codec<VideosRequest, VideoJob, VideosChunk> {
	/** The question how a job stands: a GET, or a POST where it has a body. */
	question(job: BegunVideo): { readonly path: string; readonly body?: JsonObject };
	/** The answer to that. Throws `UpstreamError` for one that makes no sense. */
	state(body: unknown, job: BegunVideo): VideoState;
	/** Where the file of a job that is completed is: a path, or a URL; null where nothing tells. */
	file(job: BegunVideo): string | null;
	/** The path at which a job is deleted; null where its vendor has no such thing. */
	removal(job: BegunVideo): string | null;
}
export type ModerationsCodec = Codec<ModerationRequest, Moderation, ModerationChunk>;

/**
 * How one operation travels to a provider and back. The gateway sends what `encode` returns and feeds it what comes
 * back.
 */
export interface Codec<
	Request extends CanonicalRequest = CanonicalRequest,
	Answer extends CanonicalAnswer = CanonicalAnswer,
	Piece extends CanonicalChunk = CanonicalChunk,
> {
	/**
	 * Builds the upstream call. Throws `GatewayError` with code `unsupported_parameter` where a request would change
	 * its meaning; what does not change meaning is left out and listed in `dropped`.
	 */
	encode(request: Request, model: Model): UpstreamCall;
	/** Decodes a whole answer from parsed JSON. Throws `UpstreamError` for an error inside a 200 or a wrong shape. */
	decode(body: unknown, request: Request, model: Model): Answer;
	/**
	 * Takes a whole answer as it came, in place of `decode`; absent where answers are translated. A refusal is then
	 * passed on as it came, too. Throws `UpstreamError` as `decode` does.
	 */
	take?(reply: NativeReply, request: Request): Answer;
	/** A fresh decoder for one streamed answer. */
	decoder(request: Request, model: Model): StreamDecoder<Piece>;
	/**
	 * A fresh decoder for one answer that is bytes as they are made, of a media type; absent where answers are JSON or
	 * events. Throws `UpstreamError` for a media type that no such answer has.
	 */
	pieces?(request: Request, model: Model, type: string): PieceDecoder<Piece>;
	/**
	 * A fresh reader for one answer that is passed on as it comes; null or absent where the provider's own form lacks
	 * something that callers of its protocol are promised, so that it has to be written anew.
	 */
	relay?(request: Request, model: Model): Relay<Piece> | null;
	/** What a refusal is about, where the request tells more of that than the vendor; absent where it never does. */
	blame?(fault: Fault, request: Request): Fault;
}

export interface UpstreamCall {
	/** Below the versioned base URL, such as "/chat/completions"; may carry a query. */
	path: string;
	body: JsonObject;
	/**
	 * The fields of the form that goes out in place of `body`, which then only says what the gateway reads of a call;
	 * absent where the call is JSON.
	 */
	form?: readonly FormPart[];
	/** The field of the body whose value goes out as a stream of bytes, which a binding alone takes; absent for none. */
	upload?: { readonly field: string; readonly type: string; readonly bytes: Uint8Array };
	/** The caller's own body: parts of it that stand in `body` unchanged go out as they came. */
	source?: JsonSource;
	headers?: Record<string, string>;
	/** Names of request fields that this provider has no counterpart for. */
	dropped: string[];
	/** Output tokens per choice that the provider keeps to; absent where the body says it by a field of its protocol. */
	outputLimit?: number | null;
	/** Something in it may come to more tokens than the gateway sees; absent where nothing may. */
	hidesMedia?: true;
	/** It is not charged by its tokens: not at all, or the ceiling that the key's policy names. */
	flat?: "nothing" | "ceiling";
	/** What it is charged beside its tokens, in nano-dollars. */
	fee?: number;
	/** Output tokens per choice that the provider may bill beyond the limit it is told; absent for none. */
	beyondLimit?: number;
	/** The searches of the web that the provider may make for it; absent for none. */
	searches?: SearchAllowance;
	/** What the images come to at most that it makes; absent for none. */
	images?: ImageAllowance;
	/** What the sound comes to at most that goes in or out, beside what the body holds; absent for none. */
	audio?: AudioAllowance;
	/** When the provider answers this call without a stream although one was asked for. */
	unstreamed?: true;
	/** When the request goes out as it came. */
	passed?: true;
	/** Its prompts, where it holds some that the model reads apart; absent where all of the body is one prompt. */
	prompts?: readonly EmbeddingInput[];
	/** Input tokens that the provider puts around each of the prompts at most; absent for the few that are usual. */
	promptOverhead?: number;
	/** How often the provider reads its prompt: in each of the calls that it is split into; absent for once. */
	readings?: number;
	/**
	 * The calls that are made in its place, in the order of their answers, where the provider takes no more at once; at
	 * least two.
	 */
	parts?: readonly CallPart[];
}

/** One of the calls that an upstream call is split into. */
export interface CallPart {
	/** What stands in the body in place of the whole call's own fields. */
	readonly fields: JsonObject;
	/** The fields of the form that goes out in place of the whole call's; absent where that is no form. */
	readonly form?: readonly FormPart[];
	/** The request that it serves by itself. */
	readonly request: CanonicalRequest;
}

export interface StreamDecoder<Piece extends CanonicalChunk = Chunk> {
	/** Decodes one event. Throws `UpstreamError` for an error event or a shape that the protocol does not have. */
	push(event: SseEvent): Piece[];
	/**
	 * The upstream closed the stream. Returns what was held back; throws `UpstreamError` of kind "truncated"
	 * when the answer had not finished.
	 */
	end(): Piece[];
}

/** Decodes an answer that is bytes as they are made. */
export interface PieceDecoder<Piece extends CanonicalChunk = CanonicalChunk> {
	/** What some bytes come to, which may be kept. Throws `UpstreamError` for what is no such answer. */
	push(bytes: Uint8Array): Piece[];
	/** The upstream closed the stream. Throws `UpstreamError` of kind "truncated" when the answer had not finished. */
	end(): Piece[];
}

/** Reads of an answer that is passed on as it comes only what the gateway has to know, or to write itself. */
export interface Relay<Piece extends CanonicalChunk = Chunk> {
	/** The face whose protocol the stream is in. */
	readonly face: string;
	/** False once the stream turned out to lack what callers are promised: it has to be written anew then. */
	readonly isFit: boolean;
	/** Whether a whole answer, which the codec could decode, has what callers are promised. */
	fits(answer: JsonObject): boolean;
	/** Whether an event that comes behind the first content can be passed on without being read. */
	isPlain(event: SseEvent): boolean;
	/** What may differ from one such event to the next, which is one too then, until another one was read. */
	readonly varying: VaryingFields;
	/**
	 * Reads an event that came after those before it; `wire` of what it returns is what goes to the caller. Throws
	 * `UpstreamError` for an error event or a shape that the protocol does not have.
	 */
	read(event: SseEvent): Piece;
	/** The upstream closed the stream. Throws `UpstreamError` of kind "truncated" when the answer had not finished. */
	end(): void;
	/** What a model wrote in an event that was passed on unread; all of `data` where it makes no sense. */
	written(data: string): string;
}

/** Fields whose values may differ, by name. */
export interface VaryingFields {
	readonly strings: readonly string[];
	/** Those that count something: whole numbers. */
	readonly counts?: readonly string[];
}

export interface ErrorReply {
	status: number;
	headers: Headers;
	body: string;
	/** When the reply arrived, in milliseconds since the epoch: an HTTP date in `retry-after` counts from here. */
	now: number;
}
