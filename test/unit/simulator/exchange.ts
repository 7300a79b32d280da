// What tests of the simulator share: every adapter, every model, and one exchange between them.
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { isForChat } from "#catalog/purpose";
import type { ChatRequest, Message } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import type { VendorTool } from "#core/key/policy";
import type { JsonObject } from "#lib/json";
import type { ChatAdapter, UpstreamCall } from "#providers/adapter";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import { withinVendorTools } from "#providers/shared/vendor-tools";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";
import { findModel } from "#simulator/model/models";
import { route } from "#simulator/routes";
import { type Play, Refusal, type Seat } from "#simulator/wire/wire";
import { workersAi as localAi } from "#simulator/wire/workers-ai/index";

export const ADAPTERS: Readonly<Record<string, ChatAdapter>> = {
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
/** Models of the price list that OpenAI serves over the Responses API alone. */
const RESPONSES_ONLY = ["o1-pro", "gpt-5-pro", "gpt-5-codex"];
const LISTED = RESPONSES_ONLY.flatMap((id) => findModel("openai", id) ?? []);
/** Every model of the simulator's catalog that chats, some of its price list, and one of a provider that was added. */
export const MODELS = [...BUILT_IN_MODELS.filter(isForChat), ...LISTED, ...(ADDED === null ? [] : [ADDED])];

const WEATHER: JsonObject = {
	type: "object",
	properties: { city: { type: "string" }, days: { type: "integer" } },
	required: ["city", "days"],
	additionalProperties: false,
};

export function chat(messages: Message[], more: Partial<ChatRequest> = {}): ChatRequest {
	return { messages, stream: false, extensions: {}, providerExtensions: {}, ...more };
}

/** Requests of every kind. */
export const SCENARIOS: Readonly<Record<string, ChatRequest>> = {
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
	"a turn that another model wrote": chat(
		[
			{ role: "user", content: "Hello." },
			{ role: "assistant", content: "Hello to you." },
			{ role: "user", content: "And now?" },
		],
		{ tools: [{ type: "function", function: { name: "get_time", parameters: { type: "object", properties: {} } } }] },
	),
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
	"a picture in a tool result": chat(
		[
			{ role: "user", content: "Show me Oslo." },
			{
				role: "assistant",
				content: null,
				tool_calls: [{ id: "call_1", type: "function", function: { name: "get_picture", arguments: "{}" } }],
			},
			{
				role: "tool",
				tool_call_id: "call_1",
				content: [
					{ type: "text", text: "Oslo from above" },
					{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
				],
			},
		],
		{
			tools: [{ type: "function", function: { name: "get_picture", parameters: { type: "object", properties: {} } } }],
		},
	),
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

/** The scenarios that a vendor has no counterpart for, and whose models refuse them. All others have to take them. */
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
	"a forced tool": [
		"anthropic/claude-fable-5-1",
		"anthropic/claude-opus-5-5",
		"workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast",
	],
	"a named tool": [
		"anthropic/claude-fable-5-1",
		"anthropic/claude-opus-5-5",
		"workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast",
	],
	"two tools at once": ["workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast"],
	"a turn that another model wrote": ["workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast"],
	"no thinking": [
		"openai/gpt-6-astra",
		"openai/gpt-6.1-sol",
		"openai/o1-pro",
		"openai/gpt-5-pro",
		"openai/gpt-5-codex",
		"siliconflow/moonshotai/Kimi-K2.6",
		"siliconflow/openai/gpt-oss-120b",
		"workers-ai/@cf/openai/gpt-oss-120b",
		"workers-ai/@cf/openai/gpt-oss-20b",
	],
	"two answers": [
		"openai/o1-pro",
		"openai/gpt-5-pro",
		"openai/gpt-5-codex",
		"anthropic/claude-fable-5-1",
		"anthropic/claude-opus-5-5",
		"anthropic/claude-sonnet-5-5",
		"anthropic/claude-haiku-5-5",
		"anthropic/claude-opus-5",
		"anthropic/claude-sonnet-5",
		"anthropic/claude-haiku-4-5",
		"deepseek/deepseek-flash",
		"deepseek/deepseek-v4-pro",
		"workers-ai/@cf/meta/llama-4-scout-17b-16e-instruct",
		"workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast",
		"workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast",
		"workers-ai/@cf/mistralai/mistral-small-3.1-24b-instruct",
	],
	sampling: [
		"openai/o1-pro",
		"openai/gpt-5-pro",
		"openai/gpt-5-codex",
		"workers-ai/@cf/meta/llama-4-scout-17b-16e-instruct",
		"workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast",
		"workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast",
		"workers-ai/@cf/mistralai/mistral-small-3.1-24b-instruct",
	],
	"a picture in a tool result": [
		"deepseek/deepseek-v4-pro",
		"workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast",
		"workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast",
		"workers-ai/@cf/mistralai/mistral-small-3.1-24b-instruct",
	],
	"a picture": [
		"deepseek/deepseek-v4-pro",
		"workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast",
		"workers-ai/@cf/meta/llama-3.1-8b-instruct-fp8-fast",
		"workers-ai/@cf/mistralai/mistral-small-3.1-24b-instruct",
	],
};

/** Whether `model`, through its adapter or at its vendor, refuses the scenario called `name`. */
export function isRefused(model: Model, name: string): boolean {
	if (SCENARIOS[name]?.tools !== undefined && !model.tools) return true;
	if (name === "two answers" && model.provider === "gemini" && model.output.includes("image")) return true;
	return REFUSALS[name]?.includes(`${model.provider}/${model.id}`) ?? false;
}

/** The scenarios that `model` takes, by name. */
export function takenBy(model: Model): [name: string, request: ChatRequest][] {
	return Object.entries(SCENARIOS).filter(([name]) => !isRefused(model, name));
}

/** A request as it went out and as the simulator understood it. */
export interface Sent {
	readonly adapter: ChatAdapter;
	readonly call: UpstreamCall;
	readonly play: Play;
}

export function seatOf(model: Model, url: string): Seat & { wire: { read(body: JsonObject, seat: Seat): Play } } {
	const seat = { model, modelId: model.id, id: "0123456789abcdef0123456789abcdef", now: 1_790_000_000_000 };
	// The binding has no addresses: the model is named beside the body.
	if (model.provider === "workers-ai") return { ...seat, provider: model.provider, streamPath: "none", wire: localAi };
	const target = route({ method: "POST", url });
	if (target instanceof Refusal || "list" in target) throw new Error(`the simulator has nothing at ${url}`);
	return { ...seat, ...target, modelId: target.modelId ?? model.id };
}

/**
 * Encodes a request, with the tools that the vendor may run, and lets the simulator read it. Null when the adapter
 * honestly refuses; throws the simulator's `Refusal`.
 */
export function send(model: Model, request: ChatRequest, vendorTools: readonly VendorTool[] = []): Sent | null {
	const adapter = ADAPTERS[model.provider] as ChatAdapter;
	let call: UpstreamCall;
	try {
		call = withinVendorTools(adapter.chat.encode(request, model), model, vendorTools);
	} catch (thrown) {
		if (thrown instanceof GatewayError && thrown.details.code === "unsupported_parameter") return null;
		throw thrown;
	}
	const seat = seatOf(model, `https://simulator/${model.provider}/${adapter.version}${call.path}`);
	const body = JSON.parse(JSON.stringify(call.body)) as JsonObject;
	return { adapter, call, play: seat.wire.read(body, seat) };
}
