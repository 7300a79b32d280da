// The models that the official clients are tried with.

/** One model of each wire protocol; OpenAI's newer ones take tools over another of its APIs than its older ones. */
export const MODEL_PER_WIRE = [
	"openai/gpt-6-luna",
	"openai/gpt-4.1",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	"gemini/gemini-2.5-flash",
	"deepseek/deepseek-flash",
	"openrouter/openai/gpt-oss-120b",
	"siliconflow/deepseek-ai/DeepSeek-V4-Flash",
	"workers-ai/@cf/zai-org/glm-5.3-flash",
];

/** One model of each vendor that translates in its own way, for clients that add a translation of their own. */
export const MODEL_PER_TRANSLATION = [
	"openai/gpt-6-luna",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	"deepseek/deepseek-flash",
	"workers-ai/@cf/zai-org/glm-5.3-flash",
];
