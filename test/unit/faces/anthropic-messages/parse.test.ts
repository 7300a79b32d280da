import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { parseCount, parseMessages } from "#faces/anthropic-messages/parse";

const parse = (fields: object) =>
	parseMessages({ model: "m", max_tokens: 100, messages: [{ role: "user", content: "Hi" }], ...fields }, (field) =>
		["gemini", "anthropic"].includes(field) ? field : undefined,
	);
const request = (fields: object) => parse(fields).request;
const mark = { cache_control: { type: "ephemeral", ttl: "1h" } };

function refusal(fields: object): string | undefined {
	try {
		parse(fields);
	} catch (error) {
		if (error instanceof GatewayError) return error.details.param;
		throw error;
	}
	throw new Error("it was taken");
}

describe("a Messages request", () => {
	it("says its system prompt as a string or in blocks, with marks", () => {
		expect(request({ system: "Be brief." }).messages[0]).toEqual({ role: "system", content: "Be brief." });
		const system = [{ type: "text", text: "Be brief.", ...mark }];
		expect(request({ system }).messages[0]).toEqual({ role: "system", content: system });
		expect(request({ system: [] }).messages).toHaveLength(1);
	});

	it("has each tool result as a message of its own, before what the user says", () => {
		const data = { type: "base64", media_type: "image/png", data: "AAAA" };
		const { messages, ignored } = request({
			messages: [
				{
					role: "assistant",
					content: [{ type: "tool_use", id: "t1", name: "f", input: { a: 1 }, caller: { type: "direct" } }],
				},
				{
					role: "user",
					content: [
						{ type: "text", text: "There:" },
						{ type: "tool_result", tool_use_id: "t1", content: [{ type: "image", source: data }], ...mark },
						{ type: "tool_result", tool_use_id: "t2", content: "no", is_error: true },
						{ type: "tool_result", tool_use_id: "t3" },
					],
				},
			],
		});
		const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
		expect(messages).toEqual([
			{
				role: "assistant",
				content: null,
				tool_calls: [{ id: "t1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
			},
			{ role: "tool", tool_call_id: "t1", content: [image], ...mark },
			{ role: "tool", tool_call_id: "t2", content: "Error: no" },
			{ role: "tool", tool_call_id: "t3", content: "" },
			{ role: "user", content: [{ type: "text", text: "There:" }] },
		]);
		expect(ignored).toBeUndefined();
	});

	it("shows documents as files or as text", () => {
		const document = (source: object, more = {}) => ({ type: "document", source, ...more });
		const content = [
			document({ type: "base64", media_type: "application/pdf", data: "AAAA" }, { title: "A", ...mark }),
			document({ type: "text", media_type: "text/plain", data: "b" }, { title: "B", context: "of old" }),
			document({ type: "content", content: [{ type: "text", text: "c" }] }, { citations: { enabled: true } }),
		];
		const { messages, ignored } = request({ messages: [{ role: "user", content }] });
		expect(messages[0]?.content).toEqual([
			{ type: "file", file: { file_data: "data:application/pdf;base64,AAAA", filename: "A" }, ...mark },
			{ type: "text", text: "of old" },
			{ type: "text", text: "B\n\nb" },
			{ type: "text", text: "c" },
		]);
		expect(ignored).toEqual(["messages[0].content[2].citations"]);
	});

	it("leaves out what nothing reads, and says so", () => {
		const content = [
			{ type: "server_tool_use", id: "s", name: "web_search", input: {} },
			{ type: "text", text: "a", citations: null },
		];
		const { ignored, extensions } = request({
			context_management: {},
			MAX_TOKENS: 1,
			x: null,
			messages: [{ role: "assistant", content }],
		});
		expect(ignored).toEqual(["context_management", "MAX_TOKENS", "messages[0].content[0]"]);
		expect(extensions).toEqual({});
		const shown = (display: string) => {
			const { request, style } = parse({ thinking: { type: "adaptive", display } });
			return [request.ignored, style.omitsThinking];
		};
		expect(shown("updates")).toEqual([["thinking.display"], true]);
		expect(shown("summarized")).toEqual([undefined, false]);
		expect(shown("omitted")).toEqual([undefined, true]);
	});

	it("gives Anthropic's own tools and a provider's own fields to that provider alone", () => {
		const bash = { type: "bash_20250124", name: "bash" };
		const own = { name: "f", input_schema: { type: "object" }, ...mark };
		const { tools, providerExtensions } = request({ tools: [bash, own], gemini: { safetySettings: [] }, ...mark });
		expect(tools).toEqual([{ type: "function", function: { name: "f", parameters: { type: "object" } }, ...mark }]);
		expect(providerExtensions).toEqual({ anthropic: { tools: [bash], ...mark }, gemini: { safetySettings: [] } });
	});

	it.each([
		[
			{ type: "auto", disable_parallel_tool_use: true },
			{ tool_choice: "auto", parallel_tool_calls: false },
		],
		[{ type: "any" }, { tool_choice: "required" }],
		[{ type: "tool", name: "f" }, { tool_choice: { type: "function", function: { name: "f" } } }],
		[{ type: "none" }, { tool_choice: "none" }],
	])("chooses tools: %j", (tool_choice, wanted) => {
		expect(request({ tools: [{ name: "f", input_schema: {} }], tool_choice })).toMatchObject(wanted);
	});

	it.each([
		[{}, undefined],
		[{ thinking: { type: "adaptive" } }, undefined],
		[{ thinking: { type: "adaptive" }, output_config: { effort: "max" } }, "max"],
		[{ thinking: { type: "disabled" }, output_config: { effort: "max" } }, "none"],
		[{ thinking: { type: "enabled", budget_tokens: 1024 } }, "low"],
		[{ thinking: { type: "enabled", budget_tokens: 4096 } }, "medium"],
		[{ thinking: { type: "enabled", budget_tokens: 31_999 } }, "high"],
	])("thinks as hard as %j says", (fields, effort) => {
		expect(request(fields).reasoning_effort).toBe(effort);
	});

	it("takes the other fields by their canonical names, and keeps them as they came", () => {
		const schema = { type: "object" };
		const own = {
			temperature: 0.5,
			top_p: 0.9,
			top_k: 40,
			stop_sequences: ["x"],
			metadata: { user_id: "u" },
			service_tier: "standard_only",
			output_config: { format: { type: "json_schema", schema } },
		};
		expect(parse({ models: ["n"], provider: "openai", stream: true, ...own })).toEqual({
			request: {
				messages: [{ role: "user", content: "Hi" }],
				stream: true,
				max_completion_tokens: 100,
				temperature: 0.5,
				top_p: 0.9,
				stop: ["x"],
				response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
				user: "u",
				service_tier: "default",
				extensions: { top_k: 40 },
				providerExtensions: {},
				passed: {
					face: "messages",
					body: { messages: [{ role: "user", content: "Hi" }], ...own },
					unknown: {},
					ignored: [],
				},
			},
			preference: { model: "m", models: ["n"], provider: "openai" },
			style: { omitsThinking: false, stops: ["x"] },
			relays: true,
		});
	});

	it.each([
		[{ max_tokens: undefined }, "max_tokens"],
		[{ temperature: 1.5 }, "temperature"],
		[{ tool_choice: { type: "any" } }, "tool_choice"],
		[{ tools: [{ name: "f" }] }, "tools[0].input_schema"],
		[{ messages: [{ role: "user", content: [{ type: "thinking", thinking: "x" }] }] }, "messages[0].content[0].type"],
		[
			{ messages: [{ role: "user", content: [{ type: "image", source: { type: "url" } }] }] },
			"messages[0].content[0].source.url",
		],
	])("is refused for %j", (fields, param) => {
		expect(refusal(fields)).toBe(param);
	});

	it("has a document's link as that of a file", () => {
		const source = { type: "url", url: "https://a.example/b.pdf" };
		const content = [
			{ type: "document", source, title: "b", context: "Read it", cache_control: { type: "ephemeral" } },
		];
		expect(parse({ messages: [{ role: "user", content }] }).request.messages).toEqual([
			{
				role: "user",
				content: [
					{ type: "text", text: "Read it" },
					{
						type: "file",
						file: { file_url: "https://a.example/b.pdf", filename: "b" },
						cache_control: { type: "ephemeral" },
					},
				],
			},
		]);
	});

	it("keeps the headers of its protocol as they came, and none that is empty", () => {
		const body = { max_tokens: 1, messages: [{ role: "user", content: "Hi" }] };
		const headersOf = (headers: object) => parseMessages(body, () => undefined, headers).request.anthropicHeaders;
		expect(headersOf({ "anthropic-version": "2026-10-21", "anthropic-beta": " a-1,b" })).toEqual({
			version: "2026-10-21",
			betas: " a-1,b",
		});
		expect(headersOf({ "anthropic-beta": "" })).toBeUndefined();
		expect(headersOf({})).toBeUndefined();
	});

	it("needs no max_tokens to be counted", () => {
		const body = { messages: [{ role: "user", content: "Hi" }] };
		expect(parseCount(body, () => undefined).request.max_completion_tokens).toBeUndefined();
	});
});
