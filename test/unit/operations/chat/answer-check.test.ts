import { describe, expect, it } from "vitest";
import type { AssistantReply, ChatRequest, FinishReason, ToolCall } from "#core/chat/chat";
import { defectIn } from "#operations/chat/answer-check";
import { request } from "#test/support/upstream-request";

const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
const JSON_ASKED: Partial<ChatRequest> = { response_format: { type: "json_object" } };
const SCHEMA_ASKED: Partial<ChatRequest> = {
	response_format: { type: "json_schema", json_schema: { name: "x", schema } },
};
const TOOLS: Partial<ChatRequest> = {
	tools: [
		{ type: "function", function: { name: "add" } },
		{ type: "custom", custom: { name: "shell" } },
	],
};
const call = (name: string, args: string): ToolCall => ({
	id: "c",
	type: "function",
	function: { name, arguments: args },
});

type Case = [what: string, message: Partial<AssistantReply>, asked: Partial<ChatRequest>, defect: string | null];

describe("an answer", () => {
	it.each<Case>([
		["of text", { content: "hello" }, {}, null],
		["of nothing", {}, {}, "empty"],
		["of white space", { content: " \n" }, {}, "empty"],
		["of thought alone", { reasoning_content: "hm" }, {}, "empty"],
		["of an image", { images: [{}] }, {}, null],
		["that refuses", { refusal: "no" }, JSON_ASKED, null],
		["of JSON", { content: '{"a":1}' }, JSON_ASKED, null],
		["of JSON that is no object", { content: "[1]" }, JSON_ASKED, "invalid_json"],
		["of JSON in a fence", { content: '```json\n{"a":1}\n```' }, JSON_ASKED, "invalid_json"],
		["of half a JSON text", { content: '{"a":' }, JSON_ASKED, "invalid_json"],
		["that keeps to the schema", { content: '{"n":1}' }, SCHEMA_ASKED, null],
		["that does not", { content: '{"n":"one"}' }, SCHEMA_ASKED, "invalid_json"],
		[
			"that calls a tool instead of writing JSON",
			{ tool_calls: [call("add", "{}")] },
			{ ...TOOLS, ...JSON_ASKED },
			null,
		],
		["that calls a tool with nothing", { tool_calls: [call("add", "")] }, TOOLS, null],
		["that calls a tool with half an object", { tool_calls: [call("add", '{"a":')] }, TOOLS, "invalid_tool_call"],
		["that calls a tool with a list", { tool_calls: [call("add", "[1]")] }, TOOLS, "invalid_tool_call"],
		["that calls a tool that is not there", { tool_calls: [call("sub", "{}")] }, TOOLS, "invalid_tool_call"],
		[
			"that writes to a custom tool",
			{ tool_calls: [{ id: "c", type: "custom", custom: { name: "shell", input: "ls" } }] },
			TOOLS,
			null,
		],
	])("%s", (_, message, asked, defect) => {
		expect(defectOf(message, asked)).toBe(defect);
	});

	it.each<FinishReason>(["length", "content_filter"])("is not blamed when it was cut for its %s", (finish) => {
		expect(defectOf({ content: '{"a":' }, JSON_ASKED, finish)).toBeNull();
	});
});

function defectOf(message: Partial<AssistantReply>, asked: Partial<ChatRequest>, finish: FinishReason = "stop") {
	const choice = {
		index: 0,
		message: { role: "assistant" as const, content: null, refusal: null, ...message },
		finish_reason: finish,
	};
	return defectIn({ choices: [choice], usage: null }, { ...request, ...asked });
}
