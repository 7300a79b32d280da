/**
 * Providers that an admin adds by a name and a key: where each is, how it takes its key, and what an admin should know
 * of it. All of them speak Chat Completions; `adapters.ts` holds what each does its own way. Imports only types.
 */
import type { WrittenModel } from "#catalog/catalog";

interface Preset {
	/** What people call it. */
	readonly title: string;
	/** Null where every account has an address of its own, as `example` shows. */
	readonly baseUrl: string | null;
	readonly example?: string;
	/** The vendor's other addresses, which `base_url` may name. */
	readonly otherUrls?: readonly string[];
	/** "local": it runs on a machine of the admin's own and asks for a key only where it was told to. */
	readonly credential: "required" | "local";
	/** The header that carries the key, where that is not `authorization`. */
	readonly credentialHeader?: string;
	/** What the price data calls the vendor; null where it has none. */
	readonly vendor: string | null;
	/** Fields of every model there that does not say otherwise. */
	readonly modelDefaults?: WrittenModel;
	/** What it does its own way, in words for the admin. */
	readonly quirks: readonly string[];
}

const NO_FORCED_TOOLS = { traits: { no_forced_tools: true } } as const;

const PRESETS = {
	groq: {
		title: "Groq",
		baseUrl: "https://api.groq.com/openai/v1",
		credential: "required",
		vendor: "groq",
		quirks: [
			"refuses logprobs, logit_bias and more than one choice",
			"refuses the names of messages' authors, which are left out",
		],
	},
	mistral: {
		title: "Mistral",
		baseUrl: "https://api.mistral.ai/v1",
		credential: "required",
		vendor: "mistral",
		quirks: [
			"refuses every field that it does not know, stream_options and user among them; a stream always tells its usage",
			"has the seed as random_seed, and a forced tool as tool_choice any",
			"takes ids of tool calls of nine letters and digits only; longer ones are shortened alike in call and result",
		],
	},
	xai: {
		title: "xAI",
		baseUrl: "https://api.x.ai/v1",
		credential: "required",
		vendor: "x-ai",
		quirks: [
			"counts reasoning beside completion_tokens, not within; it is billed as output",
			"models that reason refuse penalties, which are left out, and stop",
		],
	},
	together: {
		title: "Together AI",
		baseUrl: "https://api.together.xyz/v1",
		credential: "required",
		vendor: "together",
		quirks: ["lists its models as a bare array, with prices"],
	},
	fireworks: {
		title: "Fireworks AI",
		baseUrl: "https://api.fireworks.ai/inference/v1",
		credential: "required",
		vendor: "fireworks",
		quirks: ["names its models as accounts/fireworks/models/NAME"],
	},
	perplexity: {
		title: "Perplexity",
		baseUrl: "https://api.perplexity.ai",
		credential: "required",
		vendor: "perplexity",
		modelDefaults: { tools: false, json_schema: true },
		quirks: [
			"has no version in its address, no list of models, no tools, and no plain JSON mode",
			"charges for each search beside the tokens, which a price per token cannot hold",
		],
	},
	cohere: {
		title: "Cohere",
		baseUrl: "https://api.cohere.ai/compatibility/v1",
		credential: "required",
		vendor: "cohere",
		quirks: [
			"knows tool_choice only as required and none; parallel_tool_calls and further fields are left out",
			"reasons with an effort of none or high",
		],
	},
	"azure-openai": {
		title: "Azure OpenAI",
		baseUrl: null,
		example: "https://RESOURCE.openai.azure.com/openai/v1",
		credential: "required",
		credentialHeader: "api-key",
		vendor: "azure",
		quirks: [
			"names models by deployment; its list has what could be deployed, so models are named by the admin",
			"takes a key as api-key; for a token of Entra, set credential_header to authorization",
		],
	},
	dashscope: {
		title: "通义千问 (DashScope)",
		baseUrl: "https://dashscope.aliyuncs.com/compatible-mode/v1",
		otherUrls: ["https://dashscope-intl.aliyuncs.com/compatible-mode/v1"],
		credential: "required",
		vendor: null,
		quirks: [
			"turns thinking on and off by enable_thinking; open Qwen3 models think only in streams",
			"does not know tool_choice required: it is refused, or names the only tool",
		],
	},
	zhipu: {
		title: "智谱 (BigModel)",
		baseUrl: "https://open.bigmodel.cn/api/paas/v4",
		otherUrls: ["https://api.z.ai/api/paas/v4"],
		credential: "required",
		vendor: null,
		modelDefaults: NO_FORCED_TOOLS,
		quirks: [
			"turns thinking on and off by thinking.type, takes one stop word and a temperature of at most 1",
			"leaves the choice of a tool to the model: a forced one is refused",
		],
	},
	moonshot: {
		title: "Moonshot (Kimi)",
		baseUrl: "https://api.moonshot.cn/v1",
		otherUrls: ["https://api.moonshot.ai/v1"],
		credential: "required",
		vendor: "moonshotai",
		modelDefaults: NO_FORCED_TOOLS,
		quirks: [
			"takes a temperature of at most 1, and turns thinking on and off by thinking.type",
			"wants the reasoning back with every tool call, and does not know tool_choice required",
		],
	},
	minimax: {
		title: "MiniMax",
		baseUrl: "https://api.minimaxi.com/v1",
		otherUrls: ["https://api.minimax.io/v1"],
		credential: "required",
		vendor: null,
		quirks: [
			"answers errors with status 200 and base_resp",
			"takes a temperature above 0 and at most 1, and tells reasoning apart when asked with reasoning_split",
		],
	},
	volcengine: {
		title: "火山方舟 (Volcengine Ark)",
		baseUrl: "https://ark.cn-beijing.volces.com/api/v3",
		credential: "required",
		vendor: null,
		quirks: [
			"takes a model's name or the id of an endpoint (ep-…), which its list does not have",
			"turns thinking on and off by thinking.type",
		],
	},
	hunyuan: {
		title: "腾讯混元 (Hunyuan)",
		baseUrl: "https://api.hunyuan.cloud.tencent.com/v1",
		credential: "required",
		vendor: null,
		quirks: ["has no penalties, no log probabilities and one choice", "turns thinking on and off by enable_thinking"],
	},
	stepfun: {
		title: "阶跃星辰 (StepFun)",
		baseUrl: "https://api.stepfun.com/v1",
		otherUrls: ["https://api.stepfun.ai/v1"],
		credential: "required",
		vendor: null,
		quirks: ["refuses log probabilities and logit_bias"],
	},
	qianfan: {
		title: "百度千帆 (Qianfan)",
		baseUrl: "https://qianfan.baidubce.com/v2",
		credential: "required",
		vendor: null,
		quirks: ["takes keys that begin with bce-v3/", "turns thinking on and off by enable_thinking"],
	},
	ollama: {
		title: "Ollama",
		baseUrl: "http://localhost:11434/v1",
		credential: "local",
		vendor: null,
		modelDefaults: NO_FORCED_TOOLS,
		quirks: ["does not honour tool_choice: a forced tool is refused", "has one choice and no logit_bias"],
	},
	vllm: {
		title: "vLLM",
		baseUrl: "http://localhost:8000/v1",
		credential: "local",
		vendor: null,
		quirks: [
			"turns thinking off by chat_template_kwargs.enable_thinking",
			"calls tools only when it was started with --enable-auto-tool-choice",
		],
	},
	"lm-studio": {
		title: "LM Studio",
		baseUrl: "http://localhost:1234/v1",
		credential: "local",
		vendor: null,
		quirks: ["has one choice, and knows tool_choice only as a word"],
	},
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

export function isPreset(name: string): name is PresetName {
	return Object.hasOwn(PRESETS, name);
}

/** A preset by its name, without what is special about the table's own type. */
export function presetOf(name: PresetName): Preset {
	return PRESETS[name];
}

/** The models of a provider with what its preset says of all of them; a model's own word counts more. */
export function presetModels(preset: string | null, models: readonly WrittenModel[]): readonly WrittenModel[] {
	const defaults = preset !== null && isPreset(preset) ? presetOf(preset).modelDefaults : undefined;
	return defaults === undefined ? models : models.map((model) => ({ ...defaults, ...model }));
}

/** What is known of the models of a preset's vendor: its name in the price list, and what holds for all of them. */
export function presetListing(preset: string | null): {
	readonly vendor: string | null;
	readonly defaults: WrittenModel;
} {
	if (preset === null || !isPreset(preset)) return { vendor: null, defaults: {} };
	const { vendor, modelDefaults = {} } = presetOf(preset);
	return { vendor, defaults: modelDefaults };
}

/** Whether the simulator plays a provider without a credential: one at its preset's own address, which asks for one. */
export function isPlayed(preset: string | null, baseUrl: string): boolean {
	if (preset === null || !isPreset(preset)) return false;
	const { credential, baseUrl: own, example } = presetOf(preset);
	return credential === "required" && (baseUrl === own || baseUrl === example?.toLowerCase());
}
