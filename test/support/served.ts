// Serves one upstream answer to a caller of a face, passed on or written anew, with no network between.
import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { RequestId } from "#core/ids";
import type { Face, ProtocolHeaders } from "#faces/face";
import { type AttemptEnding, chargeFor } from "#gateway/upstream/charge";
import { UpstreamExchange } from "#gateway/upstream/exchange";
import { faultError } from "#gateway/upstream/fault-error";
import { GatedStream } from "#gateway/upstream/gated-stream";
import { encodeFor, type UpstreamRequest } from "#gateway/upstream/upstream-request";
import { eventStream } from "#http/serve/event-stream";
import type { JsonObject } from "#lib/json";
import { nanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import type { ChatAdapter } from "#providers/adapter";
import { SCALE } from "./scale";
import { provider, model as usualModel } from "./upstream-request";

export const requestId = "req_0123456789" as RequestId;
const PATIENCE = { headers: 1_000, content: 1_000, idle: 1_000, end: 10_000 };
const hold = { attemptId: "a", token: { window: "w", amount: nanoUsd(1e9) } as never };

/** Who asks whom for what. */
export interface Asking<Style> {
	readonly face: Face<ChatRequest, Completion, Chunk, Style>;
	readonly adapter: ChatAdapter;
	/** As the caller sends it. */
	readonly body: object;
	readonly headers?: ProtocolHeaders;
	readonly model?: Partial<Model>;
}

/** What a caller gets, what is sent for it, and what is charged. */
export interface Served {
	/** The answer as it reaches the caller. */
	readonly text: string;
	readonly sent: Record<string, unknown>;
	readonly ending: AttemptEnding | null;
	readonly charge: unknown;
}

/** What the upstream sends, or how it answers what it is sent. */
type Pieces = readonly Uint8Array[] | ((sent: JsonObject) => readonly Uint8Array[]);

/**
 * The answer to a caller whose upstream sends these pieces, passed on if `relays`; the kind of the fault where nothing
 * of it is.
 */
export async function served<Style>(
	{ face, adapter, body, headers = {}, model: change }: Asking<Style>,
	pieces: Pieces,
	relays: boolean,
): Promise<Served | string> {
	const { request, style, relays: mayRelay } = face.parse(body, () => undefined, headers);
	const type = request.stream ? "text/event-stream" : "application/json";
	const answering = async ({ body: sent }: { body: JsonObject }) => {
		const said = typeof pieces === "function" ? pieces(sent) : pieces;
		return new Response(streamOf(said), { headers: { "content-type": type } });
	};
	const to = { ...provider(answering as never), adapter };
	const [credential] = to.credentials;
	if (credential === undefined) throw new Error("the provider of the test has no credential");
	const upstream = encodeFor({
		operation: chat,
		request,
		provider: to,
		credential,
		model: { ...usualModel, ...change },
		caller: new AbortController().signal,
		vendorTools: [],
		receivedAt: 0,
		relayTo: relays && mayRelay ? face.name : null,
	});
	let ending: AttemptEnding | null = null;
	const end = (how: AttemptEnding) => {
		ending ??= how;
	};
	try {
		const text = await (request.stream ? streamed(face, upstream, style, end) : whole(face, upstream, style));
		const charge = ending === null ? null : chargeFor(upstream, hold, ending);
		return { text, sent: upstream.call.body, ending, charge };
	} catch (error) {
		if (!(error instanceof UpstreamError)) throw error;
		return error.fault.kind;
	}
}

async function whole<Style>(face: Asking<Style>["face"], upstream: UpstreamRequest, style: Style): Promise<string> {
	const answer = (await new UpstreamExchange(upstream, PATIENCE, () => 0).whole()) as Completion;
	const usage = answer.usage;
	if (usage === null) throw new Error("the answer of the test has no usage");
	if (answer.passed !== undefined && face.passed !== undefined) return face.passed(answer.passed, usage, nanoUsd(7));
	return JSON.stringify(face.whole({ requestId, receivedAt: 0, model: "m" }, answer, usage, nanoUsd(7), style));
}

async function streamed<Style>(
	face: Asking<Style>["face"],
	upstream: UpstreamRequest,
	style: Style,
	end: (how: AttemptEnding) => void,
): Promise<string> {
	const listener = { clock: () => 0, startedAt: 0, content() {}, end };
	const exchange = new UpstreamExchange(upstream, PATIENCE, () => 0);
	const stream = await GatedStream.open(await exchange.stream(true), upstream, listener, null);
	const explain = (error: unknown) => {
		if (error instanceof UpstreamError) return faultError(error.fault, upstream.provider.name).details;
		if (error instanceof GatewayError) return error.details;
		throw error;
	};
	const renderer = face.stream({ requestId, receivedAt: 0, model: stream.model ?? "m" }, style);
	return new Response(eventStream(stream, { renderer, requestId, explain, onEnd() {}, onLeave() {} })).text();
}

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
	return new ReadableStream<Uint8Array>({
		start(controller) {
			for (const piece of pieces) controller.enqueue(piece);
			controller.close();
		},
	});
}

/** The events of an answer, parsed, each under its name; what is no JSON as it is. */
export function eventsIn(text: string): { name: string; data: Record<string, unknown> | string }[] {
	return text
		.split("\n\n")
		.filter((event) => /^(?:event|data): /.test(event))
		.map((event) => {
			const data = event.slice(event.indexOf("data: ") + 6);
			return { name: /^event: (.*)/.exec(event)?.[1] ?? "", data: data.startsWith("{") ? JSON.parse(data) : data };
		});
}

/** Bytes cut where `cuts` says, as parts of their length. */
export function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
	const places = [0, ...cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length];
	return places.slice(1).map((end, index) => bytes.slice(places[index], end));
}

/** What models write piece by piece, with all that is escaped in JSON or looks like what is not a text. */
export const MANY_TEXTS = ["It", ' said "', '\\error"', ":\n", " €", "", "\u{1f600}", "data: x", "."];

const LF = 10;

/** Each event by itself, as most come. */
export function eachAlone(bytes: Uint8Array): Uint8Array[] {
	const events: Uint8Array[] = [];
	let from = 0;
	for (let at = 1; at < bytes.length; at++) {
		if (bytes[at] !== LF || bytes[at - 1] !== LF) continue;
		events.push(bytes.slice(from, at + 1));
		from = at + 1;
	}
	return [...events, bytes.slice(from)];
}

/** How long looking at all of them may take. */
export const PREFIXES_MS = 120_000;
/** How many a short run looks at. */
const SHORT_RUN_PREFIXES = 150;

/** Where a stream may break off: in CI, and beyond, behind each byte; always behind the last. */
export function prefixes(bytes: Uint8Array): number[] {
	const step = SCALE < 1 ? Math.ceil(bytes.length / SHORT_RUN_PREFIXES) : 1;
	return [...Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => index * step), bytes.length];
}
