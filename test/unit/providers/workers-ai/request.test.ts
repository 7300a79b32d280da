import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest, FunctionCall, FunctionTool, Message } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import { workersAi } from "#providers/workers-ai/index";
import { conversations } from "#test/unit/providers/conversations";
import { chat, modelOf, refusalOf } from "#test/unit/providers/native";

const llama = modelOf("workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast");
const scout = modelOf("workers-ai", "@cf/meta/llama-4-scout-17b-16e-instruct");
const glm = modelOf("workers-ai", "@cf/zai-org/glm-4.7-flash");
const oss = modelOf("workers-ai", "@cf/openai/gpt-oss-120b");

const encode = (fields: Partial<ChatRequest>, model = llama) => workersAi.chat.encode(chat(fields), model);
const body = (fields: Partial<ChatRequest>, model = llama) => encode(fields, model).body;

const tool = (name: string, more: Partial<FunctionTool["function"]> = {}): FunctionTool => ({
	type: "function",
	function: { name, ...more },
});
const schema = { type: "object", properties: { a: { type: "string" } } };

describe("the call", () => {
	it("is the model's id and its inputs, without a model among them", () => {
		for (const model of [llama, glm]) {
			const call = encode({}, model);
			expect(call.path).toBe(model.id);
			expect(call.headers).toBeUndefined();
			expect(call.body).not.toHaveProperty("model");
		}
	});

	it("always limits the output, since the default is 256 tokens", () => {
		expect(body({}).max_tokens).toBe(4096);
		expect(body({}, glm).max_tokens).toBe(16_384);
		expect(body({}, { ...llama, context: 3000 }).max_tokens).toBe(1500);
		expect(body({}, { ...llama, maxOutput: 100 }).max_tokens).toBe(100);
		expect(body({ max_completion_tokens: 77 }, glm).max_tokens).toBe(77);
	});

	it("lets no native field decide limits", () => {
		for (const model of [llama, glm]) {
			const native = (fields: JsonObject) => encode({ providerExtensions: { "workers-ai": fields } }, model);
			expect(native({ top_k: 5 }).body.top_k).toBe(5);
			expect(refusalOf(() => native({ max_tokens: 9 }))).toBe("unsupported_parameter workers-ai.max_tokens");
		}
		const prompt = { "workers-ai": { prompt: "x" } };
		expect(refusalOf(() => encode({ providerExtensions: prompt }))).toBe("unsupported_parameter workers-ai.prompt");
	});
});

describe("inputs of the older shape", () => {
	const KEYS =
		"messages stream max_tokens temperature top_p top_k seed repetition_penalty frequency_penalty presence_penalty tools tool_choice response_format lora";

	it("hold only what their schema has, and the rest is named", () => {
		const call = encode({
			temperature: 0.5,
			top_p: 0,
			seed: 7,
			presence_penalty: 0.1,
			frequency_penalty: 0.2,
			metadata: { a: "b" },
			store: true,
			user: "u",
			verbosity: "low",
			reasoning_effort: "high",
			parallel_tool_calls: false,
			extensions: { top_k: 5, min_p: 0.1 },
			tools: [tool("f")],
		});
		for (const key of Object.keys(call.body)) expect(KEYS.split(" ")).toContain(key);
		expect(call.body).toMatchObject({ temperature: 0.5, top_p: 0.001, seed: 7, top_k: 5 });
		expect(call.dropped.toSorted()).toEqual(
			["metadata", "min_p", "parallel_tool_calls", "reasoning_effort", "store", "user", "verbosity"].toSorted(),
		);
		expect(encode({ seed: 0 }).dropped).toEqual(["seed"]);
	});

	it("refuse what would change the meaning", () => {
		expect(refusalOf(() => encode({ stop: ["END"] }))).toBe("unsupported_parameter stop");
		expect(refusalOf(() => encode({ n: 2 }))).toBe("unsupported_parameter n");
		expect(refusalOf(() => encode({ logprobs: true }))).toBe("unsupported_parameter logprobs");
		expect(refusalOf(() => encode({ tools: [tool("f")] }, { ...llama, tools: false }))).toBe(
			"unsupported_parameter tools",
		);
	});

	it("say all content in strings, calls included", () => {
		const messages: Message[] = [
			{ role: "system", content: [{ type: "text", text: "S" }] },
			{ role: "developer", content: "D" },
			{
				role: "user",
				content: [
					{ type: "text", text: "a" },
					{ type: "text", text: "b" },
				],
			},
			{
				role: "assistant",
				content: null,
				tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"x":1}' } }],
			},
			{ role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "r" }] },
			{ role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
		];
		expect(body({ messages }).messages).toEqual([
			{ role: "system", content: "S\n\nD" },
			{ role: "user", content: "a\nb" },
			{
				role: "assistant",
				content: '{"name":"f","parameters":{"x":1}}',
				tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"x":1}' } }],
			},
			{ role: "tool", tool_call_id: "c1", name: "f", content: "r" },
			{ role: "assistant", content: "no" },
		]);
	});

	it("put the system text into the first turn of models without a system prompt", () => {
		const messages: Message[] = [
			{ role: "system", content: "S" },
			{ role: "user", content: "u" },
		];
		expect(body({ messages }, { ...llama, traits: { classic: true, no_system_prompt: true } }).messages).toEqual([
			{ role: "user", content: "S\n\nu" },
		]);
	});

	it("show images only to models that see", () => {
		const url = "data:image/png;base64,iVBO";
		const messages: Message[] = [
			{
				role: "user",
				content: [
					{ type: "text", text: "What?" },
					{ type: "image_url", image_url: { url, detail: "low" } },
				],
			},
		];
		expect(body({ messages }, scout).messages).toEqual([
			{
				role: "user",
				content: [
					{ type: "text", text: "What?" },
					{ type: "image_url", image_url: { url } },
				],
			},
		]);
		expect(refusalOf(() => body({ messages }))).toBe("unsupported_parameter messages[0].content[1]");
	});

	it("choose a tool by leaving out the others", () => {
		const tools = [tool("f", { description: "d", parameters: schema, strict: true }), tool("g")];
		expect(body({ tools }).tools).toEqual([
			{ type: "function", function: { name: "f", description: "d", parameters: schema } },
			{ type: "function", function: { name: "g", description: "", parameters: { type: "object", properties: {} } } },
		]);
		const named = body({ tools, tool_choice: { type: "function", function: { name: "g" } } });
		expect(named).toMatchObject({ tools: [{ function: { name: "g" } }], tool_choice: "required" });
		expect(body({ tools, tool_choice: "none" })).not.toHaveProperty("tools");
	});

	it("take the bare schema in JSON mode, which does not stream, or an instruction without that mode", () => {
		const format = { type: "json_schema", json_schema: { name: "x", schema, strict: true } } as const;
		const call = encode({ stream: true, response_format: format }, { ...llama, jsonSchema: true });
		expect(call).toMatchObject({
			unstreamed: true,
			body: { stream: false, response_format: { type: "json_schema", json_schema: schema } },
		});
		const plain = encode({ stream: true, response_format: format });
		expect(plain).not.toHaveProperty("unstreamed");
		expect(plain.dropped).toEqual(["response_format.json_schema.strict"]);
		expect(plain.body).toMatchObject({
			stream: true,
			messages: [{ role: "system", content: expect.stringContaining(JSON.stringify(schema)) }, { role: "user" }],
		});
		expect(plain.body).not.toHaveProperty("response_format");
	});
});

describe("inputs of OpenAI's shape", () => {
	it("ask for usage and keep what the schema knows, and the rest is named", () => {
		const call = encode(
			{
				stream: true,
				stop: ["END"],
				n: 2,
				seed: 3,
				metadata: { a: "b" },
				store: true,
				user: "u",
				verbosity: "low",
				service_tier: "priority",
				extensions: { top_k: 5, chat_template_kwargs: { clear_thinking: true } },
			},
			glm,
		);
		expect(call.body).toMatchObject({
			stream: true,
			stream_options: { include_usage: true },
			stop: ["END"],
			n: 2,
			seed: 3,
			chat_template_kwargs: { clear_thinking: true },
		});
		for (const field of ["metadata", "store", "user", "verbosity", "service_tier", "top_k"]) {
			expect(call.body).not.toHaveProperty(field);
			expect(call.dropped).toContain(field);
		}
	});

	it("never say null for content, nor send another vendor's blocks", () => {
		const messages: Message[] = [
			{ role: "user", content: "q" },
			{
				role: "assistant",
				content: null,
				reasoning_details: [{ type: "reasoning.text", format: "anthropic-claude-v1", text: "t", signature: "s" }],
				tool_calls: [
					{
						id: "c1",
						type: "function",
						function: { name: "f", arguments: "{}" },
						extra_content: { google: { thought_signature: "x" } },
					},
				],
			},
			{ role: "tool", tool_call_id: "c1", content: "r" },
		];
		expect(body({ messages }, glm).messages).toEqual([
			{ role: "user", content: "q" },
			{
				role: "assistant",
				content: "",
				tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
			},
			{ role: "tool", tool_call_id: "c1", content: "r" },
		]);
	});

	it("choose a tool by leaving out the others", () => {
		const choice = { type: "function", function: { name: "g" } } as const;
		expect(body({ tools: [tool("f"), tool("g")], tool_choice: choice }, glm)).toMatchObject({
			tools: [{ function: { name: "g" } }],
			tool_choice: "required",
		});
		expect(body({ tools: [tool("f")], tool_choice: "none" }, glm)).toMatchObject({ tool_choice: "none" });
	});

	it("reason as little or as much as the models can, or not at all", () => {
		const effort = (value: NonNullable<ChatRequest["reasoning_effort"]>, model = glm) => {
			const { reasoning_effort, chat_template_kwargs } = body(
				{ reasoning_effort: value, extensions: { chat_template_kwargs: { clear_thinking: true } } },
				model,
			);
			return [reasoning_effort, chat_template_kwargs];
		};
		expect(effort("minimal")[0]).toBe("low");
		expect(effort("max")[0]).toBe("high");
		expect(effort("none")).toEqual([undefined, { clear_thinking: true, enable_thinking: false }]);
		expect(refusalOf(() => effort("none", oss))).toBe("unsupported_parameter reasoning_effort");
	});

	it("take OpenAI's response format", () => {
		const response_format = { type: "json_schema", json_schema: { name: "x", schema } } as const;
		expect(body({ response_format }, glm).response_format).toEqual(response_format);
	});
});

describe("any conversation", () => {
	it("keeps every call and its result, with no content but strings", () => {
		fc.assert(
			fc.property(conversations, (messages) => {
				for (const model of [llama, glm]) {
					const sent = body({ messages }, model).messages as JsonObject[];
					const calls = (list: readonly object[]) =>
						list.flatMap((message) => ("tool_calls" in message ? (message.tool_calls as FunctionCall[]) : []));
					expect(calls(sent).map((call) => call.function.name)).toEqual(
						calls(messages).map((call) => call.function.name),
					);
					const ids = calls(sent).map(({ id }) => id);
					expect(new Set(ids).size).toBe(ids.length);
					const results = sent.filter(({ role }) => role === "tool").map((message) => message.tool_call_id);
					expect(new Set(results)).toEqual(new Set(ids));
					for (const { content } of sent) expect(typeof content).toBe("string");
				}
			}),
		);
	});
});
