import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#lib/json";
import { stepsOf } from "#simulator/faults/pieces";
import { answer, draftTokens, type Question } from "#simulator/model/model-behaviour";
import { countTokens } from "#simulator/model/tokens";

const WEATHER = {
	name: "get_weather",
	parameters: { type: "object", properties: { city: { type: "string" } } } as JsonObject,
};
const TIME = { name: "getTime", parameters: { type: "object", properties: {} } as JsonObject };

function question(text: string, more: Partial<Question> = {}): Question {
	return {
		text,
		results: [],
		attachments: [],
		tools: [],
		choice: "auto",
		parallel: true,
		json: null,
		thinking: 0,
		stop: [],
		limit: 100_000,
		n: 1,
		...more,
	};
}

function first(text: string, more: Partial<Question> = {}) {
	const [draft] = answer(question(text, more));
	if (draft === undefined) throw new Error("no draft");
	return draft;
}

const called = (text: string, more: Partial<Question> = {}) =>
	first(text, { tools: [WEATHER, TIME], ...more }).calls.map((call) => `${call.name}${call.input}`);

describe("the simulated mind", () => {
	it("echoes, the same every time, and names what else it was sent", () => {
		expect(first("Hello AI!")).toEqual({
			reasoning: "",
			text: "You said “Hello AI!”.",
			calls: [],
			finish: "stop",
			stopped: null,
		});
		expect(first("Look", { attachments: ["an image (image/png, 8 bytes)"] }).text).toBe(
			"You said “Look” and sent an image (image/png, 8 bytes).",
		);
		expect(first("x".repeat(9_000)).text.length).toBeLessThan(500);
	});

	it("tells several answers apart", () => {
		expect(new Set(answer(question("Hi", { n: 3 })).map((draft) => draft.text)).size).toBe(3);
	});

	it("writes as many words as it is asked for", () => {
		expect(first("Please write 500 words on rivers").text.split(" ")).toHaveLength(500);
		expect(first("a 20-word story").text.split(" ")).toHaveLength(20);
	});

	it("calls the tool that the prompt asks for by name, is about, or means by 'the tool'", () => {
		expect(called("use the get_weather tool for Oslo")).toEqual(['get_weather{"city":"Oslo"}']);
		expect(called("How is the weather in Oslo?")).toEqual(['get_weather{"city":"Oslo"}']);
		expect(called("What time is it?")).toEqual(["getTime{}"]);
		expect(called("Call the tool!")).toEqual(['get_weather{"city":"city"}']);
		expect(called("Call both tools")).toEqual(['get_weather{"city":"city"}', "getTime{}"]);
		expect(called("Call both tools", { parallel: false })).toHaveLength(1);
		expect(called("Hello")).toEqual([]);
		expect(called("Call the tool", { choice: "none" })).toEqual([]);
	});

	it("calls a tool with the very arguments that the prompt spells out", () => {
		const asked = 'Please. [[call:getTime {"zone":["UTC"]}]] [[call:get_weather {"city":"Rome"}]]';
		expect(called(asked)).toEqual(['getTime{"zone":["UTC"]}', 'get_weather{"city":"Rome"}']);
		expect(called(asked, { parallel: false })).toEqual(['getTime{"zone":["UTC"]}']);
		expect(called(asked, { results: [{ name: "getTime", text: "noon" }] })).toEqual([]);
		expect(called('[[call:shell {"a":1}]] [[call:getTime {a}]]')).toEqual(["getTime{}"]);
	});

	it("calls a tool when it must, the named one if one is named", () => {
		expect(called("Hello", { choice: "required" })).toEqual(['get_weather{"city":"city"}']);
		expect(called("Hello", { choice: ["getTime"] })).toEqual(["getTime{}"]);
		expect(first("Hello", { choice: "required", tools: [WEATHER] }).finish).toBe("calls");
	});

	it("gives a tool that takes free text the prompt", () => {
		const draft = first("Say it", { tools: [{ name: "shell", parameters: null }], choice: "required" });
		expect(draft.calls).toEqual([{ name: "shell", input: "Say it", free: true }]);
	});

	it("quotes what the tools answered instead of calling them again", () => {
		const results = [{ name: "get_weather", text: "rain" }];
		const draft = first("weather?", { tools: [WEATHER], results });
		expect([draft.text, draft.calls]).toEqual(["The tool get_weather answered: rain", []]);
		expect(called("weather?", { results, choice: "required" })).toHaveLength(1);
	});

	it("answers in JSON when it must", () => {
		const json: JsonObject = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
		expect(JSON.parse(first("a city, say Oslo", { json }).text)).toEqual({ city: "Oslo" });
	});

	it("thinks longer the more it is told to", () => {
		const lengths = ([0, 1, 2, 3] as const).map((thinking) => countTokens(first("Hi", { thinking }).reasoning));
		expect(lengths[0]).toBe(0);
		expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
		expect(new Set(lengths).size).toBe(4);
	});

	it("stops before the earliest stop sequence, and says which", () => {
		const draft = first("one two three", { stop: ["three", "two", "none"] });
		expect([draft.text, draft.stopped, draft.finish]).toEqual(["You said “one ", "two", "stop"]);
	});

	it("never says more than the limit, leaves room beside its thoughts, and says that it was cut", () => {
		const anything = fc.record({
			limit: fc.integer({ min: 1, max: 60 }),
			thinking: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<Question["thinking"]>,
			text: fc.constantFrom("Hello", "Write 80 words", "Call both tools"),
			n: fc.integer({ min: 1, max: 3 }),
		});
		fc.assert(
			fc.property(anything, ({ text, ...more }) => {
				const asked = { ...more, tools: [WEATHER, TIME] };
				const free = answer(question(text, { ...asked, limit: 100_000 }));
				for (const [index, draft] of answer(question(text, asked)).entries()) {
					const { total, reasoning } = draftTokens(draft);
					expect(total).toBeLessThanOrEqual(more.limit);
					expect(reasoning).toBeLessThanOrEqual(more.limit / 2);
					const isShort = draft.text !== free[index]?.text || draft.calls.length < (free[index]?.calls.length ?? 0);
					if (isShort) expect(draft.finish).toBe("length");
				}
			}),
		);
	});

	it("comes apart into steps whose tokens sum to the answer's", () => {
		const drafts = answer(question("Call both tools", { n: 2, thinking: 3, tools: [WEATHER, TIME] }));
		const steps = stepsOf(drafts);
		const total = drafts.reduce((sum, draft) => sum + draftTokens(draft).total, 0);
		expect(steps.reduce((sum, step) => sum + step.tokens, 0)).toBe(total);
		expect(steps.filter((step) => step.kind === "finish")).toHaveLength(2);
		const text = steps.flatMap((step) => (step.kind === "reasoning" && step.choice === 0 ? [step.text] : [])).join("");
		expect(text).toBe(drafts[0]?.reasoning);
	});
});
