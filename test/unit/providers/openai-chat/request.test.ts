import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { ChatRequest, Effort, FunctionTool, Message, ToolCall, ToolChoice } from "#core/chat/chat";
import { openaiCompatible } from "#providers/openai-chat/index";
import { openai } from "#providers/vendors/openai";
import { chat, modelOf, refusalOf } from "#test/unit/providers/native";

const classic = modelOf("openai", "gpt-4.1");
const luna = modelOf("openai", "gpt-6-luna");
const generic = { ...classic, provider: "my-vllm" as never, id: "some/model", maxOutput: 8192 };
const tool: FunctionTool = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
const call: ToolCall = { id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } };

const encode = (fields: Partial<ChatRequest>, model: Model = classic) => openai.chat.encode(chat(fields), model);
const plain = (fields: Partial<ChatRequest>, model: Model = generic) =>
	openaiCompatible.chat.encode(chat(fields), model);
const turn = (fields: Partial<Message>) => ({ messages: [{ role: "assistant", content: "x", ...fields } as Message] });

describe("a request to OpenAI", () => {
	it("goes to Chat Completions with the model's own id and the caller's fields", () => {
		const fields = {
			temperature: 0.2,
			stop: ["a"],
			n: 2,
			logit_bias: { "5": -100 },
			store: true,
			verbosity: "low",
		} as const;
		expect(encode({ ...fields, stop: ["a"], max_completion_tokens: 50 })).toEqual({
			path: "/chat/completions",
			body: {
				...fields,
				model: "gpt-4.1",
				messages: [{ role: "user", content: "Hello" }],
				stream: false,
				max_completion_tokens: 50,
			},
			dropped: [],
		});
	});

	it("leaves the tier to the account's settings unless the caller names one", () => {
		expect(encode({}, luna).body).not.toHaveProperty("service_tier");
		expect(encode({ service_tier: "default" }, luna).body.service_tier).toBe("default");
	});

	it("always asks a stream for its usage, and only a stream", () => {
		expect(encode({ stream: true }).body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
		expect(encode({}).body).not.toHaveProperty("stream_options");
	});

	it("keeps the output within what the model can do", () => {
		expect(encode({ max_completion_tokens: 1_000_000 }).body.max_completion_tokens).toBe(32_768);
		expect(
			encode({ max_completion_tokens: 1_000_000 }, { ...classic, maxOutput: null }).body.max_completion_tokens,
		).toBe(1_000_000);
	});

	it("names the end user by the safety identifier, or not at all when OpenAI would refuse it", () => {
		expect(encode({ user: "u-1" }).body).toMatchObject({ safety_identifier: "u-1" });
		expect(encode({ user: "u".repeat(65) })).toMatchObject({ dropped: ["user"] });
		expect(encode({ user: "u".repeat(65) }).body).not.toHaveProperty("safety_identifier");
	});

	it("is without what other vendors left in the conversation, and keeps everything else", () => {
		const left = {
			reasoning_content: "think",
			reasoning_details: [{ type: "reasoning.text", text: "think" }],
			tool_calls: [{ ...call, index: 0, extra_content: { google: { thought_signature: "s" } } }],
			refusal: "no",
			name: "bot",
			annotations: [],
		};
		expect(encode(turn(left)).body.messages).toEqual([
			{ role: "assistant", content: "x", tool_calls: [call], refusal: "no", name: "bot", annotations: [] },
		]);
		const parts: Message[] = [{ role: "developer", content: [{ type: "text", text: "be brief" }] }];
		expect(encode({ messages: parts }).body.messages).toEqual(parts);
	});

	it("shortens ids of other vendors that are too long for OpenAI, alike in call and result", () => {
		const id = `chatcmpl-tool-${"0123456789abcdef".repeat(2)}`;
		const { body } = encode({
			messages: [
				{ role: "assistant", tool_calls: [{ ...call, id }] },
				{ role: "tool", tool_call_id: id, content: "sunny" },
			],
		});
		const short = id.slice(-40);
		expect(body.messages).toMatchObject([{ tool_calls: [{ id: short }] }, { tool_call_id: short }]);
	});

	it("passes tools and every form of choice on, but not fields about tools without tools", () => {
		const named: ToolChoice = { type: "function", function: { name: "weather" } };
		const allowed: ToolChoice = {
			type: "allowed_tools",
			allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "weather" } }] },
		};
		for (const choice of ["required", named, allowed] as const) {
			const fields = { tools: [tool], tool_choice: choice, parallel_tool_calls: false };
			expect(encode(fields).body).toMatchObject(fields);
		}
		const { body } = encode({ tools: [], tool_choice: "none", parallel_tool_calls: true });
		for (const field of ["tools", "tool_choice", "parallel_tool_calls"]) expect(body).not.toHaveProperty(field);
	});

	it("carries unknown fields, those for this provider over the request's own, and none for others", () => {
		const { body } = encode({
			temperature: 0.5,
			extensions: { moderation: { model: "x" }, model: "other", messages: [] },
			providerExtensions: { openai: { temperature: 0.9, prompt_cache_retention: "24h" }, deepseek: { thinking: 1 } },
		});
		expect(body).toMatchObject({
			moderation: { model: "x" },
			model: "gpt-4.1",
			temperature: 0.9,
			prompt_cache_retention: "24h",
			messages: [{ role: "user" }],
		});
		expect(body).not.toHaveProperty("deepseek");
		expect(body).not.toHaveProperty("thinking");
	});

	it("refuses to have what it costs decided by an extension", () => {
		for (const field of ["model", "n", "max_tokens", "max_completion_tokens", "service_tier", "stream", "messages"]) {
			const work = () => encode({ providerExtensions: { openai: { [field]: 5 } } });
			expect(refusalOf(work)).toMatch(new RegExp(`openai\\.${field}$`));
		}
	});
});

describe("a model of OpenAI with fixed sampling", () => {
	const sampling = { temperature: 0.1, top_p: 0.5, presence_penalty: 1, frequency_penalty: 1 };

	it("is spared the sampling fields, which are named", () => {
		const { body, dropped } = encode({ ...sampling, reasoning_effort: "low" }, luna);
		for (const field of Object.keys(sampling)) expect(body).not.toHaveProperty(field);
		expect(dropped).toEqual(Object.keys(sampling));
	});

	it("refuses what promises something about the answer", () => {
		expect(refusalOf(() => encode({ logprobs: true }, luna))).toBe("unsupported_parameter logprobs");
		expect(refusalOf(() => encode({ logit_bias: { "5": 1 } }, luna))).toBe("unsupported_parameter logit_bias");
	});

	it("does not mind fields that ask for what happens anyway", () => {
		const usual = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0, logprobs: false };
		expect(encode(usual, luna)).toMatchObject({ dropped: [] });
	});

	it("samples as asked when its reasoning is off, if it can be", () => {
		expect(encode({ ...sampling, logprobs: true, reasoning_effort: "none" }, luna).body).toMatchObject(sampling);
		const astra = modelOf("openai", "gpt-6-astra");
		expect(encode({ ...sampling, reasoning_effort: "low" }, astra).dropped).toEqual(Object.keys(sampling));
	});
});

describe("reasoning effort", () => {
	const effort = (wanted: Effort, model: Model) => encode({ reasoning_effort: wanted }, model);

	it("is passed on where the model takes it, else the nearest is asked for", () => {
		expect(effort("xhigh", luna).body.reasoning_effort).toBe("xhigh");
		expect(effort("minimal", luna).body.reasoning_effort).toBe("low");
		expect(effort("max", modelOf("openai", "gpt-5.5")).body.reasoning_effort).toBe("xhigh");
		const coarse = { ...luna, traits: { efforts: ["none", "low", "high", "max"] as const } };
		expect(effort("medium", coarse).body.reasoning_effort).toBe("high");
		expect(effort("xhigh", coarse).body.reasoning_effort).toBe("max");
	});

	it("is refused where reasoning must be off and cannot be", () => {
		const work = () => effort("none", modelOf("openai", "gpt-6-astra"));
		expect(refusalOf(work)).toBe("unsupported_parameter reasoning_effort");
	});

	it("is never none for a caller who wants some", () => {
		const { body, dropped } = effort("low", { ...luna, traits: { efforts: ["none"] } });
		expect(body).not.toHaveProperty("reasoning_effort");
		expect(dropped).toEqual(["reasoning_effort"]);
	});

	it("is left out for a model that does not reason, and named unless none was wanted", () => {
		expect(effort("high", classic)).toMatchObject({ dropped: ["reasoning_effort"] });
		expect(effort("none", classic)).toMatchObject({ dropped: [] });
		expect(effort("high", classic).body).not.toHaveProperty("reasoning_effort");
	});
});

describe("a request to any other server", () => {
	it("uses the words that all of them know", () => {
		const { body, dropped } = plain({
			messages: [
				{
					role: "developer",
					content: [
						{ type: "text", text: "Be" },
						{ type: "text", text: "brief." },
					],
				},
				{ role: "user", content: [{ type: "text", text: "Hi" }] },
				{ role: "assistant", content: null, refusal: "No." },
				{ role: "assistant", tool_calls: [call] },
				{ role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "sunny" }] },
			],
			max_completion_tokens: 100_000,
			user: "u",
			seed: 7,
		});
		expect(body).toMatchObject({ max_tokens: 8192, user: "u", seed: 7 });
		expect(body.messages).toEqual([
			{ role: "system", content: "Be\nbrief." },
			{ role: "user", content: "Hi" },
			{ role: "assistant", content: "No." },
			{ role: "assistant", content: "", tool_calls: [call] },
			{ role: "tool", tool_call_id: "call_1", content: "sunny" },
		]);
		expect(dropped).toEqual([]);
	});

	it("keeps parts that are more than text, and marks on text", () => {
		const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } } as const;
		const marked = { type: "text", text: "Hi", cache_control: { type: "ephemeral" } } as const;
		const messages: Message[] = [
			{ role: "user", content: [{ type: "text", text: "See" }, image] },
			{ role: "user", content: [marked] },
		];
		expect(plain({ messages }).body.messages).toEqual(messages);
	});

	it("sends text of earlier reasoning back to models that reason, and blocks to none", () => {
		const thought = { reasoning_content: "think", reasoning_details: [{ type: "reasoning.text", text: "think" }] };
		expect(plain(turn(thought)).body.messages).toEqual([{ role: "assistant", content: "x" }]);
		expect(plain(turn(thought), { ...generic, reasoning: true }).body.messages).toEqual([
			{ role: "assistant", content: "x", reasoning_content: "think" },
		]);
	});

	it("returns Gemini's signatures to Gemini only", () => {
		const signed = { ...call, extra_content: { google: { thought_signature: "s" } } };
		const left = { ...signed, index: 0 };
		const calls = (id: string) => plain(turn({ tool_calls: [left] }), { ...generic, id }).body.messages;
		expect(calls("llama")).toMatchObject([{ tool_calls: [call] }]);
		expect(JSON.stringify(calls("llama"))).not.toMatch(/signature|index/);
		expect(calls("google/gemini-3-pro")).toMatchObject([{ tool_calls: [signed] }]);
		expect(JSON.stringify(calls("google/gemini-3-pro"))).not.toContain("index");
	});

	it("leaves out the tools that are not allowed, in place of a list of those that are", () => {
		const other: FunctionTool = { type: "function", function: { name: "clock" } };
		const allowed = { mode: "required" as const, tools: [{ type: "function", function: { name: "clock" } }] };
		expect(
			plain({ tools: [tool, other], tool_choice: { type: "allowed_tools", allowed_tools: allowed } }).body,
		).toMatchObject({ tools: [other], tool_choice: "required" });
	});

	it("puts the schema into the prompt of a model without JSON schemas, and says that it is not strict", () => {
		const format = {
			type: "json_schema" as const,
			json_schema: { name: "s", strict: true, schema: { type: "object", properties: { a: { type: "string" } } } },
		};
		const without = { ...generic, jsonSchema: false };
		const { body, dropped } = plain(
			{
				messages: [
					{ role: "system", content: "Be brief." },
					{ role: "user", content: "Hi" },
				],
				response_format: format,
			},
			without,
		);
		expect(body.response_format).toEqual({ type: "json_object" });
		expect(body.messages).toEqual([
			{ role: "system", content: expect.stringMatching(/^Be brief\.\n\n.*JSON.*"properties":{"a"/s) },
			{ role: "user", content: "Hi" },
		]);
		expect(dropped).toEqual(["response_format.json_schema.strict"]);
		expect(plain({ response_format: format }, without).body.messages).toMatchObject([
			{ role: "system" },
			{ role: "user" },
		]);
		expect(plain({ response_format: format }).body.response_format).toEqual(format);
	});

	it("begins the first user turn with the system prompt for a model without one", () => {
		const messages: Message[] = [
			{ role: "system", content: "Be brief." },
			{ role: "user", content: "Hi" },
			{ role: "developer", content: [{ type: "text", text: "In French." }] },
		];
		const folding = { ...generic, traits: { no_system_prompt: true as const } };
		expect(plain({ messages }, folding).body.messages).toEqual([
			{ role: "user", content: "Be brief.\n\nIn French.\n\nHi" },
		]);
		expect(plain({ messages: messages.slice(0, 1) }, folding).body.messages).toEqual([
			{ role: "user", content: "Be brief." },
		]);
	});

	it("refuses tools and forced tools where the model has none", () => {
		expect(refusalOf(() => plain({ tools: [tool] }, { ...generic, tools: false }))).toBe("unsupported_parameter tools");
		const unforced = { ...generic, traits: { no_forced_tools: true as const } };
		expect(refusalOf(() => plain({ tools: [tool], tool_choice: "required" }, unforced))).toBe(
			"unsupported_parameter tool_choice",
		);
		expect(plain({ tools: [tool], tool_choice: "auto" }, unforced).body).toMatchObject({ tool_choice: "auto" });
	});
});
