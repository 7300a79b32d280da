/**
 * The providers that come with the gateway: what is known of each without its protocol. Settings of the environment,
 * default models and other names all come from here. Scripts read this file in Node as it is, so it imports nothing.
 */

interface BuiltInEntry {
	/** The model that `provider` without `model` means. */
	readonly defaultModel: string;
	/** Other names that people use for it. */
	readonly aliases: readonly string[];
	/** Its public API, and the prefix of its settings; null for the one that is reached over a binding. */
	readonly http: { readonly baseUrl: string; readonly settings: string } | null;
}

/** In the order of preference for a model id that several of them serve. */
export const BUILT_IN_TABLE = {
	openai: {
		defaultModel: "gpt-6-luna",
		aliases: [],
		http: { baseUrl: "https://api.openai.com/v1", settings: "OPENAI" },
	},
	anthropic: {
		defaultModel: "claude-haiku-5-5",
		aliases: [],
		http: { baseUrl: "https://api.anthropic.com/v1", settings: "ANTHROPIC" },
	},
	gemini: {
		defaultModel: "gemini-3.1-flash-lite",
		aliases: ["google"],
		http: { baseUrl: "https://generativelanguage.googleapis.com/v1beta", settings: "GEMINI" },
	},
	deepseek: {
		defaultModel: "deepseek-flash",
		aliases: [],
		http: { baseUrl: "https://api.deepseek.com/v1", settings: "DEEPSEEK" },
	},
	openrouter: {
		defaultModel: "openai/gpt-oss-120b",
		aliases: [],
		http: { baseUrl: "https://openrouter.ai/api/v1", settings: "OPENROUTER" },
	},
	siliconflow: {
		defaultModel: "deepseek-ai/DeepSeek-V4-Flash",
		aliases: [],
		http: { baseUrl: "https://api.siliconflow.cn/v1", settings: "SILICONFLOW" },
	},
	"workers-ai": { defaultModel: "@cf/openai/gpt-oss-20b", aliases: ["cloudflare"], http: null },
} as const satisfies Record<string, BuiltInEntry>;

type Table = typeof BUILT_IN_TABLE;

export type BuiltInProvider = keyof Table;

/** Those that are reached over HTTP. */
export type HttpProvider = {
	[Name in BuiltInProvider]: Table[Name]["http"] extends null ? never : Name;
}[BuiltInProvider];

type Setting<Prefix extends string> = `${Prefix}_API_KEY` | `${Prefix}_BASE_URL`;

/** What the environment may say of each provider that is reached over HTTP: its credential, and another base URL. */
export type ProviderSettings = { readonly [Name in Setting<Table[HttpProvider]["http"]["settings"]>]?: string };

/** The names of all those settings. */
export const PROVIDER_SETTINGS: readonly string[] = Object.values(BUILT_IN_TABLE).flatMap(({ http }) =>
	http === null ? [] : [`${http.settings}_API_KEY`, `${http.settings}_BASE_URL`],
);
