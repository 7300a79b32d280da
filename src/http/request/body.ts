// Reads a request's body within bounds of bytes, in the pieces in which it comes.
import { GatewayError, invalidRequest, quoted } from "#core/errors";
import type { BodyShare } from "#gateway/large-bodies";
import { callerLeft } from "#gateway/upstream/fault-error";
import { joinedBytes } from "#lib/text-bytes";

const MIB = 1024 * 1024;

/** Largest body of a request that manages the gateway, in bytes. */
export const MAX_BODY_BYTES = 10 * MIB;
/**
 * Largest body of a request to a model, in bytes: 20 MiB of images or documents, which base64 makes a third longer,
 * with what is said of them; or a form with a file of 25 MiB, the largest that OpenAI takes of audio.
 */
export const MAX_LARGE_BODY_BYTES = 28 * MIB;
/** Of a body that says it has no more, the runtime reads all in one go, in bytes. */
const MAX_WHOLE_BYTES = MIB;

/** A body in the order in which it came. */
export type Pieces = Uint8Array[];

/** How much of a body is read. */
interface Bounds {
	/** In bytes, once decompressed. */
	readonly most: number;
	/** Told of the bytes as they are read; may refuse them by a `GatewayError`. */
	onRead?(bytes: number): void;
}

/** The body of one request: it is read once, counted against what the isolate may hold, and handed over once. */
export class RequestBody {
	readonly #request: Request;
	readonly #newShare: () => BodyShare;
	#share: BodyShare | null = null;
	#pieces: Promise<Pieces> | null = null;

	constructor(request: Request, newShare: () => BodyShare) {
		this.#request = request;
		this.#newShare = newShare;
	}

	/** What the request holds of large bodies. */
	get share(): BodyShare {
		this.#share ??= this.#newShare();
		return this.#share;
	}

	/** Whether other requests may have to wait until this one lets go. */
	get isCounted(): boolean {
		return this.#share?.isCounted ?? false;
	}

	/**
	 * The body, which can be looked at again. Throws `GatewayError`: 413 `request_too_large`, 415 `unsupported_encoding`,
	 * 400 for what does not decode, 503 `large_bodies_full`, 499 when the caller leaves.
	 */
	look(): Promise<Readonly<Pieces>> {
		this.#pieces ??= readPieces(this.#request, {
			most: MAX_LARGE_BODY_BYTES,
			onRead: (bytes) => this.share.add(bytes),
		});
		return this.#pieces;
	}

	/** The same, which is its taker's from now on, and forgotten here. */
	async take(): Promise<Pieces> {
		const pieces = await this.look();
		this.#pieces = null;
		return pieces as Pieces;
	}

	/** The same in one piece, which can be looked at again. */
	async whole(): Promise<Uint8Array> {
		const pieces = joined(await this.look());
		this.#pieces = Promise.resolve([pieces]);
		return pieces;
	}

	/** The request is over. */
	release(): void {
		this.#share?.release();
	}
}

/**
 * Reads a request body, counted while reading; one that is compressed is decoded, and counted as it was before. Throws
 * `GatewayError`: 413 `request_too_large`, 415 `unsupported_encoding`, 400 for what does not decode, 499 when the
 * caller leaves.
 */
export async function readPieces(request: Request, { most, onRead = () => {} }: Bounds): Promise<Pieces> {
	const format = compressionOf(request.headers);
	const declared = request.headers.get("content-length");
	if (declared !== null && !(Number(declared) <= most)) throw tooLarge(most);
	if (request.body === null) return [];
	if (format !== null) return decompressed(request.body, format, { most, onRead });
	if (declared === null || Number(declared) > MAX_WHOLE_BYTES) {
		return unlessLeft(collected(request.body, { most, onRead }));
	}
	// The length frames the body, so it cannot be longer; the runtime reads it in one go, without a stream.
	const bytes = new Uint8Array(await unlessLeft(request.arrayBuffer()));
	if (bytes.byteLength > most) throw tooLarge(most);
	onRead(bytes.byteLength);
	return [bytes];
}

/** A body breaks off where its caller leaves. Throws `GatewayError` 499 then. */
async function unlessLeft<T>(reading: Promise<T>): Promise<T> {
	try {
		return await reading;
	} catch (error) {
		throw error instanceof GatewayError ? error : callerLeft();
	}
}

async function decompressed(
	body: ReadableStream<Uint8Array>,
	format: Compression,
	bounds: Required<Bounds>,
): Promise<Pieces> {
	try {
		return await collected(body.pipeThrough(new DecompressionStream(format)), bounds);
	} catch (error) {
		if (error instanceof GatewayError) throw error;
		throw invalidRequest(`the request body is not valid ${format}, as its \`content-encoding\` says`);
	}
}

async function collected(body: ReadableStream<Uint8Array>, { most, onRead }: Required<Bounds>): Promise<Pieces> {
	const pieces: Pieces = [];
	let size = 0;
	let refusal: GatewayError | null = null;
	const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.byteLength;
		if (size > most) {
			await reader.cancel();
			throw refusal ?? tooLarge(most);
		}
		if (refusal !== null) continue;
		try {
			onRead(value.byteLength);
			pieces.push(value);
		} catch (error) {
			if (!(error instanceof GatewayError)) throw error;
			// The rest is thrown away as it comes: a client hears no answer while its connection breaks under what it sends.
			refusal = error;
			pieces.length = 0;
		}
	}
	if (refusal !== null) throw refusal;
	return pieces;
}

/** The one piece itself, of which no copy is made. */
function joined(pieces: Readonly<Pieces>): Uint8Array {
	const [first] = pieces;
	return pieces.length === 1 && first !== undefined ? first : joinedBytes(pieces);
}

type Compression = "gzip" | "deflate";

/** Encodings by their names in `content-encoding`; null where the body is plain. */
const ENCODINGS: ReadonlyMap<string, Compression | null> = new Map([
	["", null],
	["identity", null],
	["gzip", "gzip"],
	["x-gzip", "gzip"],
	["deflate", "deflate"],
] as const);

function compressionOf(headers: Headers): Compression | null {
	const name = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
	const format = ENCODINGS.get(name);
	if (format !== undefined) return format;
	throw GatewayError.of(
		"unsupported_encoding",
		`a request body may be sent as it is or with \`content-encoding\` gzip or deflate, not as ${quoted(name)}`,
		{ headers: { "accept-encoding": "gzip, deflate" } },
	);
}

function tooLarge(most: number): GatewayError {
	const attached = most === MAX_LARGE_BODY_BYTES ? ", which 20 MiB of images or documents come to in base64" : "";
	return GatewayError.of("request_too_large", `the request body is larger than ${most / MIB} MiB${attached}`);
}
