import { describe, expect, it } from "vitest";
import { answer, type Draft } from "../../../simulator/mind";
import { findModel } from "../../../simulator/models";
import { route } from "../../../simulator/routes";
import { answerUsage } from "../../../simulator/usage";
import { type Answer, type Play, Refusal, type Seat } from "../../../simulator/wire/wire";
import { workersAi as localAi } from "../../../simulator/wire/workers-ai";
import { BUILT_IN_MODELS } from "../../../src/catalog/catalog";
import type { Model } from "../../../src/catalog/model";
import type { ChatRequest, Chunk, Completion, FunctionCall, Message } from "../../../src/core/chat";
import { GatewayError } from "../../../src/core/errors";
import type { Json, JsonObject } from "../../../src/core/json";
import { SseParser } from "../../../src/core/sse";
import type { ChatAdapter, UpstreamCall } from "../../../src/providers/adapter";
import { anthropic } from "../../../src/providers/anthropic";
import { deepseek } from "../../../src/providers/deepseek";
import { gemini } from "../../../src/providers/gemini";
import { openai } from "../../../src/providers/openai";
import { openaiCompatible } from "../../../src/providers/openai-compatible";
import { openrouter } from "../../../src/providers/openrouter";
import { siliconflow } from "../../../src/providers/siliconflow";
import { workersAi } from "../../../src/providers/workers-ai";
import { collect } from "../providers/collect";

// The simulator was written from the vendors' documents, the adapters likewise and apart from it: where the two do not
// understand each other, one of them is wrong.
const ADAPTERS: Readonly<Record<string, ChatAdapter>> = {
	openai,
	deepseek,
	gemini,
	openrouter,
	siliconflow,
	anthropic,
	"workers-ai": workersAi,
	acme: openaiCompatible,
};
const ADDED = findModel("acme", "any-model");
const MODELS = [...BUILT_IN_MODELS, ...(ADDED === null ? [] : [ADDED])];

const WEATHER: JsonObject = {
	type: "object",
	properties: { city: { type: "string" }, days: { type: "integer" } },
	required: ["city", "days"],
	additionalProperties: false,
};

function chat(messages: Message[], more: Partial<ChatRequest> = {}): ChatRequest {
	return { messages, stream: false, extensions: {}, providerExtensions: {}, ...more };
}

const SCENARIOS: Readonly<Record<string, ChatRequest>> = {
	"a greeting": chat([
		{ role: "developer", content: "Be brief." },
		{ role: "user", content: "Hello AI! 你好" },
	]),
	"a forced tool": chat([{ role: "user", content: "Weather in Oslo for 3 days?" }], {
		tools: [{ type: "function", function: { name: "get_weather", description: "Weather", parameters: WEATHER } }],
		tool_choice: "required",
	}),
	"a named tool": chat([{ role: "user", content: "Weather in Oslo for 3 days?" }], {
		tools: [
			{ type: "function", function: { name: "get_time" } },
			{ type: "function", function: { name: "get_weather", parameters: WEATHER } },
		],
		tool_choice: { type: "function", function: { name: "get_weather" } },
	}),
	"two tools at once": chat([{ role: "user", content: "Call both tools, for Oslo." }], {
		tools: [
			{ type: "function", function: { name: "get_time", parameters: { type: "object", properties: {} } } },
			{ type: "function", function: { name: "get_weather", parameters: WEATHER } },
		],
	}),
	"a JSON schema": chat([{ role: "user", content: "Name a city as JSON." }], {
		response_format: { type: "json_schema", json_schema: { name: "city", schema: WEATHER, strict: true } },
	}),
	"a limit": chat([{ role: "user", content: "Write 200 words." }], { max_completion_tokens: 40 }),
	"hard thinking": chat([{ role: "user", content: "Think hard." }], { reasoning_effort: "high" }),
	"no thinking": chat([{ role: "user", content: "Do not think." }], { reasoning_effort: "none" }),
	"two answers": chat([{ role: "user", content: "Twice, please." }], { n: 2 }),
	sampling: chat([{ role: "user", content: "Be wild." }], { temperature: 0.3, top_p: 0.9, seed: 7, stop: ["wild"] }),
	"a cached prompt": chat([{ role: "user", content: "[[cached:9]] [[cache_write:5]] As before, please." }]),
	"a long prompt under a cache key": chat([{ role: "user", content: "As before, please. ".repeat(400) }], {
		prompt_cache_key: "mine",
	}),
	"a picture": chat([
		{
			role: "user",
			content: [
				{ type: "text", text: "What is this?" },
				{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
			],
		},
	]),
};

interface Outcome {
	play: Play;
	given: Answer;
	drafts: Draft[];
	completion: Completion;
}

function seatOf(model: Model, url: string): Seat & { wire: { read(body: JsonObject, seat: Seat): Play } } {
	const seat = { model, modelId: model.id, id: "0123456789abcdef0123456789abcdef", now: 1_790_000_000_000 };
	// The binding has no addresses: the model is named beside the body.
	if (model.provider === "workers-ai") return { ...seat, provider: model.provider, streamPath: "none", wire: localAi };
	const target = route({ method: "POST", url });
	if (target instanceof Refusal || "list" in target) throw new Error(`the simulator has nothing at ${url}`);
	return { ...seat, ...target, modelId: target.modelId ?? model.id };
}

/** Encodes, lets the simulator answer, decodes. Null when the adapter honestly refuses. */
function exchange(model: Model, request: ChatRequest): Outcome | null {
	const adapter = ADAPTERS[model.provider] as ChatAdapter;
	let call: UpstreamCall;
	try {
		call = adapter.encode(request, model);
	} catch (thrown) {
		if (thrown instanceof GatewayError && thrown.details.code === "unsupported_parameter") return null;
		throw thrown;
	}
	const seat = seatOf(model, `https://simulator/${model.provider}/${adapter.version}${call.path}`);
	const body = JSON.parse(JSON.stringify(call.body)) as JsonObject;
	let play: Play;
	try {
		play = seat.wire.read(body, seat);
	} catch (thrown) {
		if (thrown instanceof Refusal) throw new Error(`${JSON.stringify(thrown.body)} for ${JSON.stringify(body)}`);
		throw thrown;
	}
	const drafts = answer(play.question);
	const given = { drafts, usage: answerUsage(play.input, drafts), cost: 0 };
	const completion = play.stream
		? streamed(adapter, request, model, play, given)
		: adapter.decode(play.whole(given), request, model);
	return { play, given, drafts, completion };
}

function streamed(adapter: ChatAdapter, request: ChatRequest, model: Model, play: Play, given: Answer): Completion {
	const frames = play.frames(given);
	expect(frames.reduce((sum, frame) => sum + frame.tokens, 0)).toBe(given.usage.output);
	const parser = new SseParser();
	const decoder = adapter.decoder(request, model);
	const chunks: Chunk[] = [];
	for (const { text } of frames) {
		for (const event of parser.push(new TextEncoder().encode(text))) chunks.push(...decoder.push(event));
	}
	for (const event of parser.end()) chunks.push(...decoder.push(event));
	chunks.push(...decoder.end());
	const choices = given.drafts.map((_, index) => {
		const { text, reasoning, toolCalls, reasoningDetails, finish } = collect(chunks, index);
		if (finish === null) throw new Error("no finish reason");
		return {
			index,
			finish_reason: finish,
			message: {
				role: "assistant" as const,
				content: text === "" ? null : text,
				refusal: null,
				...(reasoning === "" ? {} : { reasoning_content: reasoning }),
				...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
				...(reasoningDetails.length === 0 ? {} : { reasoning_details: reasoningDetails }),
			},
		};
	});
	return { choices, usage: chunks.findLast((chunk) => chunk.usage !== undefined)?.usage ?? null };
}

function parsed(text: string): Json {
	return JSON.parse(text) as Json;
}

function agrees({ given, drafts, completion }: Outcome): void {
	expect(completion.choices).toHaveLength(drafts.length);
	for (const [index, draft] of drafts.entries()) {
		const choice = completion.choices[index];
		expect(choice?.message.content ?? "").toBe(draft.text);
		const calls = (choice?.message.tool_calls ?? []) as FunctionCall[];
		expect(calls.map((call) => [call.function.name, parsed(call.function.arguments)])).toEqual(
			draft.calls.map((call) => [call.name, parsed(call.input)]),
		);
		expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
		expect(choice?.finish_reason).toBe(draft.finish === "calls" ? "tool_calls" : draft.finish);
	}
	// Only Gemini says how much of the prompt was pictures; they cost like the rest.
	expect(completion.usage).toEqual({ ...given.usage, imageInput: completion.usage?.imageInput });
}

describe.each(MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))("%s", (_, model) => {
	for (const [name, request] of Object.entries(SCENARIOS)) {
		if (name === "a picture" && !model.input.includes("image")) continue;
		it.each([false, true])(`means the same as its adapter: ${name}, stream %s`, (stream) => {
			const outcome = exchange(model, { ...request, stream });
			if (outcome !== null) agrees(outcome);
		});
	}

	it.each([false, true])("takes its own tool call and thoughts back with the result, stream %s", (stream) => {
		const ask: ChatRequest = { ...(SCENARIOS["two tools at once"] as ChatRequest), stream };
		const first = exchange(model, ask);
		if (first === null) return;
		const message = first.completion.choices[0]?.message;
		const calls = (message?.tool_calls ?? []) as FunctionCall[];
		expect(calls).toHaveLength(2);
		const history: Message[] = [
			...ask.messages,
			{
				role: "assistant",
				content: message?.content ?? null,
				tool_calls: calls,
				...(message?.reasoning_content === undefined ? {} : { reasoning_content: message.reasoning_content }),
				...(message?.reasoning_details === undefined ? {} : { reasoning_details: message.reasoning_details }),
			},
			...calls.map(
				(call): Message => ({ role: "tool", tool_call_id: call.id, content: `${call.function.name} says 42` }),
			),
		];
		const second = exchange(model, { ...ask, messages: history });
		if (second === null) throw new Error("the second turn was refused");
		agrees(second);
		expect(second.completion.choices[0]?.message.content).toContain("get_weather says 42");
	});

	it("takes back a tool call whose thoughts and signatures the client dropped", () => {
		const ask = SCENARIOS["two tools at once"] as ChatRequest;
		const history: Message[] = [
			...ask.messages,
			{
				role: "assistant",
				content: null,
				tool_calls: [
					{ id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo","days":1}' } },
				],
			},
			{ role: "tool", tool_call_id: "call_1", content: "sunny" },
		];
		const outcome = exchange(model, { ...ask, messages: history });
		if (outcome === null) return;
		agrees(outcome);
		expect(outcome.completion.choices[0]?.message.content).toContain("sunny");
	});
});
