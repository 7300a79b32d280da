import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "#lib/json";
import { answer } from "#simulator/model/model-behaviour";
import { findModel } from "#simulator/model/models";
import { sign } from "#simulator/model/signature";
import { answerUsage } from "#simulator/model/usage";
import { route } from "#simulator/routes";
import { type Answer, type Play, Refusal, type Seat, type Wire } from "#simulator/wire/wire";
import { workersAi } from "#simulator/wire/workers-ai/index";

const USER = { role: "user", content: "Hello" };
const TOOL = {
	type: "function",
	function: { name: "f", parameters: { type: "object", properties: { a: { type: "string" } } } },
};
const CALL = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };

/** A request to a provider's model; Gemini's and Workers AI's models stand beside the body, the others' within. */
function read(provider: string, modelId: string, body: JsonObject, path = "/v1/chat/completions"): Play {
	const model = findModel(provider, modelId);
	if (model === null) throw new Error(`no model ${modelId}`);
	let wire: Wire = workersAi;
	let streamPath: Seat["streamPath"] = "none";
	if (provider !== "workers-ai") {
		const target = route({ method: "POST", url: `https://simulator/${provider}${path}` });
		if (target instanceof Refusal || "list" in target) throw new Error(`nothing at ${path}`);
		({ wire, streamPath } = target);
	}
	const seat: Seat = { provider, modelId, model, id: "0".repeat(32), now: 1_790_000_000_000, streamPath };
	return wire.read(body, seat);
}

/** The error text of the refusal, "" when the request is taken. */
function problem(attempt: () => unknown): string {
	try {
		attempt();
		return "";
	} catch (thrown) {
		if (!(thrown instanceof Refusal)) throw thrown;
		return `${thrown.status} ${JSON.stringify(thrown.body)}`;
	}
}

const openai = (model: string, more: JsonObject, messages: Json[] = [USER]) =>
	problem(() => read("openai", model, { model, messages, ...more }));

describe("OpenAI", () => {
	it("takes a name on messages of every role, tools' too", () => {
		const messages: Json[] = [
			{ ...USER, name: "ann" },
			{ role: "assistant", content: null, tool_calls: [CALL] },
			{ role: "tool", tool_call_id: "call_1", name: "f", content: "42" },
		];
		expect(openai("gpt-4.1", { tools: [TOOL] }, messages)).toBe("");
		expect(openai("gpt-4.1", {}, [{ ...USER, nickname: "ann" }])).toContain(
			"Unknown parameter: 'messages[0].nickname'",
		);
	});

	it.each<[string, string, JsonObject, string]>([
		["an unknown key", "gpt-4.1", { top_k: 3 }, "Unrecognized request argument supplied: top_k"],
		["max_tokens on a model that thinks", "gpt-6-luna", { max_tokens: 9 }, "Use 'max_completion_tokens' instead."],
		["sampling on a model that thinks", "gpt-6-luna", { temperature: 0.5 }, "'temperature' does not support 0.5"],
		["an effort that the model lacks", "gpt-6-astra", { reasoning_effort: "none" }, "does not support 'none'"],
		["an effort on a model that cannot think", "gpt-4.1", { reasoning_effort: "low" }, "not supported with this model"],
		[
			"tools where they need the other API",
			"gpt-6-astra",
			{ tools: [TOOL], reasoning_effort: "low" },
			"use /v1/responses",
		],
		[
			"tools with the default effort",
			"gpt-5.6-terra",
			{ tools: [TOOL] },
			"not supported for gpt-5.6-terra in /v1/chat/completions",
		],
		["tools with an effort set", "gpt-5.5", { tools: [TOOL], reasoning_effort: "high" }, "use /v1/responses"],
		[
			"stream_options without a stream",
			"gpt-4.1",
			{ stream_options: { include_usage: true } },
			"only allowed when 'stream'",
		],
		["a limit beyond the model's", "gpt-4.1", { max_tokens: 10_000_000 }, "max_tokens is too large"],
		["five stop strings", "gpt-4.1", { stop: ["a", "b", "c", "d", "e"] }, "'stop'"],
		["a tool choice without tools", "gpt-4.1", { tool_choice: "auto" }, "only allowed when 'tools'"],
		[
			"JSON mode without the word",
			"gpt-4.1",
			{ response_format: { type: "json_object" } },
			"must contain the word 'json'",
		],
		[
			"a strict schema that allows more",
			"gpt-4.1",
			{
				response_format: {
					type: "json_schema",
					json_schema: { name: "x", strict: true, schema: { type: "object", properties: {} } },
				},
			},
			"'additionalProperties' is required",
		],
	])("refuses %s", (_, model, more, words) => {
		expect(openai(model, more)).toContain(words);
	});

	it.each<[string, string, JsonObject]>([
		["null for absent", "gpt-4.1", { temperature: null, tools: null, stop: null }],
		["default sampling spelled out", "gpt-6-luna", { temperature: 1, top_p: 1 }],
		["sampling without thinking", "gpt-6-luna", { temperature: 0.5, reasoning_effort: "none" }],
		["tools without thinking", "gpt-5.6-terra", { tools: [TOOL], reasoning_effort: "none" }],
		["tools with the default effort of older models", "gpt-5.5", { tools: [TOOL] }],
	])("takes %s", (_, model, more) => {
		expect(openai(model, more)).toBe("");
	});

	it("wants every tool call answered, no result without a call, and nothing that it does not know in a message", () => {
		const assistant = { role: "assistant", content: null, tool_calls: [CALL] };
		const result = { role: "tool", tool_call_id: "call_1", content: "x" };
		expect(openai("gpt-4.1", {}, [USER, assistant, USER])).toContain("did not have response messages: call_1");
		expect(openai("gpt-4.1", {}, [USER, assistant])).toContain("did not have response messages: call_1");
		expect(openai("gpt-4.1", {}, [USER, result])).toContain("must be a response to a preceeding message");
		expect(openai("gpt-4.1", {}, [USER, assistant, result])).toBe("");
		expect(openai("gpt-4.1", {}, [USER, { ...assistant, reasoning_content: "hm" }, result])).toContain(
			"Unknown parameter: 'messages[1].reasoning_content'.",
		);
		expect(openai("gpt-4.1", {}, [])).toContain("400");
	});

	it("checks reasoning items and pairs on the Responses API", () => {
		const responses = (input: Json, more: JsonObject = {}) =>
			problem(() => read("openai", "gpt-6.1-sol", { model: "gpt-6.1-sol", input, ...more }, "/v1/responses"));
		const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
		const output = { type: "function_call_output", call_id: "c", output: "x" };
		const thought = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: sign("openai done", "reasoning") };
		const user = { role: "user", content: "Hi" };
		expect(responses([user, thought, call, output])).toBe("");
		expect(responses([user, call])).toContain("No tool output found for function call c.");
		expect(responses([user, output])).toContain("No tool call found");
		expect(responses([user, thought])).toContain("without its required following item");
		expect(responses([user, { ...thought, encrypted_content: "x" }, call, output])).toContain("could not be verified");
		expect(responses([user, { ...thought, encrypted_content: null }, call, output])).toContain("404");
		expect(responses("Hi", { max_output_tokens: 5 })).toContain("Expected a value >= 16");
		expect(responses("Hi", { previous_response_id: "resp_1" })).toContain("not found");
		expect(responses("Hi", { tools: [TOOL] })).toContain("Missing required parameter: 'tools[0].name'.");
		expect(responses("Hi", { stop: ["x"] })).toContain("Unknown parameter: 'stop'.");
	});
});

describe("DeepSeek", () => {
	const deepseek = (more: JsonObject, messages: Json[] = [USER], model = "deepseek-flash") =>
		problem(() => read("deepseek", model, { model, messages, ...more }));
	const assistant = { role: "assistant", content: "", tool_calls: [CALL] };
	const result = { role: "tool", tool_call_id: "call_1", content: "x" };

	it("wants the thoughts of every turn back, once tools are in play and it thinks", () => {
		const history = (message: Json) => [USER, message, result];
		const words = "`reasoning_content` in the thinking mode must be passed back";
		expect(deepseek({ tools: [TOOL] }, history(assistant))).toContain(words);
		expect(deepseek({ tools: [TOOL] }, history({ ...assistant, reasoning_content: "" }))).toBe("");
		expect(deepseek({ tools: [TOOL], thinking: { type: "disabled" } }, history(assistant))).toBe("");
		expect(deepseek({}, history(assistant))).toBe("");
		expect(deepseek({ tools: [TOOL] }, [USER, { role: "assistant", content: "Hi" }, USER])).toContain(words);
	});

	it.each([
		["siliconflow", "deepseek-ai/DeepSeek-V4-Pro", { enable_thinking: false }],
		["openrouter", "deepseek/deepseek-v4-pro", { reasoning_effort: "none" }],
		["workers-ai", "@cf/deepseek-ai/deepseek-v4-pro-0813", { chat_template_kwargs: { enable_thinking: false } }],
	])("wants the same from %s", (host, model, off) => {
		const words = "`reasoning_content` in the thinking mode must be passed back";
		const at = (more: JsonObject, turn: JsonObject) => {
			const messages = [USER, { role: "assistant", content: "Hi", ...turn }, USER];
			return problem(() => read(host, model, { model, messages, tools: [TOOL], ...more }));
		};
		expect(at({}, {})).toContain(words);
		expect(at({}, { reasoning_content: "" })).toBe("");
		expect(at(off, {})).toBe("");
		expect(
			problem(() => read(host, model, { model, messages: [USER, { role: "assistant", content: "Hi" }, USER] })),
		).toBe("");
	});

	it("ignores unknown keys, and with them the newer spelling of the limit", () => {
		const limited = read("deepseek", "deepseek-flash", {
			model: "x",
			messages: [USER],
			colour: 1,
			max_completion_tokens: 5,
		});
		expect(limited.question.limit).toBeGreaterThan(5);
		expect(read("deepseek", "deepseek-flash", { model: "x", messages: [USER], max_tokens: 5 }).question.limit).toBe(5);
	});

	it.each<[string, string]>([
		["an effort that means no thinking", deepseek({ reasoning_effort: "none" })],
		["the developer role", deepseek({}, [{ role: "developer", content: "x" }, USER])],
		["a JSON schema", deepseek({ response_format: { type: "json_schema", json_schema: { name: "x" } } })],
		["several answers", deepseek({ n: 2 })],
		[
			"pictures on a model of text",
			deepseek(
				{},
				[{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x/" } }] }],
				"deepseek-v4-pro",
			),
		],
	])("refuses %s", (_, outcome) => {
		expect(outcome).toContain("400");
	});
});

describe("OpenRouter and SiliconFlow", () => {
	it("refuse what contradicts itself or the model", () => {
		const openrouter = {
			model: "openai/gpt-5.5",
			messages: [USER],
			reasoning: { effort: "low" },
			reasoning_effort: "high",
		};
		expect(problem(() => read("openrouter", "openai/gpt-5.5", openrouter))).toContain('"code":400');
		const toggle = (model: string) =>
			problem(() => read("siliconflow", model, { model, messages: [USER], enable_thinking: false }));
		expect(toggle("Qwen/Qwen3-VL-32B-Instruct")).toContain('"code":20015');
		expect(toggle("Qwen/Qwen3-8B")).toBe("");
	});
});

describe("Gemini", () => {
	const gemini = (body: JsonObject, model = "gemini-3.8-flash") =>
		problem(() => read("gemini", model, body, `/v1beta/models/${model}:generateContent`));
	const asked = { role: "user", parts: [{ text: "Hi" }] };
	const calling = (more: JsonObject = {}) => ({
		role: "model",
		parts: [{ functionCall: { name: "f", args: {} }, ...more }],
	});
	const answered = { role: "user", parts: [{ functionResponse: { name: "f", response: { output: "x" } } }] };
	const config = (generationConfig: JsonObject, model?: string) =>
		gemini({ contents: [asked], generationConfig }, model);

	it("wants the first call of a step back with its own signature, or the sentinel", () => {
		const history = (part: JsonObject, model?: string) => gemini({ contents: [asked, calling(part), answered] }, model);
		expect(history({})).toContain("missing a thought_signature");
		expect(history({ thoughtSignature: "skip_thought_signature_validator" })).toBe("");
		expect(history({ thoughtSignature: sign("gemini-3.8-flash", "call f") })).toBe("");
		expect(history({ thoughtSignature: sign("gemini-4-argon", "call f") })).toContain("Corrupted thought signature");
		expect(history({}, "gemini-2.5-pro")).toBe("");
	});

	it.each<[string, string, string]>([
		["an unknown key", gemini({ contents: [asked], user: "x" }), 'Unknown name \\"user\\": Cannot find field.'],
		["an unknown nested key", config({ topp: 1 }), "Unknown name \\\"topp\\\" at 'generation_config'"],
		["nothing to answer", gemini({ contents: [] }), "contents is not specified"],
		["empty parts", gemini({ contents: [{ role: "user", parts: [] }] }), "must not be empty"],
		["an empty text", gemini({ contents: [{ role: "user", parts: [{ text: "" }] }] }), "required oneof field 'data'"],
		["another vendor's role", gemini({ contents: [{ role: "assistant", parts: [{ text: "x" }] }] }), "valid role"],
		[
			"a call without its result",
			gemini({ contents: [asked, calling({ thoughtSignature: "skip_thought_signature_validator" }), asked] }),
			"number of function response parts",
		],
		["a budget where there are levels", config({ thinkingConfig: { thinkingBudget: 0 } }), "not supported"],
		[
			"a level where there are budgets",
			config({ thinkingConfig: { thinkingLevel: "LOW" } }, "gemini-2.5-pro"),
			"not supported",
		],
		[
			"a level that the model lacks",
			config({ thinkingConfig: { thinkingLevel: "minimal" } }),
			"MINIMAL is not supported",
		],
		[
			"turning off what cannot be",
			config({ thinkingConfig: { thinkingBudget: 0 } }, "gemini-2.5-pro"),
			"only works in thinking mode",
		],
		["a schema without the type", config({ responseJsonSchema: {} }), "mime type: application/json"],
		[
			"JSON Schema's words in its own dialect",
			gemini({
				contents: [asked],
				tools: [{ functionDeclarations: [{ name: "f", parameters: { type: "object", additionalProperties: false } }] }],
			}),
			'Unknown name \\"additionalProperties\\"',
		],
	])("refuses %s", (_, outcome, words) => {
		expect(outcome).toContain(words);
	});
});

describe("Gemini's own pictures", () => {
	it.each([
		["gemini-3.8-flash", "Image part is missing a thought_signature in content position 2, part position 1"],
		["gemini-2.5-pro", ""],
	])("come back to %s with their signatures", (model, words) => {
		const contents = [
			{ role: "user", parts: [{ text: "Draw." }] },
			{ role: "model", parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }] },
			{ role: "user", parts: [{ text: "Again." }] },
		];
		const outcome = problem(() => read("gemini", model, { contents }, `/v1beta/models/${model}:generateContent`));
		if (words === "") expect(outcome).toBe("");
		else expect(outcome).toContain(words);
	});
});

describe("Gemini's media", () => {
	it.each([
		["image/png", true],
		["image/heic", true],
		["audio/mp3", true],
		["text/markdown", true],
		["application/pdf", true],
		["image/jpg", false],
		["image/gif", false],
		["application/zip", false],
	])("of the type %s: taken is %s", (mimeType, isTaken) => {
		const parts: Json[] = [
			{ inlineData: { mimeType, data: "AAAA" } },
			{ fileData: { mimeType, fileUri: "https://example.org/a" } },
		];
		for (const part of parts) {
			const outcome = problem(() =>
				read(
					"gemini",
					"gemini-3.8-flash",
					{ contents: [{ role: "user", parts: [part] }] },
					"/v1beta/models/gemini-3.8-flash:generateContent",
				),
			);
			if (isTaken) expect(outcome).toBe("");
			else expect(outcome).toMatch(new RegExp(`^400 .*Unsupported MIME type: ${mimeType}`));
		}
	});
});

describe("Anthropic", () => {
	const anthropic = (model: string, more: JsonObject, messages: Json[] = [USER]) =>
		problem(() => read("anthropic", model, { model, max_tokens: 4096, messages, ...more }, "/v1/messages"));
	const tools = [{ name: "f", input_schema: { type: "object" } }];
	const use = { type: "tool_use", id: "toolu_1", name: "f", input: {} };
	const result = { type: "tool_result", tool_use_id: "toolu_1", content: "x" };
	const history = (calling: Json[], answering: Json[]) => [
		USER,
		{ role: "assistant", content: calling },
		{ role: "user", content: answering },
	];

	it.each<[string, string, JsonObject, string]>([
		["an unknown key", "claude-sonnet-5", { seed: 1 }, "seed: Extra inputs are not permitted"],
		["forcing a tool", "claude-opus-5-5", { tools, tool_choice: { type: "any" } }, "tool_choice"],
		["turning thinking off", "claude-opus-5-5", { thinking: { type: "disabled" } }, "thinking.type.disabled"],
		["sampling", "claude-sonnet-5", { temperature: 0.2 }, "`temperature`"],
		[
			"a thinking budget",
			"claude-sonnet-5",
			{ thinking: { type: "enabled", budget_tokens: 2000 } },
			"thinking.type.enabled",
		],
		[
			"a budget above the limit",
			"claude-haiku-4-5",
			{ thinking: { type: "enabled", budget_tokens: 5000 } },
			"must be greater than",
		],
		[
			"a schema of another type",
			"claude-sonnet-5",
			{ tools: [{ name: "f", input_schema: { type: "array" } }] },
			"should be 'object'",
		],
		["a choice without tools", "claude-sonnet-5", { tool_choice: { type: "auto" } }, "while providing tools"],
	])("refuses %s", (_, model, more, words) => {
		expect(anthropic(model, more)).toContain(words);
	});

	it("refuses media that it does not read", () => {
		const source = (media_type: string) => ({ type: "base64", media_type, data: "AAAA" });
		const asking = (block: Json) => anthropic("claude-sonnet-5", {}, [{ role: "user", content: [block] }]);
		expect(asking({ type: "image", source: source("image/png") })).toBe("");
		expect(asking({ type: "document", source: source("application/pdf") })).toBe("");
		for (const type of ["image/jpg", "image/tiff", "application/pdf"]) {
			expect(asking({ type: "image", source: source(type) })).toMatch(
				/^400 .*media_type: Input should be .*image\/png/,
			);
		}
		expect(asking({ type: "document", source: source("application/zip") })).toMatch(
			/^400 .*media_type: Input should be/,
		);
	});

	it("refuses empty texts, prefill, and results that are missing, late or unasked", () => {
		expect(anthropic("claude-sonnet-5", {}, [{ role: "user", content: "" }])).toContain("must be non-empty");
		expect(anthropic("claude-sonnet-5", {}, [USER, { role: "assistant", content: "So" }])).toContain("prefill");
		expect(anthropic("claude-haiku-4-5", {}, [USER, { role: "assistant", content: "So " }])).toContain(
			"trailing whitespace",
		);
		expect(anthropic("claude-sonnet-5", {}, history([use], [{ type: "text", text: "x" }]))).toContain(
			"without `tool_result`",
		);
		expect(anthropic("claude-sonnet-5", {}, history([use], [{ type: "text", text: "x" }, result]))).toContain(
			"without `tool_result`",
		);
		expect(anthropic("claude-sonnet-5", {}, history([{ type: "text", text: "x" }], [result]))).toContain(
			"unexpected `tool_use_id`",
		);
		expect(anthropic("claude-sonnet-5", {}, history([use], [result, { type: "text", text: "x" }]))).toBe("");
		const split = [USER, { role: "assistant", content: [use] }, { role: "user", content: [result] }, USER];
		expect(anthropic("claude-sonnet-5", {}, split)).toBe("");
	});

	it("takes thoughts back unchanged only, and to some models only their own", () => {
		const thinking = (scope: string, text = "hm") => ({
			type: "thinking",
			thinking: text,
			signature: sign(scope, "hm"),
		});
		const with_ = (model: string, block: Json) => anthropic(model, { tools }, history([block, use], [result]));
		expect(with_("claude-sonnet-5", thinking("claude-sonnet-5"))).toBe("");
		expect(with_("claude-sonnet-5", thinking("claude-sonnet-5", "other"))).toContain(
			"Invalid `signature` in `thinking` block",
		);
		expect(with_("claude-sonnet-5", thinking("claude-opus-5-5"))).toBe("");
		expect(with_("claude-opus-5-5", thinking("claude-sonnet-5"))).toContain("Invalid `signature`");
	});

	it("counts what is cached: read up to the last answer, written after it, by duration", () => {
		const mark = (text: string, ttl: string) => ({ type: "text", text, cache_control: { type: "ephemeral", ttl } });
		const body = (messages: Json[]) => ({
			model: "claude-sonnet-5",
			max_tokens: 99,
			system: [mark("one two three", "1h")],
			messages,
		});
		const fresh = read(
			"anthropic",
			"claude-sonnet-5",
			body([{ role: "user", content: [mark("four", "5m"), { type: "text", text: "five" }] }]),
			"/v1/messages",
		);
		expect(fresh.input).toMatchObject({ total: 13, cacheRead: 0, cacheWriteHour: 7, cacheWrite: 5 });
		const later = read(
			"anthropic",
			"claude-sonnet-5",
			body([USER, { role: "assistant", content: "Hi" }, { role: "user", content: [mark("four", "5m")] }]),
			"/v1/messages",
		);
		expect(later.input).toMatchObject({ total: 22, cacheRead: 7, cacheWrite: 15, cacheWriteHour: 0 });
	});
});

describe("Workers AI", () => {
	const CLASSIC = "@cf/meta/llama-3.1-8b-instruct-fp8-fast";
	const run = (model: string, body: JsonObject) =>
		problem(() => read("workers-ai", model, { messages: [USER], ...body }));

	it.each<[string, string, string]>([
		["an unknown key of a classic model", run(CLASSIC, { n: 2 }), "unevaluated properties '/n'"],
		[
			"an unknown key of a newer model",
			run("@cf/moonshotai/kimi-k2.6", { colour: 2 }),
			"unevaluated properties '/colour'",
		],
		[
			"a named tool",
			run("@cf/moonshotai/kimi-k2.6", { tools: [TOOL], tool_choice: { type: "function", function: { name: "f" } } }),
			"5006",
		],
		[
			"null content",
			run("@cf/moonshotai/kimi-k2.6", { messages: [USER, { role: "assistant", content: null }] }),
			"'null' not in",
		],
		[
			"OpenAI's wrapper around a schema",
			run("@cf/meta/llama-3.3-70b-instruct-fp8-fast", {
				response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } },
			}),
			"JSON Mode couldn't be met",
		],
		[
			"JSON in a stream",
			run("@cf/meta/llama-3.3-70b-instruct-fp8-fast", { stream: true, response_format: { type: "json_object" } }),
			"5023",
		],
	])("refuses %s", (_, outcome, words) => {
		expect(outcome).toContain(words);
	});

	it("stops a classic model after 256 tokens unless told otherwise", () => {
		expect(read("workers-ai", CLASSIC, { messages: [USER] }).question.limit).toBe(256);
	});

	it("answers JSON mode with an object, calls without ids, and one model's stream at once", () => {
		const whole = (model: string, body: JsonObject) => {
			const play = read("workers-ai", model, { messages: [USER], ...body });
			const drafts = answer(play.question);
			const given: Answer = { drafts, usage: answerUsage(play.input, drafts), cost: 0 };
			return { play, body: play.whole(given) };
		};
		const model = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
		expect(whole(model, { response_format: { type: "json_object" } }).body.response).toEqual({ answer: "answer" });
		expect(whole(model, { tools: [TOOL], tool_choice: "required" }).body).toMatchObject({
			response: null,
			tool_calls: [{ name: "f", arguments: { a: "a" } }],
		});
		expect(whole("@cf/openai/gpt-oss-20b", { stream: true }).play.stream).toBe(false);
	});
});
