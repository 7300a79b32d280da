// Reads the bytes of a request's body, within a bound: the one place where the gateway reads bodies.
import { GatewayError, invalidRequest, quoted } from "#core/errors";
import { isForm } from "#lib/multipart";

/** Largest request body, in bytes. */
export const BODY_LIMIT = 10 * 1024 * 1024;
/**
 * Largest body that is a form with files, in bytes: OpenAI takes no larger one for audio, and the gateway holds it as
 * long as the request may have to be sent again, in an isolate whose requests share 128 MB.
 */
export const UPLOAD_LIMIT = 25 * 1024 * 1024;

/**
 * Reads a request body, counted while reading, up to `UPLOAD_LIMIT` of a form and `BODY_LIMIT` of any other; one that
 * is compressed is decoded, and counted as it was before. Throws `GatewayError`: 413 `request_too_large`, 415
 * `unsupported_encoding`, 400 for what does not decode.
 */
export async function readBytes(request: Request): Promise<Uint8Array> {
	const { headers } = request;
	const limit = isForm(headers.get("content-type") ?? "") ? UPLOAD_LIMIT : BODY_LIMIT;
	const format = compressionOf(headers);
	const declared = headers.get("content-length");
	if (declared !== null && !(Number(declared) <= limit)) throw tooLarge(limit);
	if (request.body === null) return new Uint8Array();
	if (format !== null) return decompressed(request.body, format, limit);
	if (declared === null) return collected(request.body, limit);
	// The length frames the body, so it cannot be longer; the runtime reads it in one go, without a stream.
	const bytes = new Uint8Array(await request.arrayBuffer());
	if (bytes.byteLength > limit) throw tooLarge(limit);
	return bytes;
}

async function decompressed(body: ReadableStream<Uint8Array>, format: Compression, limit: number): Promise<Uint8Array> {
	try {
		return await collected(body.pipeThrough(new DecompressionStream(format)), limit);
	} catch (error) {
		if (error instanceof GatewayError) throw error;
		throw invalidRequest(`the request body is not valid ${format}, as its \`content-encoding\` says`);
	}
}

async function collected(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	let size = 0;
	const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.byteLength;
		if (size > limit) {
			await reader.cancel();
			throw tooLarge(limit);
		}
		pieces.push(value);
	}
	const [first] = pieces;
	if (pieces.length === 1 && first !== undefined) return first;
	const bytes = new Uint8Array(size);
	let offset = 0;
	for (const piece of pieces) {
		bytes.set(piece, offset);
		offset += piece.byteLength;
	}
	return bytes;
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

function tooLarge(limit: number): GatewayError {
	return GatewayError.of("request_too_large", `the request body is larger than ${limit / 1024 / 1024} MiB`);
}
