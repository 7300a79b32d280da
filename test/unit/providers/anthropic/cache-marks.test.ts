import { describe, expect, it } from "vitest";
import type { JsonObject } from "#lib/json";
import { withCacheMarks } from "#providers/anthropic/cache-marks";

const call = (body: JsonObject, path = "/messages") => ({ path, body, dropped: [] });
const mark = { cache_control: { type: "ephemeral" } };
const says = (content: JsonObject["content"]) => ({ role: "user", content: content ?? null });
const text = (value: string) => ({ type: "text", text: value });
const marked = (body: JsonObject, whole: boolean) => withCacheMarks(call(body), { whole }).body;

describe("marks of what to cache", () => {
	it("stand on the system prompt, or else on the tools that come before it", () => {
		const tools = [{ name: "a" }, { name: "b" }];
		const messages = [says("Hi")];
		expect(marked({ system: [text("one"), text("two")], tools, messages }, false)).toEqual({
			system: [text("one"), { ...text("two"), ...mark }],
			tools,
			messages,
		});
		expect(marked({ system: "one", messages }, false)).toEqual({ system: [{ ...text("one"), ...mark }], messages });
		expect(marked({ tools, messages }, false)).toEqual({ tools: [{ name: "a" }, { name: "b", ...mark }], messages });
	});

	it("stand on the last block too where the conversation goes on", () => {
		const messages = [says("Hi"), { role: "assistant", content: "Ho" }, says([text("So"), text("on")])];
		expect(marked({ system: "one", messages }, true)).toEqual({
			system: [{ ...text("one"), ...mark }],
			messages: [...messages.slice(0, 2), says([text("So"), { ...text("on"), ...mark }])],
		});
		expect(marked({ messages: [says("Hi")] }, true)).toEqual({ messages: [says([{ ...text("Hi"), ...mark }])] });
	});

	it.each([
		["of another protocol", call({ system: "one" }, "/chat/completions")],
		["whose caller marked its system prompt", call({ system: [{ ...text("one"), ...mark }], messages: [says("Hi")] })],
		["whose caller marked a tool", call({ tools: [{ name: "a", ...mark }], messages: [says("Hi")] })],
		["whose caller marked a turn", call({ system: "one", messages: [says([{ ...text("Hi"), ...mark }])] })],
		["whose caller has Anthropic mark by itself", call({ ...mark, system: "one", messages: [says("Hi")] })],
		["with nothing to mark", call({ system: [], messages: [says([])] })],
	])("leave alone a call %s", (_, untouched) => {
		expect(withCacheMarks(untouched, { whole: true })).toBe(untouched);
	});
});
