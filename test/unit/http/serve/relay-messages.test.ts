// Anthropic's answers to callers of Messages: passed on as they come, held against the same written anew.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anthropicMessages } from "#faces/anthropic-messages/index";
import { isObject } from "#lib/json";
import { anthropic } from "#providers/anthropic/index";
import { cases } from "#test/support/scale";
import {
	type Asking,
	cut,
	eachAlone,
	eventsIn,
	MANY_TEXTS,
	PREFIXES_MS,
	prefixes,
	type Served,
	served,
} from "#test/support/served";
import * as fixtures from "#test/unit/providers/fixtures/anthropic";

const UTF_8 = new TextEncoder();
const TOOLS = [
	{ name: "weather", input_schema: { type: "object" } },
	{ name: "f", input_schema: { type: "object" } },
];
const body = { model: "m", max_tokens: 1000, messages: [{ role: "user", content: "Hi" }], tools: TOOLS };
const asking: Asking<never> = {
	face: anthropicMessages as never,
	adapter: anthropic,
	body: { ...body, stream: true },
	model: { reasoning: true, traits: { thinking: "budget" } },
};

const searchStream = fixtures.sse([
	fixtures.start(),
	fixtures.open(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
	fixtures.json(0, '{"query":"x"}'),
	fixtures.close(0),
	fixtures.open(1, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }),
	fixtures.close(1),
	fixtures.open(2, { type: "text", text: "" }),
	fixtures.text(2, "Found"),
	fixtures.close(2),
	...fixtures.end("end_turn"),
]);
const STREAMS = {
	text: fixtures.textStream,
	"many texts": fixtures.sse([
		fixtures.start(),
		fixtures.open(0, { type: "text", text: "" }),
		...MANY_TEXTS.map((text) => fixtures.text(0, text)),
		fixtures.close(0),
		...fixtures.end("end_turn"),
	]),
	thinking: fixtures.thinkingStream,
	tools: fixtures.toolStream,
	"a search": searchStream,
	"a refusal with nothing in it": fixtures.sse([fixtures.start(), ...fixtures.end("refusal")]),
	"a stop at the limit": fixtures.sse([
		fixtures.start(),
		fixtures.open(0, { type: "text", text: "Hel" }),
		fixtures.text(0, "lo"),
		fixtures.close(0),
		...fixtures.end("max_tokens"),
	]),
	"an error in the middle": fixtures.sse([
		fixtures.start(),
		fixtures.open(0, { type: "text", text: "" }),
		fixtures.text(0, "Hel"),
		fixtures.error("overloaded_error", "Overloaded"),
	]),
	"a stop that does not say why": fixtures.sse([
		fixtures.start(),
		fixtures.open(0, { type: "text", text: "" }),
		fixtures.text(0, "Hel"),
		fixtures.close(0),
		{ type: "message_stop" },
	]),
};

/** What an answer says, however its events are cut; signatures only of blocks that have ended. */
function meaning(answer: Served | string) {
	if (typeof answer === "string") return answer;
	const said: Record<string, string> = {};
	let stop: unknown = null;
	const rest: unknown[] = [];
	const signed: string[] = [];
	let signature = "";
	for (const { name, data } of eventsIn(answer.text)) {
		if (!isObject(data)) throw new Error(`${name} holds no JSON`);
		expect(data.type).toBe(name);
		const { delta, usage, content_block: block } = data as Record<string, Record<string, never>>;
		if (name === "content_block_start") {
			signature = "";
			if (block?.type === "redacted_thinking") signed.push(String(block.data));
			if (block?.type === "text") said.text = (said.text ?? "") + (block.text ?? "");
			if (block?.type === "tool_use") said.calls = `${said.calls ?? ""}|${block.id} ${block.name} `;
		} else if (name === "content_block_stop") {
			if (signature !== "") signed.push(signature);
		} else if (name === "message_delta") {
			stop = delta?.stop_reason;
			const { input_tokens, output_tokens, cost, estimated } = usage ?? {};
			rest.push({ input_tokens, output_tokens, cost, estimated });
		} else if (name === "error") rest.push((data.error as { details: unknown }).details);
		else if (name === "message_stop") rest.push(name);
		else if (name === "content_block_delta") {
			const { type, text = "", thinking = "", partial_json: json = "", signature: more = "" } = delta ?? {};
			// Arguments that are none are said at the end, or not at all.
			if (type === "input_json_delta") said.calls = (said.calls ?? "") + (String(json) === "{}" ? "" : json);
			said[type ?? ""] = (said[type ?? ""] ?? "") + text + thinking;
			signature += more;
		}
	}
	const { text_delta: text = "", thinking_delta: thinking = "", calls = "" } = said;
	return { text: (said.text ?? "") + text, thinking, calls, signed, stop, rest, charge: answer.charge };
}

/** Without what tools that Anthropic runs were told, which only its own form has. */
function withoutVendors(answer: ReturnType<typeof meaning>) {
	return typeof answer === "string" ? answer : { ...answer, calls: answer.calls.replace('{"query":"x"}', "") };
}

describe.each(Object.entries(STREAMS))("a stream of %s", (_, stream) => {
	const bytes = UTF_8.encode(stream);
	const compared = async (pieces: readonly Uint8Array[], relays: boolean) =>
		withoutVendors(meaning(await served(asking, pieces, relays)));

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
		const whole = await compared([bytes], false);
		await fc.assert(
			fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), async (places) => {
				expect(await compared(cut(bytes, places), true)).toEqual(whole);
			}),
			{ numRuns: cases(50, 10) },
		);
	});
});

/** Names that look like none that is read, as `N` does, wherever they stand: those are left out of a request. */
const unknownName = fc.string({ minLength: 1 }).map((name) => `x_${name}`);
const unknown = fc.dictionary(
	unknownName,
	fc.oneof(
		fc.jsonValue({ maxDepth: 0 }),
		fc.array(fc.jsonValue({ maxDepth: 0 })),
		fc.dictionary(unknownName, fc.jsonValue({ maxDepth: 0 })),
	),
	{ minKeys: 1, maxKeys: 2 },
);
/** What JSON cannot say twice, such as -0, is what it says the first time. */
const said = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("fields that the gateway has never heard of", () => {
	it("survive at every level of every event", async () => {
		const additions = fc.record({ event: unknown, message: unknown, block: unknown, delta: unknown, usage: unknown });
		await fc.assert(
			fc.asyncProperty(additions, async (more) => {
				const grown = ({ type, ...event }: { type: string; [field: string]: unknown }) => ({
					type,
					...event,
					...(isObject(event.message) && { message: { ...event.message, ...more.message } }),
					...(isObject(event.content_block) && { content_block: { ...event.content_block, ...more.block } }),
					...(isObject(event.delta) && { delta: { ...event.delta, ...more.delta } }),
					...(isObject(event.usage) && { usage: { ...event.usage, ...more.usage } }),
					...more.event,
				});
				const events = eventsIn(fixtures.thinkingStream).map(({ data }) => grown(data as never));
				const answer = await served(asking, [UTF_8.encode(fixtures.sse(events))], true);
				if (typeof answer === "string") throw new Error(answer);
				const passed = eventsIn(answer.text).map(({ data }) => data);
				expect(passed).toHaveLength(events.length);
				expect(passed.slice(0, -2)).toEqual(said(events.slice(0, -2)));
				expect(passed.slice(-2)).toMatchObject(said(events.slice(-2)));
				expect(passed.at(-2)).toMatchObject({ usage: { cost: expect.any(Number) } });
			}),
			{ numRuns: cases(100, 20) },
		);
	});

	it("survive at every level of a whole answer, with every number as it was written", async () => {
		await fc.assert(
			fc.asyncProperty(fc.record({ top: unknown, block: unknown, usage: unknown }), async (more) => {
				const sent = {
					...fixtures.whole,
					content: fixtures.whole.content.map((block) => ({ ...block, ...more.block })),
					usage: { ...fixtures.whole.usage, ...more.usage },
					...more.top,
				};
				const text = JSON.stringify(sent).replace('{"a":1}', '{"a":12345678901234567890.0}');
				const answer = await served({ ...asking, body }, [UTF_8.encode(text)], true);
				if (typeof answer === "string") throw new Error(answer);
				expect(answer.text).toContain('{"a":12345678901234567890.0}');
				expect(JSON.parse(answer.text)).toMatchObject(said(JSON.parse(text)));
				expect(JSON.parse(answer.text)).toMatchObject({ id: "msg_01", usage: { cost: 7e-9 } });
			}),
			{ numRuns: cases(100, 20) },
		);
	});

	it("survive at every level of a request, at its top with a beta that may bring them", async () => {
		const additions = fc.record({ top: unknown, turn: unknown, block: unknown, tool: unknown });
		await fc.assert(
			fc.asyncProperty(additions, async (more) => {
				const conversation = {
					system: [{ type: "text", text: "S", ...more.block }],
					messages: [
						{ role: "user", content: [{ type: "text", text: "Hi", ...more.block }], ...more.turn },
						{
							role: "assistant",
							content: [
								{ type: "thinking", thinking: "T", signature: "EqMB", ...more.block },
								{ type: "tool_use", id: "toolu_1", name: "f", input: { Max_Tokens: 1 }, ...more.block },
							],
						},
						{ role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "R", ...more.block }] },
					],
					tools: TOOLS.map((tool) => ({ ...tool, ...more.tool })),
					thinking: { type: "enabled", budget_tokens: 999 },
				};
				const sent = { ...conversation, model: "anthropic/m", models: ["n"], max_tokens: 1000, stream: true };
				const headers = { "anthropic-beta": "new-2026-11-01" };
				const sending = { ...asking, body: { ...sent, ...more.top } };
				const withBeta = await served({ ...sending, headers }, [UTF_8.encode(fixtures.textStream)], true);
				const without = await served(sending, [UTF_8.encode(fixtures.textStream)], true);
				if (typeof withBeta === "string" || typeof without === "string") throw new Error("nothing came");
				const expected = { ...conversation, model: "m", max_tokens: 1000, stream: true };
				const top = Object.fromEntries(Object.entries(more.top).filter(([, value]) => value !== null));
				expect(withBeta.sent).toEqual({ ...expected, ...top });
				expect(without.sent).toEqual(expected);
			}),
			{ numRuns: cases(100, 20) },
		);
	});
});

describe("a request that cannot go out as it came", () => {
	const sentFor = async (more: object, model = asking.model) => {
		const from = { ...asking, body: { ...body, stream: true, ...more }, ...(model && { model }) };
		const answer = await served(from, [UTF_8.encode(fixtures.textStream)], true);
		if (typeof answer === "string") throw new Error(answer);
		return answer;
	};
	const turns = (...content: object[]) => ({
		messages: [
			{ role: "user", content: "Hi" },
			{ role: "assistant", content },
			{ role: "user", content: "Go on" },
		],
	});

	it.each([
		[
			"one in a block",
			{ messages: [{ role: "user", content: [{ type: "text", text: "Hi", Content: "x" }] }] },
			"Content",
		],
		[
			"an id of the account",
			{ messages: [{ role: "user", content: [{ type: "text", text: "Hi", file_id: "f" }] }] },
			"file_id",
		],
		["what another vendor wants back", turns({ type: "thinking", thinking: "", signature: "tollgate:{}" }), "tollgate"],
		["a text of blanks", turns({ type: "text", text: " " }, { type: "text", text: "x" }), '" "'],
	])("with %s is written anew", async (_, more, gone) => {
		const { sent, text } = await sentFor(more);
		expect(JSON.stringify(sent)).not.toContain(gone);
		expect(text).toContain('"id":"msg_0123456789"');
	});

	it.each([
		["thinks otherwise", { thinking: { type: "adaptive" } }, { thinking: "budget" }],
		["takes no budget", { thinking: { type: "enabled", budget_tokens: 500 } }, { thinking: "adaptive" }],
		["has its sampling fixed", { temperature: 0.5 }, { fixed_sampling: "always" }],
		["takes no such effort", { output_config: { effort: "max" } }, { thinking: "adaptive", efforts: ["low"] }],
	] as const)("to a model that %s is put as that takes it", async (_, more, traits) => {
		const { sent } = await sentFor(more, { reasoning: true, traits });
		expect(sent).not.toMatchObject(more);
	});

	it("goes out without unknown fields at the top, which Anthropic refuses, and is passed on all the same", async () => {
		const { sent, text } = await sentFor({ speed: "fast", MAX_TOKENS: 9, context_management: {} });
		expect(Object.keys(sent).sort()).toEqual(["max_tokens", "messages", "model", "stream", "tools"]);
		expect(text).toContain('"id":"msg_011CdZqGg4"');
	});
});

describe("a server that only imitates Anthropic", () => {
	it("has its events named", async () => {
		const nameless = fixtures.textStream.replaceAll(/event: .*\n/g, "");
		const answer = await served(asking, [UTF_8.encode(nameless)], true);
		if (typeof answer === "string") throw new Error(answer);
		expect(eventsIn(answer.text).map(({ name, data }) => name === (data as { type: string }).type)).not.toContain(
			false,
		);
		expect(answer.text).toContain("msg_011CdZqGg4");
	});

	it("is written anew where its message has no id", async () => {
		const answer = await served(
			asking,
			[UTF_8.encode(fixtures.textStream.replace('"id":"msg_011CdZqGg4",', ""))],
			true,
		);
		if (typeof answer === "string") throw new Error(answer);
		expect(answer.text).toContain('"id":"msg_0123456789"');
	});
});
