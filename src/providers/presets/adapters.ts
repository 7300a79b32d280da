// The adapter of each preset: Chat Completions in that vendor's dialect.

import type { Model } from "#catalog/model";
import type { Effort } from "#core/chat/chat";
import type { ChatAdapter } from "#providers/adapter";
import { compatibleSpeech } from "#providers/audio/openai-speech";
import { compatibleTranscription } from "#providers/audio/openai-transcription";
import type { ModelLister } from "#providers/model-lists/list-page";
import { cohereModels } from "#providers/model-lists/listers";
import { chatCompletions } from "#providers/openai-chat/index";
import type { Dialect } from "#providers/openai-chat/request";
import { compatibleEmbeddings } from "#providers/openai-embeddings/index";
import { compatibleImages } from "#providers/openai-images/index";
import { openaiModerations } from "#providers/openai-moderations/index";
import { compatibleRerank } from "#providers/rerank/index";
import { effortFor } from "#providers/shared/effort";
import { type PlainField, refused } from "#providers/shared/request-fields";
import { openai } from "#providers/vendors/openai";
import type { PresetName } from "./presets";
import {
	clampTemperature,
	namedForRequired,
	owedReasoning,
	shortCallIds,
	singleStop,
	type Wire,
	withoutNames,
	withoutPenalties,
} from "./rewrites";

type Own = Dialect["own"];

/** What hardly any vendor but OpenAI knows, and an answer is an answer without. */
const OPENAI_ONLY: readonly PlainField[] = [
	...(["verbosity", "service_tier", "prediction", "metadata", "store", "prompt_cache_key"] as const),
];
/** What hardly any vendor but OpenAI knows, and an answer is another answer without. */
const OPENAI_MEDIA: readonly PlainField[] = ["modalities", "audio", "web_search_options"];
const NO_LOGPROBS: readonly PlainField[] = ["logprobs", "top_logprobs", "logit_bias"];
const PENALTIES: readonly PlainField[] = ["presence_penalty", "frequency_penalty"];

/** The effort under OpenAI's name, and the end user. */
const withEffort: Own = (request, model, dropped) => ({
	...effortAs(request, model, dropped, (effort) => ({ reasoning_effort: effort })),
	...(request.user !== undefined && { user: request.user }),
});

/** The same for a vendor that does not take the end user's name. */
const withEffortOnly: Own = (request, model, dropped) => {
	if (request.user !== undefined) dropped.push("user");
	return effortAs(request, model, dropped, (effort) => ({ reasoning_effort: effort }));
};

/** Thinking is turned on or off, in whatever words the vendor has for that. */
function withSwitch(words: (isOn: boolean) => object): Own {
	return (request, model, dropped) => {
		if (request.user !== undefined) dropped.push("user");
		return effortAs(request, model, dropped, (effort) => words(effort !== "none"));
	};
}

const byType = (isOn: boolean) => ({ thinking: { type: isOn ? "enabled" : "disabled" } });
const byFlag = (isOn: boolean) => ({ enable_thinking: isOn });

function effortAs(
	request: Parameters<Own>[0],
	model: Model,
	dropped: string[],
	words: (effort: Effort) => object,
): Record<string, unknown> {
	const effort = effortFor(request, model, dropped);
	return effort === undefined ? {} : { ...words(effort) };
}

/** What imitators have beside chats, as compatible servers do. One that lacks some has no models for it either. */
const BESIDE_CHAT = {
	embeddings: compatibleEmbeddings,
	rerank: compatibleRerank,
	images: compatibleImages,
	moderations: openaiModerations,
	speech: compatibleSpeech,
	transcription: compatibleTranscription,
} as const;

/** A dialect that differs from what imitators usually do by `own` and what is said here. */
function imitator(difference: Partial<Dialect>): ChatAdapter {
	const chat = chatCompletions({
		outputLimit: "max_tokens",
		messages: "text",
		lacks: OPENAI_ONLY,
		refuses: OPENAI_MEDIA,
		customTools: false,
		own: withEffort,
		...difference,
	});
	return { ...chat, ...BESIDE_CHAT };
}

/** The same with a list of models of its own, or none. */
function listing(models: ModelLister | null, { models: _, ...adapter }: ChatAdapter): ChatAdapter {
	return models === null ? adapter : { ...adapter, models };
}

/** Open Qwen3 models think only in streams, and refuse a whole answer unless thinking is off. */
const STREAMS_TO_THINK = /^qwen3-\d+(?:\.\d+)?b(?!.*(?:instruct|thinking))/;

const dashscopeOwn: Own = (request, model, dropped) => {
	if (request.user !== undefined) dropped.push("user");
	if (!request.stream && STREAMS_TO_THINK.test(model.id)) {
		if (request.reasoning_effort !== undefined && request.reasoning_effort !== "none") dropped.push("reasoning_effort");
		return { enable_thinking: false };
	}
	return effortAs(request, model, dropped, (effort) => byFlag(effort !== "none"));
};

/** Cohere reasons or does not. */
const cohereOwn: Own = (request, model, dropped) => {
	if (request.user !== undefined) dropped.push("user");
	return effortAs(request, model, dropped, (effort) => ({ reasoning_effort: effort === "none" ? "none" : "high" }));
};

function cohereTools(body: Wire, model: Model, dropped: string[]): Wire {
	const { parallel_tool_calls: parallel, tool_choice: choice, ...rest } = body;
	if (parallel !== undefined) dropped.push("parallel_tool_calls");
	if (choice === undefined || choice === "auto") return rest;
	if (choice === "required" || choice === "none") return { ...rest, tool_choice: choice };
	return { ...namedForRequired(rest, choice, model), tool_choice: "required" };
}

/** Mistral refuses what it does not know, and has words of its own. */
function mistralWords(body: Wire): Wire {
	const { stream_options: _, seed, tool_choice: choice, ...rest } = shortCallIds(withoutNames(body), 9);
	return {
		...rest,
		...(seed !== undefined && { random_seed: seed }),
		...(choice !== undefined && { tool_choice: choice === "required" ? "any" : choice }),
	};
}

function dashscopeTools(body: Wire, model: Model): Wire {
	if (body.tool_choice !== "required") return body;
	const tools = Array.isArray(body.tools) ? body.tools : [];
	if (tools.length !== 1) throw refused("tool_choice", model);
	return { ...body, tool_choice: { type: "function", function: { name: tools[0].function.name } } };
}

function zhipuTools(body: Wire): Wire {
	const { tool_choice: choice, tools, ...rest } = body;
	if (choice === "none" || tools === undefined) return rest;
	return { ...rest, tools };
}

/** The adapters by preset. */
export const PRESET_ADAPTERS: Readonly<Record<PresetName, ChatAdapter>> = {
	groq: imitator({
		outputLimit: "max_completion_tokens",
		lacks: OPENAI_ONLY.filter((field) => field !== "service_tier"),
		refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS, "n"],
		rewrite: withoutNames,
	}),
	mistral: imitator({
		refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS],
		own: withEffortOnly,
		rewrite: mistralWords,
	}),
	xai: imitator({
		outputLimit: "max_completion_tokens",
		refuses: [...OPENAI_MEDIA, "logit_bias"],
		rewrite: (body, model, dropped) => {
			if (!model.reasoning) return body;
			if (body.stop !== undefined) throw refused("stop", model);
			return withoutPenalties(body, dropped);
		},
	}),
	together: imitator({ refuses: [...OPENAI_MEDIA, "logprobs", "top_logprobs"], own: withEffortOnly }),
	fireworks: imitator({}),
	perplexity: listing(null, {
		...imitator({
			lacks: [...OPENAI_ONLY, ...PENALTIES, "seed"],
			refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS, "n"],
			own: withEffortOnly,
		}),
		version: "",
	}),
	cohere: listing(
		cohereModels,
		imitator({
			lacks: OPENAI_ONLY,
			refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS, "n"],
			own: cohereOwn,
			rewrite: cohereTools,
		}),
	),
	"azure-openai": listing(null, openai),
	dashscope: imitator({
		lacks: [...OPENAI_ONLY, "frequency_penalty"],
		refuses: ["audio", "web_search_options", "logit_bias"],
		own: dashscopeOwn,
		rewrite: dashscopeTools,
	}),
	zhipu: imitator({
		lacks: [...OPENAI_ONLY, ...PENALTIES, "seed"],
		refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS, "n"],
		own: withSwitch(byType),
		rewrite: (body, model) => zhipuTools(clampTemperature(singleStop(body, model), 0, 1)),
	}),
	moonshot: imitator({
		refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS],
		own: withSwitch(byType),
		rewrite: (body, model) => clampTemperature(owedReasoning(body, model), 0, 1),
	}),
	minimax: imitator({
		outputLimit: "max_completion_tokens",
		lacks: [...OPENAI_ONLY, ...PENALTIES, "seed"],
		refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS, "n"],
		own: withSwitch(byType),
		rewrite: (body) => ({ ...clampTemperature(body, 0.01, 1), reasoning_split: true }),
	}),
	volcengine: imitator({ refuses: [...OPENAI_MEDIA, "n"], own: withSwitch(byType) }),
	hunyuan: imitator({
		lacks: [...OPENAI_ONLY, ...PENALTIES],
		refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS, "n"],
		own: withSwitch(byFlag),
	}),
	stepfun: imitator({ refuses: [...OPENAI_MEDIA, ...NO_LOGPROBS] }),
	qianfan: imitator({
		lacks: [...OPENAI_ONLY, "top_logprobs"],
		refuses: [...OPENAI_MEDIA, "logit_bias", "logprobs", "n"],
		own: withSwitch(byFlag),
	}),
	ollama: imitator({ refuses: [...OPENAI_MEDIA, "logit_bias", "n"], own: withEffortOnly }),
	vllm: imitator({
		customTools: true,
		own: (request, model, dropped) => ({
			...effortAs(request, model, dropped, (effort) =>
				effort === "none" ? { chat_template_kwargs: { enable_thinking: false } } : { reasoning_effort: effort },
			),
			...(request.user !== undefined && { user: request.user }),
		}),
	}),
	"lm-studio": imitator({
		refuses: [...OPENAI_MEDIA, "n"],
		own: withEffortOnly,
		rewrite: (body, model) => {
			const choice = body.tool_choice;
			if (choice === undefined || typeof choice === "string") return body;
			return { ...namedForRequired(body, choice, model), tool_choice: "required" };
		},
	}),
};
