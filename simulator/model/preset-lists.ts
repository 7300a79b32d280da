/** The lists of models that the vendors of presets show, each in its own shape. */
import type { JsonObject } from "#lib/json";

/** When every simulated model came out, in seconds since the epoch. */
const CREATED = 1_760_000_000;

const plain = (...ids: readonly string[]) =>
	ids.map((id) => ({ id, object: "model", created: CREATED, owned_by: "them" }));

/** Entries of each preset's list. */
const ENTRIES: Readonly<Record<string, readonly JsonObject[]>> = {
	groq: [
		{
			id: "openai/gpt-oss-120b",
			object: "model",
			active: true,
			context_window: 131_072,
			max_completion_tokens: 65_536,
		},
		{ id: "retired-one", object: "model", active: false, context_window: 8_192 },
		{ id: "whisper-large-v3", object: "model", active: true, context_window: 448 },
	],
	mistral: [
		{
			id: "mistral-large-latest",
			object: "model",
			max_context_length: 262_144,
			capabilities: { completion_chat: true, function_calling: true, vision: true },
		},
		{ id: "mistral-ocr-latest", object: "model", max_context_length: 16_384, capabilities: { completion_chat: false } },
	],
	xai: plain("grok-4", "grok-4-fast"),
	together: [
		{
			id: "openai/gpt-oss-120b",
			type: "chat",
			context_length: 131_072,
			pricing: { hourly: 0, input: 0.15, output: 0.6, base: 0, finetune: 0 },
		},
		{ id: "BAAI/bge-large", type: "embedding", context_length: 512, pricing: { input: 0.02, output: 0.02 } },
	],
	fireworks: [
		{
			id: "accounts/fireworks/models/gpt-oss-120b",
			object: "model",
			context_length: 131_072,
			supports_chat: true,
			supports_tools: true,
			supports_image_input: false,
		},
		{ id: "accounts/fireworks/models/flux", object: "model", supports_chat: false },
	],
	cohere: [
		{ name: "command-a-03-2025", endpoints: ["chat"], context_length: 288_000, features: ["tools", "json_schema"] },
		{ name: "embed-v4.0", endpoints: ["embed"], context_length: 128_000 },
	],
	dashscope: plain("qwen-plus", "qwen3-32b", "text-embedding-v4"),
	zhipu: plain("glm-5", "glm-4.7"),
	moonshot: [
		{
			id: "kimi-k2.6",
			object: "model",
			context_length: 262_144,
			supports_image_in: true,
			supports_reasoning: true,
		},
	],
	minimax: plain("MiniMax-M3"),
	volcengine: plain("doubao-seed-2-0-pro"),
	hunyuan: plain("hunyuan-turbos-latest"),
	stepfun: plain("step-3"),
	qianfan: plain("ernie-5.0"),
	ollama: plain("llama3.2:latest"),
	vllm: [{ id: "Qwen/Qwen3-32B", object: "model", max_model_len: 40_960 }],
	"lm-studio": plain("qwen3-8b", "text-embedding-nomic-embed-text-v1.5"),
};

/** A preset's list; null where the vendor has none. */
export function presetListOf(preset: string): JsonObject | JsonObject[] | null {
	const entries = ENTRIES[preset];
	if (entries === undefined) return null;
	if (preset === "together") return [...entries];
	return preset === "cohere" ? { models: [...entries] } : { object: "list", data: [...entries] };
}
