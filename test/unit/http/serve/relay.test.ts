// A stream that is passed on as it comes, held against the same stream written anew.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openaiChat } from "#faces/openai-chat/index";
import { MAX_EVENT_LENGTH } from "#lib/sse";
import type { ChatAdapter } from "#providers/adapter";
import { openaiCompatible } from "#providers/openai-chat/index";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { cases } from "#test/support/scale";
import {
	cut,
	eachAlone,
	eventsIn,
	MANY_TEXTS,
	PREFIXES_MS,
	prefixes,
	type Served,
	served as servedTo,
} from "#test/support/served";
import * as deepseeks from "#test/unit/providers/fixtures/deepseek";
import * as fixtures from "#test/unit/providers/fixtures/openai";
import * as openrouters from "#test/unit/providers/fixtures/openrouter";
import * as siliconflows from "#test/unit/providers/fixtures/siliconflow";

const UTF_8 = new TextEncoder();

/** What a caller gets and what is charged. */
interface Events extends Served {
	/** The events of the answer, parsed; `[DONE]` as itself. */
	readonly events: readonly (Record<string, unknown> | "[DONE]")[];
}

const body = { model: "m", messages: [{ role: "user", content: "hi" }] };
const asking = { face: openaiChat, adapter: openai };

/** Serves an upstream's body to a caller, passed on or written anew. */
async function served(
	pieces: readonly Uint8Array[],
	relays: boolean,
	includeUsage = true,
	adapter: ChatAdapter = openai,
): Promise<Events | string> {
	const sent = { ...body, stream: true, stream_options: { include_usage: includeUsage } };
	const answer = await servedTo({ ...asking, adapter, body: sent }, pieces, relays);
	if (typeof answer === "string") return answer;
	return { ...answer, events: eventsIn(answer.text).map(({ data }) => (typeof data === "string" ? "[DONE]" : data)) };
}

/** What an answer says, however its chunks are cut. */
function meaning(answer: Events | string) {
	if (typeof answer === "string") return answer;
	const said = { text: "", refusal: "", thoughts: "", calls: {} as Record<number, string>, finish: null as unknown };
	const rest: unknown[] = [];
	for (const event of answer.events) {
		if (event === "[DONE]") rest.push(event);
		else if (event.error !== undefined) rest.push((event.error as { code: string }).code);
		else {
			if (event.usage) rest.push(event.usage);
			for (const { delta, finish_reason } of event.choices as { delta: never; finish_reason: unknown }[]) {
				const { content, refusal, reasoning_content: thought, tool_calls = [] } = delta as Record<string, never>;
				said.thoughts += thought ?? "";
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

const manyTexts = fixtures.sse([
	fixtures.chunk({ role: "assistant", content: "", refusal: null }),
	...MANY_TEXTS.map((content) => fixtures.chunk({ content })),
	fixtures.chunk({}, "stop"),
	fixtures.usageChunk,
]);
const STREAMS: Readonly<Record<string, readonly [stream: string, adapter: ChatAdapter]>> = {
	text: [fixtures.textStream, openai],
	"many texts": [manyTexts, openai],
	tools: [fixtures.toolStream, openai],
	"custom tools": [fixtures.customToolStream, openai],
	refusal: [fixtures.refusalStream, openai],
	"log probabilities": [fixtures.logprobsStream, openai],
	Azure: [fixtures.azureStream, openai],
	"an error in the middle": [fixtures.errorInStream, openai],
	"two choices": [fixtures.twoChoicesStream, openai],
};

describe.each(Object.entries(STREAMS))("a stream of %s", (_, [stream, adapter]) => {
	const bytes = UTF_8.encode(stream);
	const compared = async (pieces: readonly Uint8Array[], relays: boolean) =>
		meaning(await served(pieces, relays, true, adapter));

	it(
		"means the same passed on and written anew, wherever it breaks off",
		async () => {
			for (const length of prefixes(bytes)) {
				const begun = bytes.slice(0, length);
				const pieces = length % 2 === 0 ? [begun] : eachAlone(begun);
				expect(await compared(pieces, true), `${length} bytes`).toEqual(await compared([begun], false));
			}
		},
		PREFIXES_MS,
	);

	it("means the same where each event comes by itself", async () => {
		expect(await compared(eachAlone(bytes), true)).toEqual(await compared([bytes], false));
	});

	it("means the same however it is cut into pieces", async () => {
		const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
		const whole = await compared([bytes], false);
		await fc.assert(
			fc.asyncProperty(cuts, async (places) => {
				expect(await compared(cut(bytes, places), true)).toEqual(whole);
			}),
			{ numRuns: cases(50, 10) },
		);
	});
});

describe("a stream of another vendor's", () => {
	it.each([
		["DeepSeek, whose usage has fields of its own", deepseeks.thinkingStream, deepseek],
		["OpenRouter, which has no fingerprint and other names for reasoning", openrouters.reasoningStream, openrouter],
		["SiliconFlow, which ends in words of its own", siliconflows.thinkingStream, siliconflow],
		["a compatible server, whatever it may be", fixtures.textStream, openaiCompatible],
	])("is written anew from %s", async (_, stream, adapter) => {
		const answer = await served([UTF_8.encode(stream)], true, false, adapter);
		expect(answer).toMatchObject({ text: expect.stringContaining('"id":"chatcmpl-0123456789"') });
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

describe("a whole answer of OpenAI's", () => {
	const whole = async (answer: object) => {
		const text = JSON.stringify(answer).replace('"c1"', '"c1","x":12345678901234567890.0');
		const passed = await servedTo({ ...asking, body }, [UTF_8.encode(text)], true);
		if (typeof passed === "string") throw new Error(passed);
		return passed.text;
	};
	const message = { role: "assistant", content: "Hi", refusal: null, annotations: [] };
	const answer = {
		id: "c1",
		object: "chat.completion",
		created: 1,
		model: "gpt-4.1",
		choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
		usage: { ...fixtures.usage, x_more: { y: 1 } },
		system_fingerprint: "fp_1",
	};

	it("is passed on with every number as it was written, and its cost", async () => {
		const text = await whole(answer);
		expect(text).toContain('"x":12345678901234567890.0');
		expect(JSON.parse(text)).toMatchObject({ ...answer, usage: { x_more: { y: 1 }, cost: 7e-9 } });
	});

	it.each([
		["a fingerprint", { system_fingerprint: undefined }],
		["an id", { id: undefined }],
		["a message as OpenAI writes it", { choices: [{ ...answer.choices[0], message: { ...message, reasoning: "x" } }] }],
		["calls beside the finish that says so", { choices: [{ ...answer.choices[0], finish_reason: "tool_calls" }] }],
	])("is written anew without %s", async (_, lack) => {
		expect(JSON.parse(await whole({ ...answer, ...lack }))).toMatchObject({ id: "chatcmpl-0123456789" });
	});
});
