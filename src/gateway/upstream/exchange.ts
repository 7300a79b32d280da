/** One HTTP call to one candidate: its phases, its time limits, and whose fault it is when it fails. */

import { type Fault, type FaultKind, UpstreamError, type UpstreamReply } from "#core/fault";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { append } from "#lib/list";
import { mapConcurrent } from "#lib/map-concurrent";
import type { CanonicalAnswer, CanonicalChunk, CanonicalRequest } from "#operations/operation";
import type { CallPart, Relay, UpstreamCall } from "#providers/adapter";
import { empty, malformed } from "#providers/shared/faults";
import { answerTooLarge, MAX_ANSWER_BYTES } from "./answer-limit";
import { readBytes, readText } from "./body";
import { ChunkReader, type Relaying } from "./chunk-reader";
import { cutOff } from "./fault-error";
import { OwnMistake, reading } from "./own-mistake";
import { PieceReader } from "./piece-reader";
import type { UpstreamRequest } from "./upstream-request";
import { type Patience, Watchdog } from "./watchdog";

/** Largest error body that is read, in bytes. */
const ERROR_LIMIT = 64 * 1024;

/**
 * Statuses with which a server on the way says that it sent the request on and got no answer in time, or none that it
 * understood: the vendor behind it may have worked. With every other error status it says itself that there is no
 * answer.
 */
const UNKNOWN: ReadonlySet<number> = new Set([504, 520, 524]);
/** Faults of the gateway's own account, which are told in its own words. */
const ACCOUNT: ReadonlySet<FaultKind> = new Set(["credential", "vendor_quota", "forbidden"]);
/**
 * A connection that breaks before any header within this time, in milliseconds, was refused or dropped unread: no
 * vendor has authenticated, queued and begun to answer a request by then.
 */
const UNREAD_MS = 100;

/** A streamed answer that the upstream has accepted. */
export interface ChunkSource {
	/** The next chunks, at least one; null at the end. Throws `UpstreamError`. */
	next(): Promise<CanonicalChunk[] | null>;
	/** Of the upstream's body until now. */
	readonly bytesRead: number;
	/** Lets go of the upstream, at once. */
	cancel(): void;
}

/**
 * One call to one candidate. Sends the request and hands over the answer; throws `UpstreamError` for whatever is the
 * upstream's doing, a `GatewayError` when the caller left (499) or was cut off (the signal's own reason), and as it is
 * what the gateway's own code throws on reading the answer.
 */
export class UpstreamExchange {
	readonly #upstream: UpstreamRequest;
	readonly #watchdog: Watchdog;
	readonly #signal: AbortSignal;
	readonly #clock: () => number;
	readonly #startedAt: number;
	/** Response headers have arrived. */
	#accepted = false;
	/** A part of the call was answered: the provider bills that, whatever becomes of the others. */
	#isBilled = false;
	/** Of whole answers, in UTF-16 units: no more than their bytes. */
	#lengthRead = 0;

	/** Its time runs from here. */
	constructor(upstream: UpstreamRequest, patience: Patience, clock: () => number) {
		this.#clock = clock;
		this.#startedAt = clock();
		this.#upstream = upstream;
		this.#watchdog = new Watchdog(patience, clock);
		this.#signal = AbortSignal.any([upstream.caller, this.#watchdog.signal]);
	}

	/** Sends the request and reads the whole answer: as it came too, where the provider speaks the caller's protocol. */
	async whole(): Promise<CanonicalAnswer> {
		try {
			const { call, request } = this.#upstream;
			const answer =
				call.parts === undefined ? await this.#wholeOf(call, request, true) : await this.#joined(call, call.parts);
			this.#watchdog.stop();
			return answer;
		} catch (error) {
			this.#watchdog.abandon();
			throw this.#explain(error);
		}
	}

	/**
	 * Sends the request; resolves when the upstream has accepted it. With `relays` its events are passed on as they come,
	 * where the provider speaks the protocol of the caller's face.
	 */
	async stream(relays = false): Promise<ChunkSource> {
		try {
			const { call, request } = this.#upstream;
			const response = await this.#send(call, request);
			const type = contentType(response);
			if (type !== "application/json" && type !== "text/html")
				return this.#source(response, relays ? this.#relaying() : null);
			const answer = await this.#decodeWhole(response, request);
			const chunks = reading(() => this.#upstream.operation.toChunks(answer));
			return replay(chunks, () => this.#watchdog.stop());
		} catch (error) {
			this.#watchdog.abandon();
			throw this.#explain(error);
		}
	}

	/**
	 * The answers to all parts of a call as one. The first goes alone, so that a call which is refused as a whole is
	 * refused once; the rest go a few at a time.
	 */
	async #joined(call: UpstreamCall, parts: readonly CallPart[]): Promise<CanonicalAnswer> {
		const answerTo = ({ fields, form, request }: CallPart) =>
			this.#wholeOf({ ...call, body: { ...call.body, ...fields }, ...(form !== undefined && { form }) }, request);
		const answers = await mapConcurrent(parts.slice(0, 1), answerTo);
		this.#isBilled = true;
		append(answers, await mapConcurrent(parts.slice(1), answerTo));
		const { operation } = this.#upstream;
		return reading(() => operation.toAnswer(answers.flatMap((answer) => operation.toChunks(answer))));
	}

	async #wholeOf(call: UpstreamCall, request: CanonicalRequest, relays = false): Promise<CanonicalAnswer> {
		const response = await this.#send(call, request);
		return this.#isStream(contentType(response))
			? this.#collected(response)
			: this.#decodeWhole(response, request, relays);
	}

	/** Whether an answer of a media type comes in pieces although a whole one was asked for. */
	#isStream(type: string): boolean {
		const { take, pieces } = this.#upstream.codec;
		if (take !== undefined) return false;
		return type === "text/event-stream" || (pieces !== undefined && /^(?:image|audio)\//.test(type));
	}

	async #send(call: UpstreamCall, request: CanonicalRequest): Promise<Response> {
		const { credential, codec, provider } = this.#upstream;
		const response = await credential.send(call, this.#signal);
		this.#accepted = true;
		this.#watchdog.enter("content");
		if (response.ok) return response;
		const body = (await readText(response, ERROR_LIMIT)) ?? "";
		const { status, headers } = response;
		const fault = reading(() => {
			const own = provider.adapter.fault({ status, headers, body, now: this.#clock() });
			return codec.blame?.(own, request) ?? own;
		});
		const reply =
			codec.take !== undefined && status >= 400 && status < 600 && !ACCOUNT.has(fault.kind)
				? { status, contentType: headers.get("content-type"), body }
				: null;
		throw new UpstreamError(status >= 400 && !UNKNOWN.has(status) ? { ...fault, unbilled: true } : fault, reply);
	}

	async #collected(response: Response): Promise<CanonicalAnswer> {
		const source = this.#source(response);
		const chunks = await allOf(source, MAX_ANSWER_BYTES - this.#lengthRead);
		this.#lengthRead += source.bytesRead;
		return reading(() => this.#upstream.operation.toAnswer(chunks));
	}

	async #decodeWhole(response: Response, request: CanonicalRequest, relays = false): Promise<CanonicalAnswer> {
		const { codec, model } = this.#upstream;
		const { take } = codec;
		if (take !== undefined) {
			const { status, headers } = response;
			const bytes = await readBytes(response, MAX_ANSWER_BYTES);
			if (bytes === null) throw answerTooLarge();
			return reading(() => take({ status, headers, bytes }, request));
		}
		const text = await readText(response, MAX_ANSWER_BYTES - this.#lengthRead);
		if (text === null) throw answerTooLarge();
		this.#lengthRead += text.length;
		if (text.trim() === "") throw empty();
		const body = parseJson(text);
		if (body === undefined) throw malformed("the answer is not JSON");
		const answer = reading(() => codec.decode(body, request, model));
		const isPassed = relays && isObject(body) && this.#relay()?.fits(body as JsonObject) === true;
		return isPassed ? { ...answer, passed: { text, body: body as JsonObject } } : answer;
	}

	#relaying(): Relaying | null {
		const { operation, request } = this.#upstream;
		const relay = this.#relay();
		return relay === null ? null : { relay, isContent: (chunk) => operation.hasContent(chunk, request) };
	}

	#relay(): Relay<CanonicalChunk> | null {
		const { codec, request, model, relayTo } = this.#upstream;
		const relay = relayTo === null ? null : (reading(() => codec.relay?.(request, model)) ?? null);
		return relay?.face === relayTo ? relay : null;
	}

	#source(response: Response, relaying: Relaying | null = null): ChunkSource {
		if (response.body === null) throw empty();
		const watchdog = this.#watchdog;
		let begun = false;
		const reader = this.#reader(response, response.body, relaying);
		return {
			get bytesRead() {
				return reader.bytesRead;
			},
			next: async () => {
				try {
					const chunks = await reader.next();
					// Keep-alive comments decode to nothing, so they do not count as life.
					if (chunks === null) watchdog.stop();
					else if (begun) watchdog.touch();
					else watchdog.enter("idle");
					begun = true;
					return chunks;
				} catch (error) {
					watchdog.abandon();
					void reader.cancel();
					throw this.#explain(error);
				}
			},
			cancel: () => {
				watchdog.abandon();
				void reader.cancel();
			},
		};
	}

	#reader(
		response: Response,
		body: ReadableStream<Uint8Array>,
		relaying: Relaying | null,
	): Pick<ChunkReader, "bytesRead" | "next" | "cancel"> {
		const { codec, request, model } = this.#upstream;
		const type = contentType(response);
		const pieces = type === "text/event-stream" ? undefined : reading(() => codec.pieces?.(request, model, type));
		return pieces === undefined
			? new ChunkReader(
					body,
					reading(() => codec.decoder(request, model)),
					relaying,
				)
			: new PieceReader(body, pieces);
	}

	/** The fault without the gateway's credential, whichever of the upstream's words quote it. */
	#concealed(fault: Fault): Fault {
		const { conceal } = this.#upstream.credential;
		const { unbilled, ...rest } = fault;
		const words = Object.entries(rest).map(([name, value]) => [
			name,
			typeof value === "string" ? conceal(value) : value,
		]);
		return {
			...rest,
			...Object.fromEntries(words),
			...(unbilled === true && !this.#isBilled && { unbilled }),
		};
	}

	#unquoted({ reply }: UpstreamError): UpstreamReply | null {
		return reply && { ...reply, body: this.#upstream.credential.conceal(reply.body) };
	}

	/** Errors of the connection have no reliable names: what our own signals say decides. */
	#explain(error: unknown): unknown {
		if (error instanceof UpstreamError) return new UpstreamError(this.#concealed(error.fault), this.#unquoted(error));
		if (error instanceof OwnMistake) return error.cause;
		const { caller } = this.#upstream;
		if (caller.aborted) return cutOff(caller);
		const { timeout } = this.#watchdog;
		if (timeout !== null) {
			return new UpstreamError({ kind: "timeout", status: null, message: `the provider ${timeout.message}` });
		}
		if (this.#accepted) {
			return new UpstreamError({ kind: "truncated", status: 200, message: "the connection to the provider broke off" });
		}
		return new UpstreamError({
			kind: "connect",
			status: null,
			message: "the connection to the provider failed",
			...(!this.#isBilled && this.#isUnread(error) && { unbilled: true }),
		});
	}

	/**
	 * Whether a connection failed before any vendor can have worked for it. The runtime says the same ("Network
	 * connection lost.") of one that was refused and of one that was reset after the request had been read, so time has
	 * to tell them apart; only of a name that does not resolve and of a failed TLS handshake it says something else.
	 */
	#isUnread(error: unknown): boolean {
		const neverOpened = error instanceof Error && error.message.startsWith("internal error");
		return neverOpened || this.#clock() - this.#startedAt < UNREAD_MS;
	}
}

/** Throws `UpstreamError` for more than `most` bytes. */
async function allOf(source: ChunkSource, most: number): Promise<CanonicalChunk[]> {
	const chunks: CanonicalChunk[] = [];
	for (let more = await source.next(); more !== null; more = await source.next()) {
		append(chunks, more);
		if (source.bytesRead <= most) continue;
		source.cancel();
		throw answerTooLarge();
	}
	return chunks;
}

function replay(chunks: CanonicalChunk[], onEnd: () => void): ChunkSource {
	let rest: CanonicalChunk[] | null = chunks;
	return {
		// It was read whole, within the limit.
		bytesRead: 0,
		next: async () => {
			const next = rest;
			rest = null;
			if (next === null) onEnd();
			return next;
		},
		cancel: onEnd,
	};
}

function contentType(response: Response): string {
	return (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
