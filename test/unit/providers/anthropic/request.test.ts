import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest, FunctionTool, Message, ReasoningDetail } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import { anthropic } from "#providers/anthropic/index";
import { conversations } from "#test/unit/providers/conversations";
import * as fixtures from "#test/unit/providers/fixtures/anthropic";
import { chat, modelOf, refusalOf } from "#test/unit/providers/native";

const sonnet = modelOf("anthropic", "claude-sonnet-5-5");
const opus = modelOf("anthropic", "claude-opus-5-5");
const haiku = modelOf("anthropic", "claude-haiku-4-5");

const encode = (fields: Partial<ChatRequest>, model = sonnet) => anthropic.chat.encode(chat(fields), model);
const body = (fields: Partial<ChatRequest>, model = sonnet) => encode(fields, model).body;
const messages = (list: Message[], model = sonnet) => body({ messages: list }, model).messages;

const tool = (name: string, more: Partial<FunctionTool["function"]> = {}): FunctionTool => ({
	type: "function",
	function: { name, parameters: { type: "object", properties: { city: { type: "string" } } }, ...more },
});
const thought: ReasoningDetail = {
	type: "reasoning.text",
	format: "anthropic-claude-v1",
	text: "Hm.",
	signature: "EqMB",
};

describe("the call", () => {
	it("goes to /messages with the version that is required", () => {
		expect(encode({})).toMatchObject({
			path: "/messages",
			headers: { "anthropic-version": "2023-06-01" },
			body: { model: "claude-sonnet-5-5" },
		});
		expect(body({})).not.toHaveProperty("stream");
		expect(body({ stream: true }).stream).toBe(true);
	});

	it("has the caller's own version and betas, byte for byte", () => {
		const anthropicHeaders = { version: "2026-10-21", betas: "interleaved-thinking-2025-05-14 ,x-2026-01-01" };
		expect(encode({ anthropicHeaders })).toMatchObject({
			headers: { "anthropic-version": "2026-10-21", "anthropic-beta": anthropicHeaders.betas },
			dropped: [],
		});
		expect(encode({ anthropicHeaders: { betas: "a" } }).headers).toMatchObject({ "anthropic-version": "2023-06-01" });
		expect(encode({ anthropicHeaders: { version: "2026-10-21" } }).headers).not.toHaveProperty("anthropic-beta");
	});

	it.each([
		["fast-mode-2026-02-01", haiku, null],
		["a-2025-01-01,Web-Fetch-2025-09-10, code-execution-2025-08-25", sonnet, "a-2025-01-01"],
		["compact-2026-01-12,advisor-tool-2026-03-01", sonnet, null],
		["context-1m-2025-08-07", haiku, null],
		["context-1m-2025-08-07", sonnet, "context-1m-2025-08-07"],
		["files-api-2025-04-14,b", sonnet, "b"],
	])("leaves out of `%s` what nothing holds for, and names it", (betas, model, left) => {
		const { headers, dropped } = encode({ anthropicHeaders: { betas } }, model);
		expect(headers?.["anthropic-beta"] ?? null).toBe(left);
		const names = betas.split(",").map((name) => name.trim());
		expect(dropped).toEqual(names.filter((name) => !left?.includes(name)).map((name) => `anthropic-beta.${name}`));
	});

	it("has the betas of what an account keeps for a request that draws on it", () => {
		const asked = {
			anthropicHeaders: { betas: "mcp-client-2025-11-20" },
			providerExtensions: { anthropic: { mcp_servers: [{ type: "url", url: "https://a.example", name: "a" }] } },
		};
		expect(encode(asked).headers).toMatchObject({ "anthropic-beta": "mcp-client-2025-11-20" });
	});

	it("has a file's link as the source of a document", () => {
		const file = (file_url: string): Message[] => [{ role: "user", content: [{ type: "file", file: { file_url } }] }];
		expect(messages(file("https://a.example/b.pdf"))).toEqual([
			{ role: "user", content: [{ type: "document", source: { type: "url", url: "https://a.example/b.pdf" } }] },
		]);
		expect(refusalOf(() => messages(file("file:///etc/passwd")))).toBe(
			"invalid_request messages[0].content[0].file.file_url",
		);
	});

	it("has `top_k` where the model takes sampling as it is asked for", () => {
		expect(body({ extensions: { top_k: 5 } }, haiku).top_k).toBe(5);
		expect(encode({ extensions: { top_k: 5 }, reasoning_effort: "high" }, haiku)).toMatchObject({ dropped: ["top_k"] });
		expect(encode({ extensions: { top_k: 5 } }, opus).body).not.toHaveProperty("top_k");
	});

	it("always limits the output, as the caller says or within what the model can do", () => {
		expect(body({}).max_tokens).toBe(32_000);
		expect(body({ max_completion_tokens: 77 }).max_tokens).toBe(77);
		expect(body({ max_completion_tokens: 10_000_000 }).max_tokens).toBe(128_000);
		expect(body({}, { ...sonnet, maxOutput: 8000 }).max_tokens).toBe(8000);
		expect(body({}, { ...sonnet, maxOutput: null }).max_tokens).toBe(4096);
	});

	it("maps the fields that have a counterpart", () => {
		expect(body({ temperature: 1.7, stop: ["END", " "], user: "u1", service_tier: "default" }, haiku)).toMatchObject({
			temperature: 1,
			stop_sequences: ["END"],
			metadata: { user_id: "u1" },
			service_tier: "standard_only",
		});
		expect(body({ top_p: 0.5 }, haiku)).toMatchObject({ top_p: 0.5 });
	});

	it("sends one of temperature and top_p, and neither where sampling is fixed", () => {
		expect(encode({ temperature: 0.3, top_p: 0.5 }, haiku)).toMatchObject({
			body: { temperature: 0.3 },
			dropped: ["top_p"],
		});
		const fixed = encode({ temperature: 0.3, top_p: 0.5 });
		expect(fixed.body).not.toHaveProperty("temperature");
		expect(fixed.dropped).toEqual(["temperature", "top_p"]);
		expect(encode({ temperature: 1, top_p: 1 }).dropped).toEqual([]);
	});

	it("names what it drops and nothing that asks for the default", () => {
		const { dropped } = encode({
			seed: 1,
			presence_penalty: 0.5,
			frequency_penalty: 0.5,
			metadata: { a: "b" },
			store: true,
			prompt_cache_key: "k",
			verbosity: "low",
			service_tier: "flex",
			stop: ["\n"],
			extensions: { top_k: 5 },
			messages: [{ role: "user", name: "bob", content: "hi" }],
		});
		expect(dropped.toSorted()).toEqual(
			[
				...["frequency_penalty", "messages[].name", "metadata", "presence_penalty", "prompt_cache_key"],
				...["seed", "service_tier", "stop", "store", "top_k", "verbosity"],
			].toSorted(),
		);
		expect(
			encode({ store: false, service_tier: "auto", n: 1, presence_penalty: 0, modalities: ["text"] }).dropped,
		).toEqual([]);
	});

	it("refuses what would change the meaning", () => {
		expect(refusalOf(() => encode({ n: 2 }))).toBe("unsupported_parameter n");
		expect(refusalOf(() => encode({ logprobs: true }))).toBe("unsupported_parameter logprobs");
		expect(refusalOf(() => encode({ logit_bias: { "1": 5 } }))).toBe("unsupported_parameter logit_bias");
		expect(refusalOf(() => encode({ modalities: ["audio"] }))).toBe("unsupported_parameter modalities");
		expect(refusalOf(() => encode({ web_search_options: {} }))).toBe("unsupported_parameter web_search_options");
	});

	it("merges native fields, but none that limits or the price hang on", () => {
		const native = { top_k: 5, tools: [{ type: "web_search_20250305", name: "web_search" }] };
		expect(body({ tools: [tool("f")], providerExtensions: { anthropic: native } })).toMatchObject({
			top_k: 5,
			tools: [{ name: "f" }, { name: "web_search" }],
		});
		for (const field of ["model", "max_tokens", "messages", "stream", "service_tier", "speed"]) {
			expect(refusalOf(() => encode({ providerExtensions: { anthropic: { [field]: "x" } } }))).toBe(
				`unsupported_parameter anthropic.${field}`,
			);
		}
	});
});

describe("thinking", () => {
	const effort = (value: ChatRequest["reasoning_effort"], model = sonnet, more: Partial<ChatRequest> = {}) => {
		const call = encode({ ...(value && { reasoning_effort: value }), ...more }, model);
		return { thinking: call.body.thinking, output: call.body.output_config, dropped: call.dropped };
	};
	const summarized = { type: "adaptive", display: "summarized" };

	it("is adaptive with an effort, its summaries asked for", () => {
		expect(effort(undefined)).toEqual({ thinking: summarized, output: undefined, dropped: [] });
		expect(effort("xhigh")).toEqual({ thinking: summarized, output: { effort: "xhigh" }, dropped: [] });
		expect(effort("minimal")).toMatchObject({ output: { effort: "low" } });
	});

	it("is turned off where it can be, and held low where it cannot", () => {
		expect(effort("none")).toEqual({ thinking: { type: "disabled" }, output: undefined, dropped: [] });
		expect(effort("none", opus)).toEqual({
			thinking: summarized,
			output: { effort: "low" },
			dropped: ["reasoning_effort"],
		});
	});

	it("gives way to a forced tool, the effort with it", () => {
		const forced = { tools: [tool("f")], tool_choice: "required" as const };
		expect(effort("max", sonnet, forced)).toEqual({
			thinking: { type: "disabled" },
			output: { effort: "high" },
			dropped: [],
		});
		expect(effort("high", haiku, forced)).toMatchObject({ thinking: undefined, dropped: ["reasoning_effort"] });
		expect(refusalOf(() => encode(forced, opus))).toBe("unsupported_parameter tool_choice");
	});

	it("is a budget before Claude 5, within the output limit and with sampling left alone", () => {
		expect(effort("medium", haiku)).toMatchObject({ thinking: { type: "enabled", budget_tokens: 8192 } });
		expect(effort("max", haiku, { max_completion_tokens: 2000, temperature: 0.2 })).toEqual({
			thinking: { type: "enabled", budget_tokens: 1600 },
			output: undefined,
			dropped: ["temperature"],
		});
		expect(effort("low", haiku, { max_completion_tokens: 1000 })).toMatchObject({
			thinking: undefined,
			dropped: ["reasoning_effort"],
		});
		expect(effort(undefined, haiku)).toMatchObject({ thinking: undefined, dropped: [] });
	});
});

describe("response formats", () => {
	it("are a closed schema, or an instruction where there is none", () => {
		const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
		expect(
			body({ reasoning_effort: "low", response_format: { type: "json_schema", json_schema: { name: "x", schema } } }),
		).toMatchObject({
			output_config: {
				effort: "low",
				format: { type: "json_schema", schema: { ...schema, additionalProperties: false } },
			},
		});
		expect(
			body({
				messages: [
					{ role: "system", content: "S" },
					{ role: "user", content: "u" },
				],
				response_format: { type: "json_object" },
			}).system,
		).toEqual([
			{ type: "text", text: "S" },
			{ type: "text", text: expect.stringContaining("JSON") },
		]);
	});
});

describe("tools", () => {
	const choice = (fields: Partial<ChatRequest>) =>
		body({ tools: [tool("f"), tool("g")], ...fields }, haiku).tool_choice;

	it("carry their schema, strictly when asked", () => {
		expect(
			body({ tools: [tool("f", { description: "d" }), tool("now", { strict: true, parameters: {} })] }).tools,
		).toEqual([
			{
				name: "f",
				description: "d",
				input_schema: { type: "object", properties: { city: { type: "string" } } },
			},
			{
				name: "now",
				input_schema: { type: "object", properties: {}, additionalProperties: false },
				strict: true,
			},
		]);
	});

	it("are chosen in every way that OpenAI knows", () => {
		expect(choice({})).toBeUndefined();
		expect(choice({ tool_choice: "none" })).toEqual({ type: "none" });
		expect(choice({ tool_choice: "required" })).toEqual({ type: "any" });
		expect(choice({ tool_choice: { type: "function", function: { name: "g" } } })).toEqual({ type: "tool", name: "g" });
		expect(choice({ parallel_tool_calls: false })).toEqual({ type: "auto", disable_parallel_tool_use: true });
		const only = { type: "allowed_tools" as const, allowed_tools: { mode: "auto" as const, tools: [{ name: "g" }] } };
		expect(body({ tools: [tool("f"), tool("g")], tool_choice: only }, haiku).tools).toMatchObject([{ name: "g" }]);
	});

	it("of the conversation are declared when the request has none, and may not be called", () => {
		const history: Message[] = [
			{ role: "user", content: "q" },
			{
				role: "assistant",
				content: null,
				tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
			},
			{ role: "tool", tool_call_id: "a", content: "r" },
		];
		expect(body({ messages: history })).toMatchObject({
			tools: [{ name: "f", input_schema: { type: "object" } }],
			tool_choice: { type: "none" },
		});
	});
});

describe("messages", () => {
	it("put system text apart and keep every cache mark", () => {
		const cache_control = { type: "ephemeral", ttl: "1h" };
		const sent = body({
			tools: [{ ...tool("f"), cache_control } as FunctionTool],
			messages: [
				{ role: "system", content: [{ type: "text", text: "Be brief.", cache_control } as never] },
				{ role: "user", content: "a" },
				{ role: "user", content: [{ type: "text", text: "b", cache_control: { type: "ephemeral", x: 1 } } as never] },
			],
		});
		expect(sent.system).toEqual([{ type: "text", text: "Be brief.", cache_control }]);
		expect(sent.messages).toEqual([
			{
				role: "user",
				content: [
					{ type: "text", text: "a" },
					{ type: "text", text: "b", cache_control: { type: "ephemeral" } },
				],
			},
		]);
		expect(sent.tools).toMatchObject([{ name: "f", cache_control }]);
	});

	it("carry images and files inline, image links as they are", () => {
		const [message] = messages([
			{
				role: "user",
				content: [
					{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
					{ type: "image_url", image_url: { url: "https://example.org/a.png" } },
					{ type: "file", file: { file_data: "data:application/pdf;base64,JVBE", filename: "a.pdf" } },
					{ type: "file", file: { file_data: `data:text/csv;base64,${btoa("a,b")}` } },
				],
			},
		]) as { content: object[] }[];
		expect(message?.content).toEqual([
			{ type: "image", source: { type: "base64", media_type: "image/png", data: "iVBO" } },
			{ type: "image", source: { type: "url", url: "https://example.org/a.png" } },
			{ type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBE" }, title: "a.pdf" },
			{ type: "document", source: { type: "text", media_type: "text/plain", data: "a,b" } },
		]);
	});

	it("refuse sound, film and files by id, naming the part", () => {
		const user = (part: object) => () => messages([{ role: "user", content: [part as never] }]);
		for (const part of [
			{ type: "input_audio", input_audio: { data: "UklG", format: "wav" } },
			{ type: "video_url", video_url: { url: "https://example.org/a.mp4" } },
			{ type: "file", file: { file_id: "f" } },
		]) {
			expect(refusalOf(user(part))).toBe("unsupported_parameter messages[0].content[0]");
		}
	});

	it("may end with the assistant only where Claude goes on from there", () => {
		const prefilled: Message[] = [
			{ role: "user", content: "q" },
			{ role: "assistant", content: "The answer is " },
		];
		expect(messages(prefilled, haiku)).toMatchObject([
			{ role: "user" },
			{ role: "assistant", content: [{ type: "text", text: "The answer is" }] },
		]);
		expect(refusalOf(() => messages(prefilled))).toBe("unsupported_parameter messages");
	});

	it("begin with the user, and are the system text when there is nothing else", () => {
		expect(
			messages([
				{ role: "assistant", content: "Welcome." },
				{ role: "user", content: "hi" },
			]),
		).toMatchObject([{ role: "user" }, { role: "assistant" }, { role: "user" }]);
		expect(body({ messages: [{ role: "system", content: "S" }] })).toMatchObject({
			messages: [{ role: "user", content: [{ type: "text", text: "S" }] }],
		});
		expect(refusalOf(() => messages([{ role: "user", content: " \n" }]))).toBe("invalid_request messages");
	});
});

describe("tool history", () => {
	const call = (id: string, name = "f", args = "{}") => ({
		id,
		type: "function" as const,
		function: { name, arguments: args },
	});
	const loop = (details: ReasoningDetail[] = []): Message[] => [
		{ role: "user", content: "Weather?" },
		{
			role: "assistant",
			content: "Looking.",
			reasoning_details: details,
			tool_calls: [call("a.1", "weather", '{"city":"Oslo"}'), call("a_1", "rain", "{broken")],
		},
		{ role: "tool", tool_call_id: "a_1", content: "" },
		{ role: "tool", tool_call_id: "a.1", content: [{ type: "text", text: "4 degrees" }] },
	];

	it("answers all calls in the next message, results first, with ids that Anthropic accepts", () => {
		expect(messages([...loop(), { role: "user", content: "Thanks" }])).toEqual([
			{ role: "user", content: [{ type: "text", text: "Weather?" }] },
			{
				role: "assistant",
				content: [
					{ type: "text", text: "Looking." },
					{ type: "tool_use", id: "a_1", name: "weather", input: { city: "Oslo" } },
					{ type: "tool_use", id: "a_1_2", name: "rain", input: {} },
				],
			},
			{
				role: "user",
				content: [
					{ type: "tool_result", tool_use_id: "a_1", content: [{ type: "text", text: "4 degrees" }] },
					{ type: "tool_result", tool_use_id: "a_1_2" },
					{ type: "text", text: "Thanks" },
				],
			},
		]);
	});

	it("replays thinking unchanged before the rest, and no other vendor's", () => {
		const details: ReasoningDetail[] = [
			thought,
			{ type: "reasoning.encrypted", format: "anthropic-claude-v1", data: "EmwK" },
			{ type: "reasoning.encrypted", format: "google-gemini-v1", data: "foreign" },
			{ type: "reasoning.text", format: "anthropic-claude-v1", text: "unsigned" },
		];
		const [, assistant] = messages(loop(details)) as { content: object[] }[];
		expect(assistant?.content.slice(0, 3)).toEqual([
			{ type: "thinking", thinking: "Hm.", signature: "EqMB" },
			{ type: "redacted_thinking", data: "EmwK" },
			{ type: "text", text: "Looking." },
		]);
	});

	it("brings what an answer held back as it was", () => {
		const { message } = anthropic.chat.decode(fixtures.whole, chat(), sonnet).choices[0] ?? {};
		if (message === undefined) throw new Error("no answer");
		const { refusal: _, audio: ___, ...reply } = message;
		const sent = messages([
			{ role: "user", content: "q" },
			reply,
			{ role: "tool", tool_call_id: "toolu_1", content: "r" },
		]) as { content: object[] }[];
		const { citations: __, ...spoken } = fixtures.whole.content[2] as JsonObject;
		expect(sent[1]?.content).toEqual(fixtures.whole.content.with(2, spoken as never));
	});

	it("keeps a budgeted model from thinking in the middle of a loop that began without", () => {
		const thinking = (list: Message[]) => encode({ messages: list, reasoning_effort: "low" }, haiku);
		expect(thinking(loop([thought])).body.thinking).toMatchObject({ type: "enabled" });
		expect(thinking(loop())).toMatchObject({ dropped: ["reasoning_effort"] });
		expect(thinking(loop()).body).not.toHaveProperty("thinking");
		expect(thinking([...loop(), { role: "user", content: "And now?" }]).body.thinking).toMatchObject({
			type: "enabled",
		});
	});

	it("sends no thinking back while thinking is off", () => {
		expect(JSON.stringify(encode({ messages: loop([thought]), reasoning_effort: "none" }).body)).not.toContain("Hm.");
		expect(JSON.stringify(encode({ messages: loop([thought]) }, haiku).body)).not.toContain("Hm.");
	});
});

describe("any conversation", () => {
	it("alternates from the user on and answers every call once, first thing in the next message", () => {
		fc.assert(
			fc.property(conversations, (list) => {
				const sent = messages(list) as { role: string; content: JsonObject[] }[];
				const used = new Set<string>();
				for (const [at, { role, content }] of sent.entries()) {
					expect(role).toBe(at % 2 === 0 ? "user" : "assistant");
					expect(content.length).toBeGreaterThan(0);
					for (const block of content) if (block.type === "text") expect(String(block.text).trim()).not.toBe("");
					const calls = content.filter((block) => block.type === "tool_use").map((block) => String(block.id));
					for (const id of calls) {
						expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
						expect(used.has(id)).toBe(false);
						used.add(id);
					}
					const answers = sent[at + 1]?.content.slice(0, calls.length) ?? [];
					if (role === "assistant") expect(answers.map((block) => block.tool_use_id ?? null)).toEqual(calls);
					const results = content.filter((block) => block.type === "tool_result");
					if (role === "user") {
						const asked = sent[at - 1]?.content.filter((block) => block.type === "tool_use") ?? [];
						expect(results.length).toBe(asked.length);
					}
				}
			}),
		);
	});
});
