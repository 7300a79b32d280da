import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Chunk, Completion } from "#core/chat/chat";
import { UpstreamError } from "#core/fault";
import type { ProviderName } from "#core/ids";
import { Deadline } from "#gateway/attempts/time-limits";
import { type ChunkSource, UpstreamExchange } from "#gateway/upstream/exchange";
import { faultError } from "#gateway/upstream/fault-error";
import type { ProviderCredential } from "#providers/provider";
import { provider, upstreamRequestTo } from "#test/support/upstream-request";

const completion = {
	id: "x",
	object: "chat.completion",
	created: 1,
	model: "m",
	choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
	usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const chunk = (delta: object, finish: string | null = null) =>
	`data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const EVENTS = [
	chunk({ role: "assistant", content: "" }),
	chunk({ content: "hel" }),
	chunk({ content: "lo" }),
	chunk({}, "stop"),
];

const sse = (body: BodyInit) => new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
const json = (body: unknown, init?: ResponseInit) => Response.json(body, init);

/** A body that delivers its pieces and then ends, breaks or goes silent. */
function body(
	pieces: string[],
	ending: "close" | "break" | "silence",
	signal?: AbortSignal,
	cancel = () => {},
): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder();
	return new ReadableStream({
		cancel,
		pull(controller) {
			const piece = pieces.shift();
			if (piece !== undefined) controller.enqueue(encoder.encode(piece));
			else if (ending === "close") controller.close();
			else if (ending === "break") controller.error(new TypeError("terminated"));
			else return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
		},
	});
}

function attempt(send: ProviderCredential["send"], stream: boolean, caller?: AbortSignal): UpstreamExchange {
	const upstream = upstreamRequestTo(provider(send), { stream }, caller);
	const limits = { totalMs: null, beginMs: null, ttftMs: null };
	const now = Date.now();
	return new UpstreamExchange(upstream, new Deadline(now, limits, null).allow(upstream, true, now), Date.now);
}

const MIB = 1024 * 1024;

/**
 * A body of that many MiB in pieces of one, each of which is `piece` over and over; tells how many were taken of it.
 */
function long(piece: string, mib: number) {
	const bytes = new TextEncoder().encode(piece.repeat(Math.ceil(MIB / piece.length)));
	const taken = { mib: 0, isCancelled: false };
	const stream = new ReadableStream<Uint8Array>(
		{
			pull(controller) {
				if (taken.mib === mib) return controller.close();
				taken.mib++;
				controller.enqueue(bytes);
			},
			cancel() {
				taken.isCancelled = true;
			},
		},
		{ highWaterMark: 0 },
	);
	return { stream, taken };
}

describe("an answer without end", () => {
	const EVENT = chunk({ content: "a".repeat(60_000) });
	it.each<[string, string, boolean, boolean]>([
		["a whole answer in JSON", " ", false, false],
		["a whole answer sent as an event stream", EVENT, true, false],
		["a whole answer of comments", ": keep-alive\n\n", true, false],
		["a stream that tells nothing", ": keep-alive\n\n", true, true],
		["a stream that comes in JSON", " ", false, true],
	])("is read up to 32 MiB: %s", async (_, piece, isEvents, isStream) => {
		const { stream, taken } = long(piece, 700);
		const response = new Response(stream, {
			headers: { "content-type": isEvents ? "text/event-stream" : "application/json" },
		});
		const exchange = attempt(async () => response, isStream);
		const work = isStream ? exchange.stream().then((source) => source.next()) : exchange.whole();
		expect(await faultOf(work)).toBe("malformed");
		expect(taken.mib).toBeLessThanOrEqual(34);
		expect(taken.isCancelled).toBe(true);
	});
});

async function faultOf(work: Promise<unknown>): Promise<string> {
	try {
		await work;
	} catch (error) {
		if (error instanceof UpstreamError) return error.fault.kind;
		throw error;
	}
	throw new Error("succeeded");
}

/** Whether the fault says that nobody bills the attempt. */
async function isUnbilled(work: Promise<unknown>): Promise<boolean> {
	try {
		await work;
	} catch (error) {
		if (error instanceof UpstreamError) return error.fault.unbilled === true;
		throw error;
	}
	throw new Error("succeeded");
}

/** As workerd throws it, for connections that were refused and for those that were reset after all was read. */
const connectionLost = () => Object.assign(new Error("Network connection lost."), { retryable: true });

async function read(source: ChunkSource): Promise<string> {
	let text = "";
	for (let chunks = await source.next(); chunks !== null; chunks = await source.next()) {
		for (const { choices } of chunks as Chunk[]) text += choices[0]?.delta.content ?? "";
	}
	return text;
}

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	expect(vi.getTimerCount()).toBe(0);
	vi.useRealTimers();
});

describe("an attempt for a whole answer", () => {
	it("decodes JSON", async () => {
		const answer = await attempt(async () => json(completion), false).whole();
		expect((answer as Completion).choices[0]?.message.content).toBe("hello");
	});

	it("puts a stream together when the upstream streams unasked", async () => {
		const answer = await attempt(async () => sse(EVENTS.join("")), false).whole();
		expect((answer as Completion).choices[0]).toMatchObject({ message: { content: "hello" }, finish_reason: "stop" });
	});

	it.each<[string, ProviderCredential["send"], string]>([
		["an error status", async () => json({ error: { message: "no" } }, { status: 503 }), "overloaded"],
		["a page of HTML", async () => new Response("<html>", { headers: { "content-type": "text/html" } }), "malformed"],
		[
			"broken JSON",
			async () => new Response('{"choices":[', { headers: { "content-type": "application/json" } }),
			"malformed",
		],
		["nothing at all", async () => new Response("", { headers: { "content-type": "application/json" } }), "empty"],
		[
			"a redirect",
			async () => new Response(null, { status: 302, headers: { location: "https://elsewhere" } }),
			"malformed",
		],
		["a refused connection", () => Promise.reject(new TypeError("fetch failed")), "connect"],
		[
			"a body that breaks off",
			async () => new Response(body(['{"a'], "break"), { headers: { "content-type": "application/json" } }),
			"truncated",
		],
	])("turns %s into a fault", async (_, send, kind) => {
		expect(await faultOf(attempt(send, false).whole())).toBe(kind);
	});

	it("gives up on an upstream that never answers", async () => {
		const send: ProviderCredential["send"] = (_, signal) =>
			new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
		const fault = faultOf(attempt(send, false).whole());
		await vi.advanceTimersByTimeAsync(600_000);
		expect(await fault).toBe("timeout");
	});
});

describe("what is known to be billed by nobody", () => {
	const failing =
		(after: number, error: Error): ProviderCredential["send"] =>
		async () => {
			await vi.advanceTimersByTimeAsync(after);
			throw error;
		};

	it.each([400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 521, 529])(
		"is an answer of status %i, which a vendor gives instead of work",
		async (status) => {
			expect(await isUnbilled(attempt(async () => json({}, { status }), false).whole())).toBe(true);
			expect(await isUnbilled(attempt(async () => json({}, { status }), true).stream())).toBe(true);
		},
	);

	it.each([504, 520, 524])(
		"is not status %i, by which a server on the way lost the vendor's answer",
		async (status) => {
			expect(await isUnbilled(attempt(async () => json({}, { status }), false).whole())).toBe(false);
		},
	);

	it("is a connection that is refused at once", async () => {
		expect(await isUnbilled(attempt(failing(99, connectionLost()), false).whole())).toBe(true);
	});

	it("is not a connection that is lost later, because the request may have been read", async () => {
		expect(await isUnbilled(attempt(failing(100, connectionLost()), false).whole())).toBe(false);
		expect(await isUnbilled(attempt(failing(60_000, connectionLost()), true).stream())).toBe(false);
	});

	it("is a name that does not resolve, or a failed TLS handshake, whenever it is noticed", async () => {
		const error = new Error("internal error; reference = s4l53kt24gdd130chtc35mft");
		expect(await isUnbilled(attempt(failing(5_000, error), false).whole())).toBe(true);
	});

	it.each<[string, ProviderCredential["send"]]>([
		["an answer that cannot be read", async () => new Response("<html>")],
		["an empty answer", async () => new Response("")],
		["an error within an answer", async () => json({ error: { message: "busy", code: 503 } })],
		["a redirect", async () => new Response(null, { status: 302, headers: { location: "https://elsewhere" } })],
		["an answer that breaks off", async () => new Response(body(['{"a'], "break"))],
	])("is not %s", async (_, send) => {
		expect(await isUnbilled(attempt(send, false).whole())).toBe(false);
	});
});

describe("an attempt for a stream", () => {
	it("reads events", async () => {
		expect(await read(await attempt(async () => sse(EVENTS.join("")), true).stream())).toBe("hello");
	});

	it("accepts a whole answer in place of a stream", async () => {
		expect(await read(await attempt(async () => json(completion), true).stream())).toBe("hello");
	});

	it("ends at the terminator although the upstream keeps the connection open", async () => {
		const cancelled = vi.fn();
		const open = body([...EVENTS, "data: [DONE]\n\n"], "silence", undefined, cancelled);
		expect(await read(await attempt(async () => sse(open), true).stream())).toBe("hello");
		await vi.advanceTimersByTimeAsync(100);
		expect(cancelled).toHaveBeenCalledOnce();
	});

	it("ends at a terminator in a large piece, whose memory is used again", async () => {
		const words = "x".repeat(6_000);
		const events = [chunk({ role: "assistant", content: "" }), chunk({ content: words }), chunk({}, "stop")];
		const bytes = new TextEncoder().encode(`${events.join("")}data: [DONE]\n\n: bye\n\n`);
		let at = 0;
		const large = new ReadableStream({
			type: "bytes",
			pull(controller) {
				if (at < bytes.length) controller.enqueue(bytes.slice(at, at + 5_000));
				else {
					controller.close();
					controller.byobRequest?.respond(0);
				}
				at += 5_000;
			},
		});
		expect(await read(await attempt(async () => sse(large), true).stream())).toBe(words);
		await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
	});

	it("reads to the end that follows a terminator, so that its connection can serve again", async () => {
		const cancelled = vi.fn();
		const pieces = [...EVENTS, "data: [DONE]\n\n", ": bye\n\n"];
		const ending = body(pieces, "close", undefined, cancelled);
		expect(await read(await attempt(async () => sse(ending), true).stream())).toBe("hello");
		await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
		expect([pieces, cancelled.mock.calls]).toEqual([[], []]);
	});

	it.each<[string, string[], "close" | "break" | "silence", string]>([
		["closes before it finished", EVENTS.slice(0, 2), "close", "truncated"],
		["says [DONE] before it finished", [...EVENTS.slice(0, 2), "data: [DONE]\n\n"], "silence", "truncated"],
		["says so with blanks around", [...EVENTS.slice(0, 2), "data:  [DONE] \n\n"], "silence", "truncated"],
		["breaks off", EVENTS.slice(0, 2), "break", "truncated"],
		["sends garbage", [...EVENTS.slice(0, 2), "data: {nonsense\n\n"], "close", "malformed"],
		[
			"sends an error",
			[...EVENTS.slice(0, 2), 'data: {"error":{"message":"x","type":"server_error"}}\n\n'],
			"close",
			"server",
		],
	])("delivers what came and then a fault when the upstream %s", async (_, pieces, ending, kind) => {
		const source = await attempt(async () => sse(body(pieces, ending)), true).stream();
		const first = await source.next();
		expect((first as Chunk[] | null)?.[0]?.choices[0]?.delta.content).toBe("hel");
		expect(await faultOf(read(source))).toBe(kind);
	});

	it("gives up on a stream that falls silent, whatever comments keep coming", async () => {
		const send: ProviderCredential["send"] = async (_, signal) => sse(body(EVENTS.slice(0, 2), "silence", signal));
		const source = await attempt(send, true).stream();
		await source.next();
		const fault = faultOf(source.next());
		await vi.advanceTimersByTimeAsync(60_000);
		expect(await fault).toBe("timeout");
	});

	it("lets go of the upstream at once when the caller leaves, and blames nobody", async () => {
		const caller = new AbortController();
		let upstream: AbortSignal | undefined;
		const send: ProviderCredential["send"] = async (_, signal) => {
			upstream = signal;
			return sse(body(EVENTS.slice(0, 2), "silence", signal));
		};
		const source = await attempt(send, true, caller.signal).stream();
		await source.next();
		const next = source.next();
		caller.abort(new Error("left"));
		await expect(next).rejects.toMatchObject({ details: { status: 499, code: "client_closed_request" } });
		expect(upstream?.aborted).toBe(true);
	});
});

describe("an upstream that quotes the gateway's credential", () => {
	const error = {
		message: "no such key: a-secret",
		code: "a-secret",
		param: "a-secret",
		type: "invalid_request_error",
	};
	const told = async (work: Promise<unknown>): Promise<string> => {
		const thrown = await work.catch((error: unknown) => error);
		if (!(thrown instanceof UpstreamError)) throw new Error("no fault");
		return JSON.stringify([thrown.fault, thrown.message, faultError(thrown.fault, "acme" as ProviderName).details]);
	};

	it.each([400, 401, 500])("in an answer with status %d is not repeated", async (status) => {
		expect(await told(attempt(async () => json({ error }, { status }), false).whole())).not.toContain("a-secret");
	});

	it("in the middle of a stream is not repeated", async () => {
		const events = [...EVENTS.slice(0, 2), `data: ${JSON.stringify({ error })}\n\n`];
		const source = await attempt(async () => sse(body(events, "close")), true).stream();
		const toTheEnd = async () => {
			while ((await source.next()) !== null);
		};
		expect(await told(toTheEnd())).not.toContain("a-secret");
	});
});

it.each(["a code", "x".repeat(65), "c\u00f6de", "<b>"])("%s of an upstream is not taken for a code", (code) => {
	const { details } = faultError({ kind: "bad_request", status: 400, message: "no", code }, "acme" as ProviderName);
	expect(details.code).toBe("invalid_request");
});
