import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import { parseResponses } from "#faces/openai-responses/parse";

const parse = (body: object) => parseResponses(body, (field) => (field === "gemini" ? field : undefined));
const request = (body: object): ChatRequest => parse({ model: "m", input: "Hi", ...body }).request;

function refusal(body: object): GatewayError["details"] {
	try {
		request(body);
	} catch (thrown) {
		if (thrown instanceof GatewayError) return thrown.details;
		throw thrown;
	}
	throw new Error("it was accepted");
}

const fn = (name: string) => ({ type: "function", name, parameters: { type: "object", properties: {} }, strict: true });

describe("the input", () => {
	it("may be a text, under instructions", () => {
		expect(request({ instructions: "Be brief." }).messages).toEqual([
			{ role: "system", content: "Be brief." },
			{ role: "user", content: "Hi" },
		]);
	});

	it("holds messages of every role and part, with and without their type", () => {
		const { messages } = request({
			input: [
				{ role: "developer", content: [{ type: "input_text", text: "Be kind." }] },
				{
					type: "message",
					role: "user",
					content: [
						{ type: "input_text", text: "See." },
						{ type: "input_image", image_url: "https://x.test/a.png", detail: "low" },
						{ type: "input_file", file_data: "data:application/pdf;base64,AA==", filename: "a.pdf" },
						{ type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
					],
				},
				{ role: "assistant", content: [{ type: "output_text", text: "I see.", annotations: [] }] },
				{ role: "user", content: "Good." },
			],
		});
		expect(messages).toEqual([
			{ role: "developer", content: [{ type: "text", text: "Be kind." }] },
			{
				role: "user",
				content: [
					{ type: "text", text: "See." },
					{ type: "image_url", image_url: { url: "https://x.test/a.png", detail: "low" } },
					{ type: "file", file: { file_data: "data:application/pdf;base64,AA==", filename: "a.pdf" } },
					{ type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
				],
			},
			{ role: "assistant", content: "I see." },
			{ role: "user", content: "Good." },
		]);
	});

	it("puts the items of a turn together: OpenAI's own reasoning, text and calls, before their results", () => {
		const { messages } = request({
			input: [
				{ role: "user", content: "Go." },
				{
					type: "reasoning",
					id: "rs_1",
					summary: [{ type: "summary_text", text: "Plan" }],
					encrypted_content: "gAAA",
				},
				{ type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "On it." }] },
				{ type: "function_call", id: "fc_1", call_id: "call_1", name: "look", arguments: "{}" },
				{ type: "custom_tool_call", call_id: "call_2", name: "patch", input: "*** Begin" },
				{
					type: "function_call_output",
					call_id: "call_1",
					output: [
						{ type: "input_text", text: "seen" },
						{ type: "input_image", image_url: "data:image/png;base64,AA==" },
					],
				},
				{ type: "custom_tool_call_output", call_id: "call_2", output: "done" },
			],
		});
		const format = "openai-responses-v1";
		expect(messages.slice(1)).toEqual([
			{
				role: "assistant",
				content: "On it.",
				reasoning_content: "Plan",
				reasoning_details: [
					{ type: "reasoning.summary", format, id: "rs_1", index: 0, summary: "Plan" },
					{ type: "reasoning.encrypted", format, id: "rs_1", index: 1, data: "gAAA" },
				],
				tool_calls: [
					{ id: "call_1", type: "function", function: { name: "look", arguments: "{}" } },
					{ id: "call_2", type: "custom", custom: { name: "patch", input: "*** Begin" } },
				],
			},
			{
				role: "tool",
				tool_call_id: "call_1",
				content: [
					{ type: "text", text: "seen" },
					{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
				],
			},
			{ role: "tool", tool_call_id: "call_2", content: "done" },
		]);
	});

	it("keeps reasoning that came after a text before what followed from it", () => {
		const reasoning = (id: string) => ({ type: "reasoning", id, summary: [], encrypted_content: id });
		const { messages } = request({
			input: [
				reasoning("rs_1"),
				{ role: "assistant", content: "First." },
				reasoning("rs_2"),
				{ type: "function_call", call_id: "c", name: "f", arguments: "" },
			],
		});
		expect(messages).toMatchObject([
			{ content: "First.", reasoning_details: [{ id: "rs_1" }] },
			{ reasoning_details: [{ id: "rs_2" }], tool_calls: [{ id: "c", function: { arguments: "{}" } }] },
		]);
	});

	it.each([
		[
			"an item that was stored",
			{ input: [{ type: "item_reference", id: "msg_1" }] },
			"input[0]",
			"vendor_state_not_allowed",
		],
		["the same without its type", { input: [{ id: "msg_1" }] }, "input[0]", "vendor_state_not_allowed"],
		[
			"a file that is nowhere",
			{ input: [{ role: "user", content: [{ type: "input_file", filename: "a.pdf" }] }] },
			"input[0].content[0]",
			"unsupported_parameter",
		],
		["nothing but what a vendor did", { input: [{ type: "web_search_call", id: "ws_1" }] }, "input", "invalid_request"],
		["a call of a shell without its id", { input: [{ type: "shell_call" }] }, "input[0].call_id", "invalid_request"],
		[
			"a picture by its id",
			{ input: [{ role: "user", content: [{ type: "input_image", file_id: "file-1" }] }] },
			"input[0].content[0]",
			"unsupported_parameter",
		],
		["no items", { input: [] }, "input", "invalid_request"],
		["nothing to answer", { input: [{ type: "reasoning", summary: [] }] }, "input", "invalid_request"],
		[
			"a call without its id",
			{ input: [{ type: "function_call", name: "f", arguments: "{}" }] },
			"input[0].call_id",
			"invalid_request",
		],
		["a number as input", { input: 1 }, "input", "invalid_request"],
		["an answer that is to be kept", { store: true }, "store", "vendor_state_not_allowed"],
		["an answer that was kept", { previous_response_id: "resp_1" }, "previous_response_id", "vendor_state_not_allowed"],
		["a conversation that is kept", { conversation: "conv_1" }, "conversation", "vendor_state_not_allowed"],
		["an answer in the background", { background: true }, "background", "vendor_state_not_allowed"],
		["a limit of nothing", { max_output_tokens: 0 }, "max_output_tokens", "invalid_request"],
		["a tool without a name", { tools: [{ type: "function" }] }, "tools[0].name", "invalid_request"],
		[
			"a choice of a tool that is not there",
			{ tools: [fn("f")], tool_choice: { type: "function", name: "g" } },
			"tool_choice",
			"invalid_request",
		],
		["a demand for tools where there are none", { tool_choice: "required" }, "tool_choice", "invalid_request"],
		[
			"a demand for a tool that nobody can be told of",
			{ tools: [{ type: "tool_search" }], tool_choice: { type: "tool_search" } },
			"tool_choice",
			"invalid_request",
		],
	])("refuses %s", (_, body, param, code) => {
		const { status, ...details } = refusal(body);
		expect({ status, param: details.param, code: details.code }).toEqual({ status: 400, param, code });
	});

	it("names what it leaves out", () => {
		const { ignored } = request({
			client_metadata: {},
			MAX_OUTPUT_TOKENS: 9,
			tools: [{ type: "tool_search" }],
		});
		expect(ignored).toEqual(["client_metadata", "MAX_OUTPUT_TOKENS", "tool_search"]);
	});
});

describe("items for which conversations have no form", () => {
	const encrypted = (id: string) => ({
		type: "reasoning",
		id,
		summary: [{ type: "summary_text", text: "So" }],
		encrypted_content: `e-${id}`,
	});

	it("stay where they stood, with the reasoning that led to them", () => {
		const search = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } };
		const unknown = { type: "new_thing", any: [1] };
		const { messages, responses } = request({
			instructions: "Be brief.",
			input: [
				{ role: "user", content: "Hi" },
				encrypted("rs_1"),
				search,
				encrypted("rs_2"),
				{ type: "message", role: "assistant", content: "Found" },
				unknown,
				{ role: "user", content: "More" },
			],
		});
		expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
		expect(messages[2]).toMatchObject({ content: "Found", reasoning_details: [{ id: "rs_2" }, { data: "e-rs_2" }] });
		expect(responses?.items).toEqual([
			{ item: encrypted("rs_1"), after: 2 },
			{ item: search, after: 2, param: "input[2]" },
			{ item: unknown, after: 3, param: "input[5]" },
		]);
	});

	it("part messages of different phases", () => {
		const said = (content: string, phase: string) => ({ role: "assistant", content, phase });
		const input = [{ role: "user", content: "Hi" }, said("Looking", "commentary"), said("Found", "final_answer")];
		expect(request({ input }).messages.slice(1)).toEqual(input.slice(1));
	});
});

describe("tools of the caller's own", () => {
	const own = (tools: object[], input: object[] = [{ role: "user", content: "Hi" }]) =>
		parse({ model: "m", tools, input });

	it("are functions to the model, and so are their calls and results", () => {
		const { request: read, style } = own(
			[
				{ type: "local_shell" },
				{ type: "shell", environment: { type: "local" } },
				{ type: "apply_patch" },
				fn("shell"),
			],
			[
				{ role: "user", content: "Hi" },
				{
					type: "local_shell_call",
					id: "lsh_1",
					call_id: "c1",
					status: "completed",
					action: { type: "exec", command: ["ls"], env: {} },
				},
				{ type: "local_shell_call_output", id: "c1", output: "a.txt" },
				{ type: "shell_call", call_id: "c2", action: { commands: ["ls"], timeout_ms: 5 } },
				{
					type: "shell_call_output",
					call_id: "c2",
					output: [{ stdout: "a", stderr: "", outcome: { type: "exit", exit_code: 0 } }],
				},
				{ type: "apply_patch_call", call_id: "c3", status: "completed", operation: { type: "delete_file", path: "a" } },
				{ type: "apply_patch_call_output", call_id: "c3", status: "failed", output: "no such file" },
			],
		);
		// A function of the caller's has the name already.
		expect((read.tools ?? []).map((tool) => (tool.type === "function" ? tool.function.name : ""))).toEqual([
			"local_shell",
			"shell_",
			"apply_patch",
			"shell",
		]);
		expect(style.names.ownType("shell_")).toBe("shell");
		expect(style.names.ownType("shell")).toBeNull();
		const call = (id: string, name: string, given: object) => ({
			role: "assistant",
			tool_calls: [{ id, type: "function", function: { name, arguments: JSON.stringify(given) } }],
		});
		expect(read.messages.slice(1)).toEqual([
			call("c1", "local_shell", { command: ["ls"], env: {} }),
			{ role: "tool", tool_call_id: "c1", content: "a.txt" },
			call("c2", "shell_", { commands: ["ls"], timeout_ms: 5 }),
			{
				role: "tool",
				tool_call_id: "c2",
				content: '[{"stdout":"a","stderr":"","outcome":{"type":"exit","exit_code":0}}]',
			},
			call("c3", "apply_patch", { type: "delete_file", path: "a" }),
			{ role: "tool", tool_call_id: "c3", content: "failed: no such file" },
		]);
		expect(read.responses?.tools).toEqual([]);
	});

	it("may be demanded and allowed", () => {
		const chosen = (tool_choice: object) => request({ tools: [{ type: "shell" }, fn("f")], tool_choice }).tool_choice;
		expect(chosen({ type: "shell" })).toEqual({ type: "function", function: { name: "shell" } });
		expect(chosen({ type: "allowed_tools", mode: "auto", tools: [{ type: "shell" }] })).toMatchObject({
			allowed_tools: { tools: [{ type: "function", function: { name: "shell" } }] },
		});
	});

	it("that search for tools make those that they found known", () => {
		const search = { type: "tool_search", execution: "client", description: "Finds", parameters: { type: "object" } };
		const { request: read, style } = own(
			[search, fn("f")],
			[
				{ role: "user", content: "Hi" },
				{ type: "tool_search_call", call_id: "c", execution: "client", arguments: { q: "crm" } },
				{
					type: "tool_search_output",
					call_id: "c",
					execution: "client",
					tools: [fn("f"), fn("g"), { type: "namespace", name: "crm", description: "", tools: [fn("find")] }],
				},
			],
		);
		const names = (read.tools ?? []).map((tool) => (tool.type === "function" ? tool.function.name : ""));
		expect(names).toEqual(["tool_search", "f", "g", "crm__find"]);
		expect(style.tools).toHaveLength(2);
		expect(read.messages.slice(1)).toMatchObject([
			{ tool_calls: [{ function: { name: "tool_search", arguments: '{"q":"crm"}' } }] },
			{ content: "These tools can be called now: f, g, crm" },
		]);
	});

	it("that a vendor's container would run are the vendor's", () => {
		const shell = { type: "shell", environment: { type: "container_auto" } };
		expect(own([shell]).request).toMatchObject({ responses: { tools: [shell] } });
	});
});

describe("tools", () => {
	it("are functions and free-form ones, those of a namespace with its name before theirs", () => {
		const { request: read, style } = parse({
			model: "m",
			input: [
				{ role: "user", content: "Hi" },
				{ type: "function_call", call_id: "c", namespace: "crm", name: "find", arguments: "{}" },
			],
			tools: [
				fn("find"),
				{ type: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: /a/" } },
				{ type: "namespace", name: "crm", description: "", tools: [fn("find"), { type: "custom", name: "sql" }] },
				{ type: "namespace", name: "n".repeat(60), description: "", tools: [fn("long")] },
			],
			tool_choice: { type: "function", name: "find", namespace: "crm" },
		});
		const names = (read.tools ?? []).map((tool) => (tool.type === "function" ? tool.function.name : tool.custom.name));
		expect(names.slice(0, 4)).toEqual(["find", "patch", "crm__find", "crm__sql"]);
		expect(names[4]?.length).toBeLessThanOrEqual(64);
		expect(style.names.callers(names[4] ?? "")).toEqual({ namespace: "n".repeat(60), name: "long" });
		expect(read.tools?.[1]).toEqual({
			type: "custom",
			custom: { name: "patch", format: { type: "grammar", grammar: { syntax: "lark", definition: "start: /a/" } } },
		});
		expect(read.tool_choice).toEqual({ type: "function", function: { name: "crm__find" } });
		expect(read.messages[1]).toMatchObject({ tool_calls: [{ function: { name: "crm__find" } }] });
		expect(style.names.callers("find")).toEqual({ name: "find" });
	});

	it("of other kinds are kept for OpenAI", () => {
		const search = { type: "web_search", search_context_size: "low" };
		const read = request({ tools: [search, fn("f")], tool_choice: { type: "web_search" }, max_tool_calls: 2 });
		expect(read.tools).toHaveLength(1);
		expect(read.responses).toEqual({
			tools: [search],
			toolChoice: { type: "web_search" },
			fields: { max_tool_calls: 2 },
		});
	});

	it("may be narrowed to some", () => {
		const choice = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "f" }] };
		expect(request({ tools: [fn("f"), fn("g")], tool_choice: choice }).tool_choice).toEqual({
			type: "allowed_tools",
			allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "f" } }] },
		});
	});
});

describe("settings", () => {
	it("become those of a conversation; null means absent", () => {
		const read = request({
			stream: true,
			max_output_tokens: 50,
			temperature: 0.5,
			top_p: null,
			parallel_tool_calls: false,
			tools: [fn("f")],
			tool_choice: "auto",
			text: { format: { type: "json_schema", name: "n", schema: {}, strict: null }, verbosity: "low" },
			reasoning: { effort: "high", summary: "auto" },
			include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
			metadata: { a: "b" },
			service_tier: "flex",
			user: "u",
			safety_identifier: "s",
			prompt_cache_key: "k",
			truncation: "disabled",
			store: false,
			previous_response_id: null,
			gemini: { safetySettings: [] },
		});
		expect(read).toMatchObject({
			stream: true,
			max_completion_tokens: 50,
			temperature: 0.5,
			parallel_tool_calls: false,
			tool_choice: "auto",
			response_format: { type: "json_schema", json_schema: { name: "n", schema: {} } },
			verbosity: "low",
			reasoning_effort: "high",
			logprobs: true,
			metadata: { a: "b" },
			service_tier: "flex",
			user: "s",
			prompt_cache_key: "k",
			responses: { tools: [], summary: "auto", fields: {} },
			providerExtensions: { gemini: { safetySettings: [] } },
		});
		for (const field of ["top_p", "store", "ignored"]) expect(read).not.toHaveProperty(field);
	});
});
