// The rules of `auto` until an admin writes others.
import type { AutoRules } from "#core/routing/auto-rules";

/** How `auto` chooses until an admin says otherwise. Few models, because more of them are not better chosen among. */
export const DEFAULT_RULES: AutoRules = {
	pool: [
		"openai/gpt-6-luna",
		"openai/gpt-6.1-terra",
		"openai/gpt-6.1-sol",
		"anthropic/claude-haiku-5-5",
		"anthropic/claude-sonnet-5-5",
		"anthropic/claude-opus-5-5",
		"gemini/gemini-3.1-flash-lite",
		"gemini/gemini-3.8-flash",
		"gemini/gemini-4-argon",
		"deepseek/deepseek-flash",
		"deepseek/deepseek-v4-pro",
		"openrouter/openai/gpt-oss-120b",
		"openrouter/deepseek/deepseek-v4-pro",
		"openrouter/qwen/qwen3.7-plus",
		"siliconflow/deepseek-ai/DeepSeek-V4-Flash",
		"siliconflow/Qwen/Qwen3-VL-32B-Instruct",
		"workers-ai/@cf/openai/gpt-oss-20b",
		"workers-ai/@cf/zai-org/glm-5.3-flash",
	],
	optimize: "balanced",
	weights: {
		cost: { quality: 1, cost: 6, latency: 1, success: 2 },
		latency: { quality: 1, cost: 1, latency: 6, success: 2 },
		quality: { quality: 6, cost: 1, latency: 1, success: 2 },
		balanced: { quality: 2, cost: 4, latency: 2, success: 2 },
	},
	rules: [
		rule("critical", { critical: true }, { tier: 3, by: "steadiest" }),
		rule("code", { asks: ["code"] }, { skill: "code", tier: 4 }),
		rule("reasoning", { asks: ["reasoning"] }, { skill: "reasoning", tier: 3 }),
		rule("seeing", { asks: ["images", "documents", "audio"] }, { skill: "vision", tier: 3 }),
		rule("tools", { asks: ["tools"] }, { skill: "tools", tier: 3 }),
		rule("schema", { asks: ["schema"] }, { tier: 2 }),
		rule("short text", { plain: true, input: { most: 2000 } }, { optimize: "cost" }),
	],
};

type Rule = AutoRules["rules"][number];

function rule(name: string, when: Rule["when"], rest: Partial<Rule>): Rule {
	return { name, when, skill: "general", tier: 1, optimize: null, by: "score", prefer: [], ...rest };
}
