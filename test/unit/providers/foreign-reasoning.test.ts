import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import type { ChatRequest, Message, ReasoningDetail, VendorExtra } from "#core/chat/chat";
import type { ChatAdapter } from "#providers/adapter";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";

/** What a turn of each vendor leaves in the history, each with a secret that only that vendor can read. */
const TURNS: Record<string, { details: ReasoningDetail[]; extra?: VendorExtra }> = {
	anthropic: {
		details: [
			{ type: "reasoning.text", format: "anthropic-claude-v1", text: "hm", signature: "SIGNED-BY-anthropic" },
			{ type: "reasoning.encrypted", format: "anthropic-claude-v1", data: "SEALED-BY-anthropic" },
		],
	},
	gemini: {
		details: [{ type: "reasoning.encrypted", format: "google-gemini-v1", data: "SIGNED-BY-gemini" }],
		extra: { google: { thought_signature: "SIGNED-BY-gemini-too" } },
	},
	openai: {
		details: [
			{ type: "reasoning.summary", format: "openai-responses-v1", id: "rs_1", summary: "hm" },
			{ type: "reasoning.encrypted", format: "openai-responses-v1", id: "rs_1", data: "SEALED-BY-openai" },
		],
	},
};

/** Who is asked next, and whose reasoning it can read. */
const TARGETS: [name: string, adapter: ChatAdapter, provider: string, id: string, reads: string[]][] = [
	["Anthropic", anthropic, "anthropic", "claude-sonnet-5-5", ["anthropic"]],
	["Gemini", gemini, "gemini", "gemini-3.8-flash", ["gemini"]],
	["OpenAI's Responses", openai, "openai", "gpt-6-astra", ["openai"]],
	["OpenAI's Chat Completions", openai, "openai", "gpt-4.1", []],
	["DeepSeek", deepseek, "deepseek", "deepseek-v4-pro", []],
	["SiliconFlow", siliconflow, "siliconflow", "deepseek-ai/DeepSeek-V4-Pro", []],
	["Workers AI", workersAi, "workers-ai", "@cf/zai-org/glm-5.3", []],
	["an imitator of OpenAI", openaiCompatible, "deepseek", "deepseek-v4-pro", []],
	["Claude at OpenRouter", openrouter, "openrouter", "anthropic/claude-sonnet-5", ["anthropic"]],
	["Gemini at OpenRouter", openrouter, "openrouter", "google/gemini-3.5-flash", ["gemini"]],
	["GPT at OpenRouter", openrouter, "openrouter", "openai/gpt-5.5", ["openai"]],
	["DeepSeek at OpenRouter", openrouter, "openrouter", "deepseek/deepseek-v4-pro", []],
];

describe.each(TARGETS)("a conversation that goes on at %s", (_, adapter, provider, id, reads) => {
	it.each(Object.keys(TURNS))("after a turn of %s carries no reasoning that only others can read", (vendor) => {
		const body = JSON.stringify(adapter.chat.encode(requestAfter(vendor), modelOf(provider, id)).body);
		const secrets = [...body.matchAll(/(?:SIGNED|SEALED)-BY-[a-z-]+/g)].map(([secret]) => secret);
		if (reads.includes(vendor)) expect(secrets.length).toBeGreaterThan(0);
		else expect(secrets).toEqual([]);
		// What was said, called and answered stays.
		for (const kept of ["It is wet.", "get_weather", "rain all day"]) expect(body).toContain(kept);
	});
});

/** A conversation with a turn of a vendor in the middle of a tool loop, and one that is over. */
function requestAfter(vendor: string): ChatRequest {
	const turn = TURNS[vendor];
	if (turn === undefined) throw new Error(`no turn of ${vendor}`);
	const { details, extra } = turn;
	const messages: Message[] = [
		{ role: "user", content: "How is Oslo?" },
		{ role: "assistant", content: "It is wet.", reasoning_content: "hm", reasoning_details: details },
		{ role: "user", content: "And now?" },
		{
			role: "assistant",
			content: null,
			reasoning_content: "hm",
			reasoning_details: details,
			tool_calls: [
				{
					id: "call_1",
					type: "function",
					function: { name: "get_weather", arguments: "{}" },
					...(extra && { extra_content: extra }),
				},
			],
		},
		{ role: "tool", tool_call_id: "call_1", content: "rain all day" },
	];
	return {
		messages,
		stream: false,
		reasoning_effort: "high",
		max_completion_tokens: 8_000,
		tools: [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: {} } } }],
		extensions: {},
		providerExtensions: {},
	};
}

function modelOf(provider: string, id: string): Model {
	const model = BUILT_IN_MODELS.find((one) => one.provider === provider && one.id === id);
	if (model === undefined) throw new Error(`the catalog has no ${provider}/${id}`);
	return model;
}
