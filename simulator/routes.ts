// Which wire answers a path of a simulated vendor.
import { isObject, type JsonObject } from "#lib/json";
import { listOf } from "#simulator/model/lists";
import { isBuiltIn } from "#simulator/model/models";
import { presetListOf } from "#simulator/model/preset-lists";
import { anthropic } from "#simulator/wire/anthropic/index";
import {
	compatibleSpeech,
	compatibleTranscriptions,
	openaiSpeech,
	openaiTranscriptions,
	openaiTranslations,
	siliconflowSpeech,
	siliconflowTranscriptions,
} from "#simulator/wire/audio/openai";
import { counting } from "#simulator/wire/counting";
import { geminiEmbedding, geminiEmbeddings } from "#simulator/wire/embeddings/gemini";
import {
	compatibleEmbeddings,
	openaiEmbeddings,
	openrouterEmbeddings,
	siliconflowEmbeddings,
} from "#simulator/wire/embeddings/openai";
import { gemini } from "#simulator/wire/gemini/index";
import { compatibleImageForms, compatibleImages } from "#simulator/wire/images/compatible";
import { openaiImageEdits, openaiImages } from "#simulator/wire/images/openai";
import { siliconflowImages } from "#simulator/wire/images/siliconflow";
import { compatibleModerations, openaiModerations } from "#simulator/wire/moderations/index";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { openaiCompact } from "#simulator/wire/openai-responses/compact";
import { openaiResponses } from "#simulator/wire/openai-responses/index";
import { PLAYED_PRESETS, type PlayedPreset } from "#simulator/wire/presets/index";
import { compatibleRerank, openrouterRerank, siliconflowRerank } from "#simulator/wire/rerank/compatible";
import { deepseek } from "#simulator/wire/vendors/deepseek";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openrouter } from "#simulator/wire/vendors/openrouter";
import { siliconflow } from "#simulator/wire/vendors/siliconflow";
import type { Refusal, Seat, Wire } from "#simulator/wire/wire";

/** A call of a model, or a list to show. */
export type Target =
	| {
			readonly wire: Wire;
			readonly provider: string;
			readonly modelId?: string;
			readonly streamPath: Seat["streamPath"];
	  }
	| { readonly list: JsonObject | JsonObject[]; readonly wire: Wire; readonly provider: string };

/** The wires that read a POST to a path below a provider's version segment. */
const WIRES: Readonly<Record<string, Readonly<Record<string, Wire>>>> = {
	openai: {
		"/chat/completions": openaiChat,
		"/responses": openaiResponses,
		"/responses/compact": openaiCompact,
		"/embeddings": openaiEmbeddings,
		"/moderations": openaiModerations,
		"/images/generations": openaiImages,
		"/audio/speech": openaiSpeech,
		"/audio/transcriptions": openaiTranscriptions,
		"/audio/translations": openaiTranslations,
		"/images/edits": openaiImageEdits,
		"/responses/input_tokens": counting(
			openaiResponses,
			(body) => body,
			(input_tokens) => ({ object: "response.input_tokens", input_tokens }),
		),
	},
	deepseek: { "/chat/completions": deepseek },
	openrouter: { "/chat/completions": openrouter, "/embeddings": openrouterEmbeddings, "/rerank": openrouterRerank },
	siliconflow: {
		"/chat/completions": siliconflow,
		"/embeddings": siliconflowEmbeddings,
		"/rerank": siliconflowRerank,
		"/images/generations": siliconflowImages,
		"/audio/speech": siliconflowSpeech,
		"/audio/transcriptions": siliconflowTranscriptions,
	},
	anthropic: {
		"/messages": anthropic,
		"/messages/count_tokens": counting(
			anthropic,
			(body) => ({ max_tokens: 1, ...body }),
			(input_tokens) => ({ input_tokens }),
		),
	},
};
/** What is not a call of a model to write, by the method behind its name. */
const GEMINI_WIRES: Readonly<Record<string, Wire>> = {
	batchEmbedContents: geminiEmbeddings,
	embedContent: geminiEmbedding,
	countTokens: counting(
		gemini,
		({ generateContentRequest: asked, ...body }) => {
			const { model: _, ...request } = isObject(asked) ? (asked as JsonObject) : body;
			return request;
		},
		(totalTokens) => ({ totalTokens, promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }] }),
	),
};
const ADDED: Readonly<Record<string, Wire>> = {
	"/chat/completions": openaiCompatible,
	"/embeddings": compatibleEmbeddings,
	"/rerank": compatibleRerank,
	"/moderations": compatibleModerations,
	"/images/generations": compatibleImages,
	"/audio/speech": compatibleSpeech,
	"/audio/transcriptions": compatibleTranscriptions,
	"/audio/translations": compatibleTranscriptions,
	"/images/edits": compatibleImageForms,
	"/images/variations": compatibleImageForms,
};

/** Finds what a request calls; a `Refusal` when the vendor has nothing there. */
export function route(request: { readonly method: string; readonly url: string }): Target | Refusal {
	const { method } = request;
	const { pathname, searchParams } = new URL(request.url);
	const [, provider = "", path = ""] = /^\/([^/]*)(.*)$/.exec(pathname) ?? [];
	const played = PLAYED_PRESETS.get(provider);
	if (played !== undefined) return presetTarget(played, method, provider, path);
	const rest = path.replace(/^(?:\/api)?\/v\d+(?:beta)?(?=\/)/, "");
	if (method === "GET" && rest === "/models") {
		const own = isBuiltIn(provider) ? (Object.values(WIRES[provider] ?? {})[0] ?? gemini) : openaiCompatible;
		return { list: listOf(provider), wire: own, provider };
	}
	if (method === "POST" && provider === "gemini") {
		const call =
			/^\/models\/(.+):(generateContent|streamGenerateContent|batchEmbedContents|embedContent|countTokens)$/.exec(rest);
		if (call === null) return gemini.failure(404);
		const isStream = call[2] === "streamGenerateContent";
		const streamPath = !isStream ? "none" : searchParams.get("alt") === "sse" ? "events" : "array";
		const wire = GEMINI_WIRES[call[2] ?? ""] ?? gemini;
		return { wire, provider, modelId: decoded(call[1] ?? ""), streamPath };
	}
	const wires = isBuiltIn(provider) ? WIRES[provider] : ADDED;
	const wire = method === "POST" ? wireOf(provider, rest) : undefined;
	if (wire !== undefined) return { wire, provider, streamPath: "none" };
	return (Object.values(wires ?? {})[0] ?? gemini).failure(404, `Invalid URL (${method} ${rest})`);
}

/** The wire that reads a POST to a path below a provider's version segment; undefined for none. */
export function wireOf(provider: string, path: string): Wire | undefined {
	return (isBuiltIn(provider) ? WIRES[provider] : ADDED)?.[path];
}

/** What a vendor of a preset has at a path; everything is below its own base. */
function presetTarget({ base, wires }: PlayedPreset, method: string, provider: string, path: string): Target | Refusal {
	const rest = path.startsWith(`${base}/`) ? path.slice(base.length) : "";
	const own = wires["/chat/completions"] ?? openaiCompatible;
	const list = presetListOf(provider);
	// Cohere's list is beside its compatible API.
	const isList = provider === "cohere" ? path === "/v1/models" : rest === "/models";
	if (method === "GET" && isList && list !== null) return { list, wire: own, provider };
	const wire = method === "POST" ? wires[rest] : undefined;
	if (wire !== undefined) return { wire, provider, streamPath: "none" };
	return own.failure(404, `Not Found: ${method} ${path}`);
}

function decoded(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}
