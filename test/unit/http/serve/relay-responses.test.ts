// OpenAI's answers to callers of Responses: passed on as they come, held against the same written anew.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openaiResponses as face } from "#faces/openai-responses/index";
import { isObject } from "#lib/json";
import { openai } from "#providers/vendors/openai";
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
import * as fixtures from "#test/unit/providers/fixtures/openai-responses";

const UTF_8 = new TextEncoder();
const TOOLS = [
	{ type: "function", name: "weather", parameters: { type: "object" } },
	{ type: "custom", name: "shell" },
];
const body = { model: "m", input: "Hi", tools: TOOLS };
const asking: Asking<never> = {
	face: face as never,
	adapter: openai,
	body: { ...body, stream: true },
	model: { reasoning: true },
};

const textStream = fixtures.events([
	...fixtures.opening,
	...fixtures.messageEvents(0, ["Hel", "lo", " €"]),
	fixtures.completed([fixtures.messageItem("Hello €")]),
]);
const STREAMS = {
	text: textStream,
	"many texts": fixtures.events([
		...fixtures.opening,
		...fixtures.messageEvents(0, MANY_TEXTS),
		fixtures.completed([fixtures.messageItem(MANY_TEXTS.join(""))]),
	]),
	"reasoning and tools": fixtures.toolStream,
	"custom tools": fixtures.customStream,
	refusal: fixtures.refusalStream,
	"a stop at the limit": fixtures.incompleteStream("max_output_tokens"),
	"a filter": fixtures.incompleteStream("content_filter"),
	failure: fixtures.failedStream,
	"a nested error": fixtures.nestedErrorStream,
	"an error in the middle": fixtures.events([
		...fixtures.opening,
		...fixtures.messageEvents(0, ["Hel", "lo"]).slice(0, 4),
		{ type: "response.failed", response: fixtures.failedAnswer },
	]),
};

/** What an answer says, however its events are cut. */
function meaning(answer: Served | string) {
	if (typeof answer === "string") return answer;
	const said: Record<string, string> = {};
	const rest: unknown[] = [];
	let thought: unknown = null;
	let number = 0;
	for (const { name, data } of eventsIn(answer.text)) {
		if (!isObject(data)) throw new Error(`${name} holds no JSON`);
		expect(data).toMatchObject({ type: name, sequence_number: number++ });
		const { delta = "", item } = data as { delta?: string; item?: Record<string, string> };
		const add = (what: string, text: string) => {
			said[what] = (said[what] ?? "") + text;
		};
		switch (name) {
			case "response.output_item.added":
				if (item?.call_id) add("calls", `|${item.call_id} ${item.name} `);
				break;
			case "response.reasoning_summary_text.delta":
				if (thought !== null && thought !== data.summary_index) add("thoughts", "\n\n");
				thought = data.summary_index;
				add("thoughts", delta);
				break;
			case "response.output_text.delta":
			case "response.refusal.delta":
				add(name, delta);
				break;
			case "response.function_call_arguments.delta":
			case "response.custom_tool_call_input.delta":
				// Arguments that are none are said at the end, or not at all.
				if (delta !== "{}") add("calls", delta);
				break;
			case "error":
				rest.push(data.code);
				break;
			case "response.completed":
			case "response.incomplete":
			case "response.failed": {
				const { status, usage, incomplete_details: why, error } = data.response as Record<string, unknown>;
				rest.push({ status, usage, why, code: isObject(error) ? error.code : null });
			}
		}
	}
	return { said, rest, charge: answer.charge };
}

const compared = async (pieces: readonly Uint8Array[], relays: boolean) =>
	meaning(await served(asking, pieces, relays));

describe.each(Object.entries(STREAMS))("a stream of %s", (_, stream) => {
	const bytes = UTF_8.encode(stream);

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
		const additions = fc.record({ event: unknown, response: unknown, item: unknown, part: unknown, usage: unknown });
		await fc.assert(
			fc.asyncProperty(additions, async (more) => {
				const grown = ({ type, ...event }: { type: string; [field: string]: unknown }) => {
					const { response } = event;
					return {
						type,
						...event,
						...(isObject(event.item) && { item: { ...event.item, ...more.item } }),
						...(isObject(event.part) && { part: { ...event.part, ...more.part } }),
						...(isObject(response) && {
							response: {
								...response,
								...more.response,
								usage: isObject(response.usage) ? { ...response.usage, ...more.usage } : null,
							},
						}),
						...more.event,
					};
				};
				const events = eventsIn(fixtures.toolStream).map(({ data }) => grown(data as never));
				const answer = await served(asking, [UTF_8.encode(fixtures.events(events))], true);
				if (typeof answer === "string") throw new Error(answer);
				const passed = eventsIn(answer.text).map(({ data }) => data);
				expect(passed).toHaveLength(events.length);
				expect(passed.slice(0, -1)).toEqual(said(events.slice(0, -1)));
				expect(passed.at(-1)).toMatchObject(said(events.at(-1)));
				expect(passed.at(-1)).toMatchObject({ response: { usage: { cost: expect.any(Number) } } });
			}),
			{ numRuns: cases(100, 20) },
		);
	});

	it("survive at every level of a whole answer", async () => {
		await fc.assert(
			fc.asyncProperty(fc.record({ top: unknown, item: unknown, usage: unknown }), async (more) => {
				const sent = {
					...fixtures.toolAnswer,
					output: [{ ...fixtures.reasoningItem, ...more.item }, fixtures.messageItem("Hi")],
					usage: { ...fixtures.usage, ...more.usage },
					...more.top,
				};
				const answer = await served({ ...asking, body }, [UTF_8.encode(JSON.stringify(sent))], true);
				if (typeof answer === "string") throw new Error(answer);
				expect(JSON.parse(answer.text)).toMatchObject(said(sent));
				expect(JSON.parse(answer.text)).toMatchObject({ id: "resp_1", usage: { cost: 7e-9 } });
			}),
			{ numRuns: cases(100, 20) },
		);
	});

	it("survive at every level of a request", async () => {
		const additions = fc.record({ top: unknown, item: unknown, part: unknown, tool: unknown });
		await fc.assert(
			fc.asyncProperty(additions, async (more) => {
				const conversation = {
					instructions: "S",
					input: [
						{ role: "user", content: [{ type: "input_text", text: "Hi", ...more.part }], ...more.item },
						{ ...fixtures.reasoningItem, ...more.item },
						{ ...fixtures.callItem(1, "weather", "{}"), ...more.item },
						{ type: "function_call_output", call_id: "call_1", output: "R", ...more.item },
					],
					tools: TOOLS.map((tool) => ({ ...tool, ...more.tool })),
					include: ["code_interpreter_call.outputs"],
					stream_options: { include_obfuscation: false },
					...more.top,
				};
				const sent = { ...conversation, model: "openai/m", models: ["n"], max_output_tokens: 5, stream: true };
				const answer = await served({ ...asking, body: sent }, [UTF_8.encode(textStream)], true);
				if (typeof answer === "string") throw new Error(answer);
				expect(answer.sent).toEqual({
					// A null at the top means that the field is absent.
					...Object.fromEntries(Object.entries(conversation).filter(([, value]) => value !== null)),
					include: ["code_interpreter_call.outputs", "reasoning.encrypted_content"],
					model: "m",
					max_output_tokens: 16,
					stream: true,
					store: false,
				});
			}),
			{ numRuns: cases(100, 20) },
		);
	});
});

describe("a request that cannot go out as it came", () => {
	const sentFor = async (more: object, model = asking.model) => {
		const from = { ...asking, body: { ...body, stream: true, ...more }, ...(model && { model }) };
		const answer = await served(from, [UTF_8.encode(textStream)], true);
		if (typeof answer === "string") throw new Error(answer);
		return answer;
	};

	it.each([
		["a name that a lenient server reads", { MAX_OUTPUT_TOKENS: 100_000 }, "MAX_OUTPUT_TOKENS"],
		["one in an item", { input: [{ role: "user", content: "Hi", Content: "x" }] }, "Content"],
		["an id of the account", { input: [{ role: "user", content: "Hi", file_id: "f" }] }, "file_id"],
		["a namespace", { tools: [{ type: "namespace", name: "ns", tools: [] }] }, "namespace"],
		["a tool that only OpenAI has calls for", { tools: [{ type: "local_shell" }] }, '"type":"local_shell"'],
		[
			"what another vendor wants back",
			{
				input: [
					{ role: "user", content: "Hi" },
					{ type: "reasoning", summary: [], encrypted_content: "tollgate:{}" },
				],
			},
			"tollgate",
		],
	])("with %s is written anew", async (_, more, gone) => {
		const { sent, text } = await sentFor(more);
		expect(JSON.stringify(sent)).not.toContain(gone);
		expect(text).toContain('"id":"resp_0123456789"');
	});

	it.each([
		["has its sampling fixed", { temperature: 0.5 }, { fixed_sampling: "always" }],
		["takes no such effort", { reasoning: { effort: "max" } }, { efforts: ["low"] }],
	] as const)("to a model that %s is put as that takes it", async (_, more, traits) => {
		const { sent } = await sentFor(more, { reasoning: true, traits });
		expect(sent).not.toMatchObject(more);
	});

	it("goes out without what it is not held for, and is passed on all the same", async () => {
		const { sent, text } = await sentFor({ context_management: [], reasoning: { effort: "low", mode: "pro" } });
		expect(sent).toMatchObject({ reasoning: { effort: "low" } });
		expect(JSON.stringify(sent)).not.toMatch(/context_management|pro/);
		expect(text).toContain('"id":"resp_1"');
	});
});

describe("a server that only imitates OpenAI", () => {
	it("is written anew where its response has no id", async () => {
		const answer = await served(asking, [UTF_8.encode(textStream.replaceAll('"id":"resp_1",', ""))], true);
		if (typeof answer === "string") throw new Error(answer);
		expect(answer.text).toContain('"id":"resp_0123456789"');
	});
});
