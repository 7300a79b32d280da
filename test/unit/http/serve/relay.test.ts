// A stream that is passed on as it comes, held against the same stream written anew.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { RequestId } from "#core/ids";
import { openaiChat } from "#faces/openai-chat/index";
import { type AttemptEnding, chargeFor } from "#gateway/upstream/charge";
import { UpstreamExchange } from "#gateway/upstream/exchange";
import { faultError } from "#gateway/upstream/fault-error";
import { GatedStream } from "#gateway/upstream/gated-stream";
import { encodeFor } from "#gateway/upstream/upstream-request";
import { eventStream } from "#http/serve/event-stream";
import { MAX_EVENT_LENGTH } from "#lib/sse";
import { nanoUsd } from "#metering/money";
import { openai } from "#providers/vendors/openai";
import { cases, EACH } from "#test/support/scale";
import { provider, upstreamRequestTo } from "#test/support/upstream-request";
import * as fixtures from "#test/unit/providers/fixtures/openai";

const requestId = "req_0123456789" as RequestId;
const PATIENCE = { headers: 1_000, content: 1_000, idle: 1_000, end: 10_000 };
const hold = { attemptId: "a", token: { window: "w", amount: nanoUsd(1e9) } as never };
const UTF_8 = new TextEncoder();

/** What a caller gets and what is charged. */
interface Served {
	/** The events of the answer, parsed; `[DONE]` as itself. */
	readonly events: readonly (Record<string, unknown> | "[DONE]")[];
	readonly ending: AttemptEnding | null;
	readonly charge: unknown;
}

/** Serves an upstream's body to a caller, passed on or written anew. */
async function served(pieces: readonly Uint8Array[], relays: boolean, includeUsage = true): Promise<Served | string> {
	const body = new ReadableStream<Uint8Array>({
		start(controller) {
			for (const piece of pieces) controller.enqueue(piece);
			controller.close();
		},
	});
	const to = provider(async () => new Response(body, { headers: { "content-type": "text/event-stream" } }));
	const { call: _, codec: __, ...parts } = upstreamRequestTo(to);
	const upstream = encodeFor({ ...parts, provider: { ...to, adapter: openai }, relayTo: relays ? "chat" : null });
	let ending: AttemptEnding | null = null;
	const listener = {
		clock: () => 0,
		startedAt: 0,
		content() {},
		end(how: AttemptEnding) {
			ending ??= how;
		},
	};
	let stream: GatedStream;
	try {
		const exchange = new UpstreamExchange(upstream, PATIENCE, () => 0);
		stream = await GatedStream.open(await exchange.stream(true), upstream, listener, null);
	} catch (error) {
		if (!(error instanceof UpstreamError)) throw error;
		return error.fault.kind;
	}
	const explain = (error: unknown) => {
		if (error instanceof UpstreamError) return faultError(error.fault, upstream.provider.name).details;
		if (error instanceof GatewayError) return error.details;
		throw error;
	};
	const style = { includeUsage, functionCall: false };
	const renderer = openaiChat.stream({ requestId, receivedAt: 0, model: stream.model ?? "m" }, style);
	const bytes = eventStream(stream, { renderer, requestId, explain, onEnd() {}, onLeave() {} });
	const text = await new Response(bytes).text();
	const events = text
		.split("\n\n")
		.filter((event) => event.startsWith("data: "))
		.map((event) => (event === "data: [DONE]" ? "[DONE]" : JSON.parse(event.slice(6))));
	return { events, ending, charge: ending === null ? null : chargeFor(upstream, hold, ending) };
}

/** What an answer says, however its chunks are cut. */
function meaning(answer: Served | string) {
	if (typeof answer === "string") return answer;
	const said = { text: "", refusal: "", calls: {} as Record<number, string>, finish: null as unknown };
	const rest: unknown[] = [];
	for (const event of answer.events) {
		if (event === "[DONE]") rest.push(event);
		else if (event.error !== undefined) rest.push((event.error as { code: string }).code);
		else {
			if (event.usage) rest.push(event.usage);
			for (const { delta, finish_reason } of event.choices as { delta: never; finish_reason: unknown }[]) {
				const { content, refusal, tool_calls = [] } = delta as Record<string, never>;
				said.text += content ?? "";
				said.refusal += refusal ?? "";
				said.finish ??= finish_reason;
				for (const { index, function: called, custom } of tool_calls as never[]) {
					const { name = "", arguments: text = "", input = "" } = (called ?? custom ?? {}) as Record<string, string>;
					said.calls[index] = (said.calls[index] ?? "") + name + text + input;
				}
			}
		}
	}
	return { said, rest, charge: answer.charge };
}

/** Bytes cut where `cuts` says, as parts of their length. */
function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
	const places = [0, ...cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b), bytes.length];
	return places.slice(1).map((end, index) => bytes.slice(places[index], end));
}

const STREAMS = {
	text: fixtures.textStream,
	tools: fixtures.toolStream,
	"custom tools": fixtures.customToolStream,
	refusal: fixtures.refusalStream,
	"log probabilities": fixtures.logprobsStream,
	Azure: fixtures.azureStream,
	"an error in the middle": fixtures.errorInStream,
	"two choices": fixtures.twoChoicesStream,
};

describe.each(Object.entries(STREAMS))("a stream of %s", (_, stream) => {
	const bytes = UTF_8.encode(stream);

	it("means the same passed on and written anew, wherever it breaks off", async () => {
		for (let length = 0; length <= bytes.length; length += EACH) {
			const pieces = [bytes.slice(0, length)];
			expect(meaning(await served(pieces, true)), `${length} bytes`).toEqual(meaning(await served(pieces, false)));
		}
	});

	it("means the same however it is cut into pieces", async () => {
		const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
		const whole = meaning(await served([bytes], false));
		await fc.assert(
			fc.asyncProperty(cuts, async (places) => {
				expect(meaning(await served(cut(bytes, places), true))).toEqual(whole);
			}),
			{ numRuns: cases(50, 10) },
		);
	});
});

/** JSON with unknown fields wherever there is an object; those that have a meaning are left alone. */
const unknown = fc.dictionary(
	fc.string({ minLength: 1 }).map((name) => `x_${name}`),
	fc.jsonValue({ maxDepth: 1 }),
	{ minKeys: 1, maxKeys: 2 },
);

describe("fields that the gateway has never heard of", () => {
	it("survive at every level of every event, but for the usage of a caller who did not ask", async () => {
		const additions = fc.record({ event: unknown, choice: unknown, delta: unknown, usage: unknown, details: unknown });
		await fc.assert(
			fc.asyncProperty(additions, fc.boolean(), async (more, includeUsage) => {
				const grown = (delta: object, finish: string | null = null) => {
					const event = fixtures.chunk({ ...delta, ...more.delta }, finish) as { choices: object[] };
					return { ...event, choices: event.choices.map((choice) => ({ ...choice, ...more.choice })), ...more.event };
				};
				const usage = {
					...fixtures.usage,
					...more.usage,
					prompt_tokens_details: { ...fixtures.usage.prompt_tokens_details, ...more.details },
				};
				const sent = [
					grown({ role: "assistant", content: "" }),
					grown({ content: "a" }),
					grown({ content: "b" }),
					grown({}, "stop"),
				];
				const last = { ...fixtures.usageChunk, usage, ...more.event };
				const answer = await served([UTF_8.encode(fixtures.sse([...sent, last]))], true, includeUsage);
				if (typeof answer === "string") throw new Error(answer);
				const hidden = ({ usage: _, ...event }: Record<string, unknown>) => event;
				// What JSON cannot say twice, such as -0, is what it says the first time.
				const expected = JSON.parse(JSON.stringify(includeUsage ? sent : sent.map(hidden)));
				expect(answer.events.slice(0, sent.length)).toEqual(expected);
				expect(answer.events.at(-1)).toBe("[DONE]");
				expect(answer.events).toHaveLength(sent.length + (includeUsage ? 2 : 1));
				if (!includeUsage) return;
				expect(answer.events.at(-2)).toMatchObject(JSON.parse(JSON.stringify(last)));
				expect(answer.events.at(-2)).toMatchObject({ usage: { cost: expect.any(Number) } });
			}),
			{ numRuns: cases(100, 20) },
		);
	});
});

describe("a stream of a server that only imitates OpenAI", () => {
	it.each([
		["without a fingerprint", { system_fingerprint: undefined }],
		["without an id", { id: undefined }],
	])("is written anew when it is %s", async (_, lack) => {
		const frames = [{ role: "assistant", content: "" }, { content: "Hello" }].map((delta) => ({
			...fixtures.chunk(delta),
			...lack,
		}));
		const text = fixtures.sse([...frames, { ...fixtures.chunk({}, "stop"), ...lack }]);
		const answer = await served([UTF_8.encode(text)], true);
		if (typeof answer === "string") throw new Error(answer);
		for (const event of answer.events) {
			if (event === "[DONE]") continue;
			expect(event).toMatchObject({ id: "chatcmpl-0123456789" });
			expect(event).toHaveProperty("system_fingerprint");
		}
	});
});

describe("a stream that makes the most of what is passed on unread", () => {
	const opening = [{ role: "assistant", content: "" }, { content: "a" }].map((delta) => fixtures.chunk(delta));
	const plain = (rest: string) => `{"choices":[{"index":0,"delta":{${rest}},"finish_reason":null}]}`;
	const streamed = (data: string, before = "data: ") =>
		served([UTF_8.encode(`${fixtures.sse(opening).replace("data: [DONE]\n\n", "")}${before}${data}\n\n`)], true);

	it("is charged when it breaks off behind an event as long as any may be", async () => {
		const head = plain('"content":""').length + "data:".length;
		const long = await streamed(plain(`"content":"${"x".repeat(MAX_EVENT_LENGTH - head)}"`), "data:");
		expect(long).toMatchObject({ ending: { how: "cut", cause: { kind: "truncated" } }, charge: expect.anything() });
		expect(long).toMatchObject({ ending: { text: expect.stringMatching(/^ax{1000000}/) } });
	});

	it("is charged when it breaks off behind media nested deeper than can be written", async () => {
		const deep = await streamed(plain(`"images":${"[".repeat(200_000)}${"]".repeat(200_000)}`));
		expect(deep).toMatchObject({ ending: { how: "cut", cause: { kind: "truncated" } }, charge: expect.anything() });
	});

	it("is malformed where an event that is read is nested deeper than can be written", async () => {
		const nested = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
		const usage = await streamed(`{"choices":[{"index":0,"delta":{}}],"usage":{},"x":${nested}}`);
		expect(usage).toMatchObject({ ending: { how: "cut", cause: { kind: "malformed" } } });
	});

	it("shows no usage unasked that an event names beside another", async () => {
		const { usage } = fixtures;
		const both = `{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null,"usage":null}],"usage":${JSON.stringify(usage)}}`;
		const bytes = UTF_8.encode(`${fixtures.sse(opening).replace("data: [DONE]\n\n", "")}data: ${both}\n\n`);
		expect(JSON.stringify(await served([bytes], true, false))).not.toContain('"prompt_tokens":');
	});
});
