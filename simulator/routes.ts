import type { JsonObject } from "../src/core/json";
import { modelsOf } from "./models";
import { deepseek } from "./wire/deepseek";
import { openaiChat, openaiError } from "./wire/openai";
import { openaiCompatible } from "./wire/openai-compatible";
import { openaiResponses } from "./wire/openai-responses";
import { openrouter } from "./wire/openrouter";
import { siliconflow } from "./wire/siliconflow";
import type { Refusal, Wire } from "./wire/wire";

/** A call of a model, or a list to show. */
export type Target =
	| { readonly wire: Wire; readonly provider: string; readonly modelId?: string; readonly streamPath: boolean }
	| { readonly list: JsonObject };

const CHAT: Readonly<Record<string, Wire>> = { openai: openaiChat, deepseek, openrouter, siliconflow };

/** Finds what a request calls; a `Refusal` when the vendor has nothing there. */
export function route(request: Request): Target | Refusal {
	const { pathname } = new URL(request.url);
	const [, provider = "", path = ""] = /^\/([^/]*)(.*)$/.exec(pathname) ?? [];
	const rest = path.replace(/^(?:\/api)?\/v\d+(?:beta)?(?=\/)/, "");
	if (request.method === "POST" && rest === "/chat/completions")
		return { wire: CHAT[provider] ?? openaiCompatible, provider, streamPath: false };
	if (request.method === "POST" && provider === "openai" && rest === "/responses") {
		return { wire: openaiResponses, provider, streamPath: false };
	}
	if (request.method === "GET" && rest === "/models") {
		return {
			list: {
				object: "list",
				data: modelsOf(provider).map(({ id }) => ({ id, object: "model", created: 1_700_000_000, owned_by: provider })),
			},
		};
	}
	return openaiError(404, `Invalid URL (${request.method} ${pathname})`);
}
