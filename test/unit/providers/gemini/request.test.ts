import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest, FunctionTool, Message } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import { gemini } from "#providers/gemini/index";
import { conversations } from "#test/unit/providers/conversations";
import { chat, modelOf, refusalOf } from "#test/unit/providers/native";

const flash = modelOf("gemini", "gemini-3.5-flash");
const argon = modelOf("gemini", "gemini-4-argon");
const older = modelOf("gemini", "gemini-2.5-flash");
const olderPro = modelOf("gemini", "gemini-2.5-pro");

const encode = (fields: Partial<ChatRequest>, model = flash) => gemini.chat.encode(chat(fields), model);
const body = (fields: Partial<ChatRequest>, model = flash) => encode(fields, model).body;
const config = (fields: Partial<ChatRequest>, model = flash) => body(fields, model).generationConfig;
const contents = (messages: Message[], model = flash) => body({ messages }, model).contents;

const tool = (name: string, more: Partial<FunctionTool["function"]> = {}): FunctionTool => ({
	type: "function",
	function: { name, parameters: { type: "object", properties: { city: { type: "string" } } }, ...more },
});

describe("the call", () => {
	it("names model and method in the path, and asks for events when streaming", () => {
		expect(encode({}).path).toBe("/models/gemini-3.5-flash:generateContent");
		expect(encode({ stream: true }).path).toBe("/models/gemini-3.5-flash:streamGenerateContent?alt=sse");
		expect(body({ stream: true })).not.toHaveProperty("stream");
	});

	it("maps every sampling field to its native name", () => {
		expect(
			config({
				max_completion_tokens: 100,
				temperature: 0.5,
				top_p: 0.9,
				presence_penalty: 0.1,
				frequency_penalty: 0.2,
				seed: 7,
				stop: ["END"],
				n: 2,
				logprobs: true,
				top_logprobs: 3,
			}),
		).toMatchObject({
			maxOutputTokens: 100,
			temperature: 0.5,
			topP: 0.9,
			presencePenalty: 0.1,
			frequencyPenalty: 0.2,
			seed: 7,
			stopSequences: ["END"],
			candidateCount: 2,
			responseLogprobs: true,
			logprobs: 3,
		});
	});

	it("bounds the output limit by what the model can do", () => {
		expect(config({ max_completion_tokens: 1_000_000 })).toMatchObject({ maxOutputTokens: 65536 });
	});

	it("has `top_k` by Google's name", () => {
		expect(encode({ extensions: { top_k: 5 } }).body.generationConfig).toMatchObject({ topK: 5 });
	});

	it("names what it drops and nothing that asks for the default", () => {
		const { dropped } = encode({
			metadata: { a: "b" },
			store: true,
			user: "u",
			prompt_cache_key: "k",
			verbosity: "low",
			parallel_tool_calls: false,
			service_tier: "priority",
			extensions: { min_p: 0.1 },
			messages: [{ role: "user", name: "bob", content: "hi" }],
		});
		expect(dropped.toSorted()).toEqual(
			[
				"messages[].name",
				"metadata",
				"min_p",
				"parallel_tool_calls",
				"prompt_cache_key",
				"service_tier",
				"store",
				"user",
				"verbosity",
			].toSorted(),
		);
		expect(
			encode({ store: false, parallel_tool_calls: true, service_tier: "auto", n: 1, logprobs: false, logit_bias: {} })
				.dropped,
		).toEqual([]);
	});

	it("refuses what would change the meaning", () => {
		expect(refusalOf(() => encode({ logit_bias: { "50256": -100 } }))).toBe("unsupported_parameter logit_bias");
		expect(refusalOf(() => encode({ modalities: ["text", "audio"] }))).toBe("unsupported_parameter modalities");
		expect(refusalOf(() => encode({ modalities: ["image"] }))).toBe("unsupported_parameter modalities");
		expect(refusalOf(() => encode({ web_search_options: {} }))).toBe("unsupported_parameter web_search_options");
		expect(refusalOf(() => encode({ n: 9 }))).toBe("unsupported_parameter n");
	});

	it("merges native fields into the body", () => {
		const native = {
			safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }],
			generationConfig: { topK: 5 },
			tools: [{ googleSearch: {} }],
		};
		expect(body({ tools: [tool("f")], temperature: 1, providerExtensions: { gemini: native } })).toMatchObject({
			safetySettings: native.safetySettings,
			generationConfig: { temperature: 1, topK: 5 },
			tools: [{ functionDeclarations: [{ name: "f" }] }, { googleSearch: {} }],
		});
	});

	it("lets no native field decide limits or the price, however it is spelled", () => {
		const refused = (native: JsonObject) => refusalOf(() => encode({ providerExtensions: { gemini: native } }));
		expect(refused({ generationConfig: { maxOutputTokens: 9 } })).toBe(
			"unsupported_parameter gemini.generationConfig.maxOutputTokens",
		);
		expect(refused({ generation_config: { max_output_tokens: 9 } })).toContain("max_output_tokens");
		expect(refused({ service_tier: "priority" })).toContain("service_tier");
		expect(refused({ contents: [] })).toContain("contents");
		expect(refused({ generation_config: null })).toBe("unsupported_parameter gemini.generation_config");
	});
});

describe("thinking", () => {
	it("is asked for as a level, the nearest that the model has", () => {
		const level = (effort: ChatRequest["reasoning_effort"], model = flash) =>
			(config({ ...(effort && { reasoning_effort: effort }) }, model) as JsonObject).thinkingConfig;
		expect(level("medium")).toEqual({ thinkingLevel: "MEDIUM", includeThoughts: true });
		expect(level("max")).toEqual({ thinkingLevel: "HIGH", includeThoughts: true });
		expect(level("minimal")).toEqual({ thinkingLevel: "MINIMAL" });
		expect(level("minimal", argon)).toEqual({ thinkingLevel: "LOW" });
		expect(level(undefined)).toEqual({ includeThoughts: true });
	});

	it("is asked for as a budget before Gemini 3, never both", () => {
		expect(config({ reasoning_effort: "low" }, older)).toEqual({
			thinkingConfig: { thinkingBudget: 1024, includeThoughts: true },
		});
		expect(config({ reasoning_effort: "none" }, older)).toEqual({ thinkingConfig: { thinkingBudget: 0 } });
		expect(body({}, older)).not.toHaveProperty("generationConfig");
	});

	it("is lowered where it cannot be turned off, and the caller is told", () => {
		expect(encode({ reasoning_effort: "none" }, argon)).toMatchObject({
			body: { generationConfig: { thinkingConfig: { thinkingLevel: "LOW" } } },
			dropped: ["reasoning_effort"],
		});
		expect(encode({ reasoning_effort: "none" }, olderPro)).toMatchObject({
			body: { generationConfig: { thinkingConfig: { thinkingBudget: 128 } } },
			dropped: ["reasoning_effort"],
		});
	});
});

describe("response formats", () => {
	const schema = { type: "object", properties: { a: { type: "string", minLength: 1 } }, additionalProperties: false };

	it("become a MIME type and a schema in the keywords that Gemini knows", () => {
		expect(config({ response_format: { type: "json_object" } }, older)).toEqual({
			responseMimeType: "application/json",
		});
		expect(config({ response_format: { type: "json_schema", json_schema: { name: "x", schema } } }, older)).toEqual({
			responseMimeType: "application/json",
			responseJsonSchema: { type: "object", properties: { a: { type: "string" } }, additionalProperties: false },
		});
	});

	it("stand beside tools from Gemini 3 on, and are refused before", () => {
		const both = { tools: [tool("f")], response_format: { type: "json_object" } as const };
		expect(config(both)).toMatchObject({ responseMimeType: "application/json" });
		expect(refusalOf(() => encode(both, older))).toBe("unsupported_parameter response_format");
	});

	it("give way to a forced tool", () => {
		const call = encode({ tools: [tool("f")], tool_choice: "required", response_format: { type: "json_object" } });
		expect(call.body.generationConfig).not.toHaveProperty("responseMimeType");
		expect(call.dropped).toEqual(["response_format"]);
	});

	it("win over tools that may not be called", () => {
		const call = encode({ tools: [tool("f")], tool_choice: "none", response_format: { type: "json_object" } }, older);
		expect(call.body).not.toHaveProperty("tools");
	});
});

describe("tools", () => {
	const choice = (fields: Partial<ChatRequest>) =>
		(body({ tools: [tool("f"), tool("g")], ...fields }).toolConfig as JsonObject | undefined)?.functionCallingConfig;

	it("are declared with JSON Schema, and without one when they take nothing", () => {
		const tools = [tool("f", { description: "d" }), tool("now", { parameters: { type: "object", properties: {} } })];
		expect(body({ tools }).tools).toEqual([
			{
				functionDeclarations: [
					{
						name: "f",
						description: "d",
						parametersJsonSchema: { type: "object", properties: { city: { type: "string" } } },
					},
					{ name: "now" },
				],
			},
		]);
	});

	it("are chosen in every way that OpenAI knows", () => {
		expect(choice({})).toBeUndefined();
		expect(choice({ tool_choice: "none" })).toEqual({ mode: "NONE" });
		expect(choice({ tool_choice: "required" })).toEqual({ mode: "ANY" });
		expect(choice({ tool_choice: { type: "function", function: { name: "g" } } })).toEqual({
			mode: "ANY",
			allowedFunctionNames: ["g"],
		});
		const allowed = (mode: "auto" | "required") => ({
			type: "allowed_tools" as const,
			allowed_tools: { mode, tools: [{ type: "function", function: { name: "f" } }] },
		});
		expect(choice({ tool_choice: allowed("auto") })).toEqual({ mode: "VALIDATED", allowedFunctionNames: ["f"] });
		expect(choice({ tool_choice: allowed("required") })).toEqual({ mode: "ANY", allowedFunctionNames: ["f"] });
		expect(choice({ tools: [tool("f", { strict: true })] })).toEqual({ mode: "VALIDATED" });
	});

	it("cannot be chosen when they do not exist", () => {
		expect(refusalOf(() => choice({ tool_choice: { type: "function", function: { name: "h" } } }))).toBe(
			"invalid_request tool_choice",
		);
		expect(refusalOf(() => encode({ tool_choice: "required" }))).toBe("invalid_request tool_choice");
	});
});

describe("messages", () => {
	it("put system text apart and merge turns of one role", () => {
		const sent = body({
			messages: [
				{ role: "system", content: "Be brief." },
				{ role: "user", content: "a" },
				{
					role: "user",
					content: [
						{ type: "text", text: "b" },
						{ type: "text", text: "" },
					],
				},
				{ role: "developer", content: [{ type: "text", text: "In French." }] },
				{ role: "assistant", content: "c" },
				{ role: "assistant", content: [{ type: "refusal", refusal: "d" }] },
				{ role: "user", content: "e" },
			],
		});
		expect(sent).toMatchObject({
			systemInstruction: { parts: [{ text: "Be brief." }, { text: "In French." }] },
			contents: [
				{ role: "user", parts: [{ text: "a" }, { text: "b" }] },
				{ role: "model", parts: [{ text: "c" }, { text: "d" }] },
				{ role: "user", parts: [{ text: "e" }] },
			],
		});
	});

	it("carry the system text in the first user turn for models without a system prompt, and when there is no other", () => {
		const messages: Message[] = [
			{ role: "system", content: "S" },
			{ role: "user", content: "u" },
		];
		const gemma = { ...older, traits: { no_system_prompt: true as const } };
		expect(body({ messages }, gemma)).toEqual({ contents: [{ role: "user", parts: [{ text: "S" }, { text: "u" }] }] });
		expect(contents([{ role: "system", content: "S" }])).toEqual([{ role: "user", parts: [{ text: "S" }] }]);
	});

	it("begin with the user", () => {
		expect(contents([{ role: "assistant", content: "Welcome." }])).toMatchObject([{ role: "user" }, { role: "model" }]);
	});

	it("without any content are refused", () => {
		expect(refusalOf(() => contents([{ role: "user", content: "" }]))).toBe("invalid_request messages");
	});

	it("carry media inline, and links as they are", () => {
		expect(
			contents([
				{
					role: "user",
					content: [
						{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
						{ type: "image_url", image_url: { url: "https://example.org/cat.WEBP?x=1" } },
						{ type: "input_audio", input_audio: { data: "UklG", format: "wav" } },
						{ type: "file", file: { file_data: "data:application/pdf;base64,JVBE", filename: "a.pdf" } },
						{ type: "file", file: { file_data: "data:text/plain,gr%C3%BC%C3%9Fe" } },
						{ type: "video_url", video_url: { url: "https://www.youtube.com/watch?v=x" } },
					],
				},
			]),
		).toEqual([
			{
				role: "user",
				parts: [
					{ inlineData: { mimeType: "image/png", data: "iVBO" } },
					{ fileData: { mimeType: "image/webp", fileUri: "https://example.org/cat.WEBP?x=1" } },
					{ inlineData: { mimeType: "audio/wav", data: "UklG" } },
					{ inlineData: { mimeType: "application/pdf", data: "JVBE" } },
					{ inlineData: { mimeType: "text/plain", data: btoa("gr\xc3\xbc\xc3\x9fe") } },
					{ fileData: { fileUri: "https://www.youtube.com/watch?v=x" } },
				],
			},
		]);
	});

	it("refuse files by id and links that are none, naming the part", () => {
		const user = (part: object) => () => contents([{ role: "user", content: [part as never] }]);
		expect(refusalOf(user({ type: "file", file: { file_id: "f" } }))).toBe(
			"unsupported_parameter messages[0].content[0].file",
		);
		expect(refusalOf(user({ type: "image_url", image_url: { url: "file:///etc/passwd" } }))).toBe(
			"invalid_request messages[0].content[0].image_url.url",
		);
		expect(refusalOf(user({ type: "image_url", image_url: { url: "data:image/png;base64" } }))).toBe(
			"invalid_request messages[0].content[0].image_url.url",
		);
	});

	it("ask for the resolution that the finest image wants", () => {
		const image = (detail?: "low" | "high") => ({
			type: "image_url" as const,
			image_url: { url: "https://example.org/a.png", ...(detail && { detail }) },
		});
		const resolution = (...images: ReturnType<typeof image>[]) =>
			(config({ messages: [{ role: "user", content: images }] }) as JsonObject).mediaResolution;
		expect(resolution(image("low"), image("low"))).toBe("MEDIA_RESOLUTION_LOW");
		expect(resolution(image("low"), image("high"))).toBe("MEDIA_RESOLUTION_HIGH");
		expect(resolution(image("low"), image())).toBeUndefined();
	});
});

describe("tool history", () => {
	const history = (first: object, second: object = {}): Message[] => [
		{ role: "user", content: "Weather?" },
		{
			role: "assistant",
			content: null,
			tool_calls: [
				{ id: "a", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' }, ...first },
				{ id: "b", type: "function", function: { name: "rain", arguments: "{broken" }, ...second },
			],
		},
		{ role: "tool", tool_call_id: "b", content: [{ type: "text", text: "no" }] },
		{ role: "tool", tool_call_id: "a", content: "4 degrees" },
		{ role: "user", content: "Thanks" },
	];

	it("answers all calls in one content, in their order, by name and id", () => {
		expect(contents(history({}), older)).toEqual([
			{ role: "user", parts: [{ text: "Weather?" }] },
			{
				role: "model",
				parts: [
					{ functionCall: { id: "a", name: "weather", args: { city: "Oslo" } } },
					{ functionCall: { id: "b", name: "rain", args: {} } },
				],
			},
			{
				role: "user",
				parts: [
					{ functionResponse: { id: "a", name: "weather", response: { output: "4 degrees" } } },
					{ functionResponse: { id: "b", name: "rain", response: { output: "no" } } },
				],
			},
			{ role: "user", parts: [{ text: "Thanks" }] },
		]);
	});

	it("returns signatures where they came from", () => {
		const signed = { extra_content: { google: { thought_signature: "c2ln" } } };
		const parts = (contents(history(signed)) as { parts: object[] }[])[1]?.parts;
		expect(parts?.[0]).toHaveProperty("thoughtSignature", "c2ln");
		expect(parts?.[1]).not.toHaveProperty("thoughtSignature");
	});

	it("stands in for a lost signature on the first call only, and only where one is demanded", () => {
		const parts = (contents(history({})) as { parts: object[] }[])[1]?.parts;
		expect(parts?.[0]).toHaveProperty("thoughtSignature", "skip_thought_signature_validator");
		expect(parts?.[1]).not.toHaveProperty("thoughtSignature");
		expect(JSON.stringify(contents(history({}), older))).not.toContain("thoughtSignature");
	});

	it("returns a text's signature on the text, and no other vendor's", () => {
		const details = [
			{ type: "reasoning.text", format: "anthropic-claude-v1", text: "t", signature: "no" },
			{ type: "reasoning.encrypted", format: "google-gemini-v1", data: "yes" },
		];
		expect(
			contents([
				{ role: "user", content: "q" },
				{ role: "assistant", content: "a", reasoning_details: details },
			]),
		).toEqual([
			{ role: "user", parts: [{ text: "q" }] },
			{ role: "model", parts: [{ text: "a", thoughtSignature: "yes" }] },
		]);
	});

	it("sends made-up ids to Gemini neither on the call nor on its result", () => {
		const answer = {
			candidates: [{ content: { parts: [{ functionCall: { name: "f", args: {} } }] }, finishReason: "STOP" }],
			responseId: "resp/1",
		};
		const [call] = gemini.chat.decode(answer, chat(), flash).choices[0]?.message.tool_calls ?? [];
		if (call === undefined) throw new Error("no call");
		const sent = contents([
			{ role: "user", content: "q" },
			{ role: "assistant", content: null, tool_calls: [call] },
			{ role: "tool", tool_call_id: call.id, content: "r" },
		]);
		expect(JSON.stringify(sent)).not.toContain('"id"');
		expect(JSON.stringify(sent)).toContain('"functionResponse":{"name":"f"');
	});

	it("refuses a call without result and a result without call", () => {
		expect(refusalOf(() => contents(history({}).filter((m) => m.role !== "tool" || m.tool_call_id !== "a")))).toBe(
			"invalid_request messages[1].tool_calls[0]",
		);
		expect(refusalOf(() => contents([...history({}), { role: "tool", tool_call_id: "a", content: "" }]))).toBe(
			"invalid_request messages[5].tool_call_id",
		);
	});
});

describe("any conversation", () => {
	it("becomes contents that begin with the user, alternate around the results and answer every call in place", () => {
		fc.assert(
			fc.property(conversations, (messages) => {
				const sent = contents(messages) as { role: string; parts: JsonObject[] }[];
				expect(sent[0]?.role).toBe("user");
				for (const [at, { role, parts }] of sent.entries()) {
					expect(parts.length).toBeGreaterThan(0);
					for (const part of parts) expect(part.text).not.toBe("");
					const results = parts.filter((part) => part.functionResponse !== undefined);
					if (results.length > 0) expect(results.length).toBe(parts.length);
					const calls = parts.filter((part) => part.functionCall !== undefined);
					const next = sent[at + 1];
					if (calls.length > 0) {
						const names = (key: string, list: JsonObject[]) => list.map((part) => (part[key] as JsonObject).name);
						expect(names("functionResponse", next?.parts ?? [])).toEqual(names("functionCall", calls));
						expect(calls[0]).toHaveProperty("thoughtSignature");
					}
					if (next?.role === role) expect(results.length).toBeGreaterThan(0);
				}
			}),
		);
	});
});
