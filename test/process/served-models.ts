// The models that the official clients are tried with.
import { SCALE } from "#test/support/scale";

/**
 * One model of each vendor that translates in its own way, for clients that add a translation of their own. Here and
 * below the default run leaves those to CI that are spoken to much as another is; `mission.test.ts` calls their vendors
 * always.
 */
export const MODEL_PER_TRANSLATION = [
	"openai/gpt-6-luna",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	...(SCALE < 1 ? [] : ["deepseek/deepseek-flash", "workers-ai/@cf/zai-org/glm-5.3-flash"]),
];

/** One model of each wire protocol; OpenAI's newer ones take tools over another of its APIs than its older ones. */
export const MODEL_PER_WIRE = [
	...MODEL_PER_TRANSLATION,
	...(SCALE < 1
		? []
		: [
				"openai/gpt-4.1",
				"gemini/gemini-2.5-flash",
				"openrouter/openai/gpt-oss-120b",
				"siliconflow/deepseek-ai/DeepSeek-V4-Flash",
			]),
];
