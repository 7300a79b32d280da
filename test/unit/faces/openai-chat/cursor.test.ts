// Bodies as Cursor's agent sends them to Chat Completions.
import { describe, expect, it } from "vitest";
import type { Completion } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { GatewayError } from "#core/errors";
import { parseChat } from "#faces/openai-chat/parse";
import { renderCompletion } from "#faces/openai-chat/render";
import { ChatStreamRenderer } from "#faces/openai-chat/render-stream";

const parse = (body: unknown) => parseChat(body, () => undefined);
const usage = normalUsage({ input: 10, output: 4 }) as Usage;
const head = { id: "chatcmpl-1", created: 7, model: "m" };
const grammar = { syntax: "lark", definition: "start: begin_patch" };
const flatPatch = { type: "custom", name: "ApplyPatch", description: "Edits", format: { type: "grammar", ...grammar } };
const patch = {
	type: "custom",
	custom: { name: "ApplyPatch", description: "Edits", format: { type: "grammar", grammar } },
};
const parameters = { type: "object", properties: { path: { type: "string" } } };
const readFile = { type: "function", function: { name: "read_file", parameters } };
const flatReadFile = { type: "function", name: "read_file", parameters };

describe("a body with `input` in place of `messages`", () => {
	const body = {
		model: "fast",
		input: [
			{ role: "system", content: "You edit code." },
			{ role: "user", content: [{ type: "input_text", text: "Fix it" }] },
			{ type: "function_call", call_id: "call_1", name: "ApplyPatch", arguments: "*** Begin Patch" },
			{ type: "function_call_output", call_id: "call_1", output: "Done" },
		],
		tools: [flatPatch, flatReadFile, readFile],
		tool_choice: "auto",
		reasoning: { effort: "medium", summary: "auto" },
		include: ["reasoning.encrypted_content"],
		store: false,
		stream: true,
		stream_options: { include_usage: true },
		max_tokens: 500,
		user: "someone",
	};

	it("is read as Responses has it, and answered as Chat Completions are", () => {
		const { request, style, preference, relays } = parse(body);
		expect(request).toMatchObject({
			messages: [
				{ role: "system", content: "You edit code." },
				{ role: "user", content: [{ type: "text", text: "Fix it" }] },
				{
					role: "assistant",
					tool_calls: [{ id: "call_1", type: "custom", custom: { name: "ApplyPatch", input: "*** Begin Patch" } }],
				},
				{ role: "tool", tool_call_id: "call_1", content: "Done" },
			],
			tools: [patch, readFile, readFile],
			reasoning_effort: "medium",
			stream: true,
			max_completion_tokens: 500,
			user: "someone",
		});
		expect({ style, preference, relays }).toEqual({
			style: { includeUsage: true, functionCall: false, customAsFunction: true },
			preference: { model: "fast" },
			relays: false,
		});
	});

	it("takes a text and instructions", () => {
		expect(parse({ input: "Hi", instructions: "Be brief", messages: null }).request.messages).toEqual([
			{ role: "system", content: "Be brief" },
			{ role: "user", content: "Hi" },
		]);
	});

	it.each([
		["what was stored", { previous_response_id: "resp_1" }, "previous_response_id"],
		["nothing to read", { input: [] }, "input"],
	])("with %s is refused by the field's name", (_, fields, param) => {
		let refused: unknown;
		try {
			parse({ ...body, ...fields });
		} catch (error) {
			refused = error;
		}
		expect(refused).toBeInstanceOf(GatewayError);
		expect((refused as GatewayError).details.param).toBe(param);
	});
});

describe("a body with `messages` and flat tools", () => {
	const body = {
		messages: [
			{ role: "user", content: "Fix it" },
			{
				role: "assistant",
				content: [],
				tool_calls: [
					{ id: "call_1", type: "function", function: { name: "ApplyPatch", arguments: "*** Begin Patch" } },
					{ id: "call_2", type: "function", function: { name: "read_file", arguments: "{}" } },
				],
			},
			{ role: "tool", tool_call_id: "call_1", content: "Done" },
			{ role: "tool", tool_call_id: "call_2", content: "text" },
		],
		tools: [flatPatch, readFile, flatReadFile],
		tool_choice: { type: "custom", name: "ApplyPatch" },
	};

	it("has its tools, choice and calls in Chat's shape, and no turn of empty content", () => {
		const { request, style, relays } = parse(body);
		expect(request.tools).toEqual([patch, readFile, readFile]);
		expect(request.tool_choice).toEqual({ type: "custom", custom: { name: "ApplyPatch" } });
		expect(request.messages[1]).toEqual({
			role: "assistant",
			tool_calls: [
				{ id: "call_1", type: "custom", custom: { name: "ApplyPatch", input: "*** Begin Patch" } },
				{ id: "call_2", type: "function", function: { name: "read_file", arguments: "{}" } },
			],
		});
		expect(style.customAsFunction).toBe(true);
		expect(relays).toBe(false);
	});

	it("gets calls of its free-form tool as those of a function, whole and streamed", () => {
		const { style } = parse(body);
		const custom = { id: "call_1", type: "custom" as const, custom: { name: "ApplyPatch", input: "*** Begin Patch" } };
		const answer: Completion = {
			choices: [
				{
					index: 0,
					message: { role: "assistant", content: null, refusal: null, tool_calls: [custom] },
					finish_reason: "tool_calls",
				},
			],
			usage,
		};
		const call = {
			id: "call_1",
			type: "function",
			function: { name: "ApplyPatch", arguments: "*** Begin Patch" },
		};
		expect(renderCompletion(head, answer, usage, null, style)).toMatchObject({
			choices: [{ message: { tool_calls: [call] }, finish_reason: "tool_calls" }],
		});
		const renderer = new ChatStreamRenderer(head, style);
		const events = [
			{ index: 0, id: "call_1", type: "custom" as const, custom: { name: "ApplyPatch", input: "*** " } },
			{ index: 0, custom: { input: "Begin Patch" } },
		].map((delta) => renderer.chunk({ choices: [{ index: 0, delta: { tool_calls: [delta] }, finish_reason: null }] }));
		const deltas = events
			.join("")
			.trimEnd()
			.split("\n\n")
			.map((event) => JSON.parse(event.slice(6)).choices[0].delta.tool_calls?.[0]);
		expect(deltas.slice(1)).toEqual([
			{ index: 0, id: "call_1", type: "function", function: { name: "ApplyPatch", arguments: "*** " } },
			{ index: 0, function: { arguments: "Begin Patch" } },
		]);
	});

	it("with flat functions alone gets calls as ever", () => {
		const { request, style } = parse({ ...body, tools: [flatReadFile], tool_choice: "auto" });
		expect(request.tools).toEqual([readFile]);
		expect(style).toEqual({ includeUsage: false, functionCall: false });
	});
});
