/**
 * The vendors beyond the built-in ones, as far as they differ from OpenAI and from each other: where they are, what
 * they refuse and in which words, and how they count.
 */
import type { Json, JsonObject } from "#lib/json";
import { compatibleSpeech, compatibleTranscriptions } from "#simulator/wire/audio/openai";
import { checkCredential } from "#simulator/wire/credential";
import { compatibleDialect, openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { readChat } from "#simulator/wire/openai-chat/index";
import type { Dialect } from "#simulator/wire/openai-chat/schema";
import { openaiResponses } from "#simulator/wire/openai-responses/index";
import { openaiChat, openaiUsage } from "#simulator/wire/vendors/openai";
import { Refusal, type Wire } from "#simulator/wire/wire";
import {
	all,
	callIdsLike,
	nameless,
	noPlainJson,
	oneChoice,
	oneStop,
	only,
	type Rule,
	reasoningEchoed,
	temperatureWithin,
	thinksInStreams,
	toolChoices,
	whereReasoning,
	without,
} from "./rules";

interface House {
	/** The path of its API, with its version. */
	readonly base: string;
	readonly refuses: Rule;
	/** A refusal in its shape. */
	readonly error: (status: number, message: string) => Refusal;
	/** Whether it hears and speaks, as compatible servers do. */
	readonly audio?: true;
	readonly dialect?: Partial<Dialect>;
	/** What it calls a word of OpenAI's otherwise, in OpenAI's words again. */
	readonly reads?: (body: JsonObject) => JsonObject;
}

const envelope = (status: number, message: string) =>
	new Refusal(status, { error: { message, type: "invalid_request_error", param: null, code: null } });
const flat = (status: number, message: string) => new Refusal(status, { id: "simulated", message });
const coded = (code: string) => (status: number, message: string) =>
	new Refusal(status, { error: { code: status < 500 ? code : "500", message } });
/** Whatever happened, the status is 200. */
const baseResp = (status: number, message: string) => {
	const code = status === 429 ? 1002 : status === 401 ? 1004 : status < 500 ? 2013 : 1000;
	return new Refusal(200, { choices: null, base_resp: { status_code: code, status_msg: message } });
};
const mistralError = (status: number, message: string) =>
	status === 400
		? new Refusal(422, {
				object: "error",
				message: { detail: [{ type: "extra_forbidden", loc: ["body"], msg: message }] },
				type: "invalid_request_error",
				param: null,
				code: null,
			})
		: new Refusal(status, { object: "error", message, type: "error", param: null, code: null });

const OF_OPENAI = ["metadata", "store", "verbosity", "prediction", "prompt_cache_key"] as const;
const PENALTIES = ["presence_penalty", "frequency_penalty"] as const;
const LOGPROBS = ["logprobs", "top_logprobs", "logit_bias"] as const;

const HOUSES: Readonly<Record<string, House>> = {
	groq: {
		audio: true,
		base: "/openai/v1",
		error: envelope,
		refuses: all(without(...LOGPROBS, ...OF_OPENAI), oneChoice, nameless),
	},
	mistral: {
		audio: true,
		base: "/v1",
		error: mistralError,
		refuses: all(
			only(
				`model messages temperature top_p max_tokens stream stop random_seed response_format tools tool_choice
				presence_penalty frequency_penalty n parallel_tool_calls prompt_mode safe_prompt reasoning_effort`,
			),
			nameless,
			callIdsLike(/^[a-zA-Z0-9]{9}$/),
			toolChoices("auto", "none", "any", "named"),
		),
		reads: (body) => (body.tool_choice === "any" ? { ...body, tool_choice: "required" } : body),
		dialect: {
			usagePlacement: "finish_chunk",
			callId: (seat, choice, call) => `${seat.id.slice(0, 7)}${choice % 10}${call % 10}`,
		},
	},
	xai: {
		base: "/v1",
		error: envelope,
		refuses: all(
			without("logit_bias", ...OF_OPENAI),
			whereReasoning(/grok-(?:4|3-mini)/, without("stop", ...PENALTIES)),
		),
		// The text alone; what was thought counts in the total.
		dialect: {
			usage: (answer) => ({
				...openaiUsage(answer),
				completion_tokens: answer.usage.output - answer.usage.reasoning,
			}),
		},
	},
	together: {
		audio: true,
		base: "/v1",
		error: envelope,
		refuses: without("logprobs", "top_logprobs", ...OF_OPENAI, "user"),
	},
	fireworks: { base: "/inference/v1", error: envelope, refuses: without(...OF_OPENAI) },
	perplexity: {
		base: "",
		error: envelope,
		refuses: all(without("tools", ...LOGPROBS, ...PENALTIES, ...OF_OPENAI), oneChoice, noPlainJson),
	},
	cohere: {
		base: "/compatibility/v1",
		error: flat,
		refuses: all(
			without("parallel_tool_calls", ...LOGPROBS, ...OF_OPENAI, "user"),
			oneChoice,
			toolChoices("required", "none"),
		),
	},
	dashscope: {
		base: "/compatible-mode/v1",
		error: coded("invalid_parameter_error"),
		refuses: all(without("logit_bias", ...OF_OPENAI, "user"), toolChoices("auto", "none", "named"), thinksInStreams),
	},
	zhipu: {
		audio: true,
		base: "/api/paas/v4",
		error: coded("1210"),
		refuses: all(
			without(...LOGPROBS, ...PENALTIES, ...OF_OPENAI, "user", "seed"),
			oneChoice,
			oneStop,
			temperatureWithin(0, 1),
			toolChoices("auto"),
		),
	},
	moonshot: {
		base: "/v1",
		error: envelope,
		refuses: all(
			without(...LOGPROBS, ...OF_OPENAI, "user"),
			temperatureWithin(0, 1),
			toolChoices("auto", "none"),
			reasoningEchoed(/^kimi-k2\.[5-9]|thinking/),
		),
	},
	minimax: {
		base: "/v1",
		error: baseResp,
		refuses: all(without(...LOGPROBS, ...OF_OPENAI, "user"), oneChoice, temperatureWithin(0.01, 1)),
		dialect: {
			extra: { base_resp: { status_code: 0, status_msg: "" } },
			// Within the text unless the request asks for it apart.
			reasoning: (text, _seat, _streamed, body) =>
				(body as JsonObject).reasoning_split === true ? { reasoning_content: text } : {},
		},
	},
	volcengine: {
		base: "/api/v3",
		error: coded("InvalidParameter"),
		refuses: all(without(...OF_OPENAI, "user"), oneChoice),
	},
	hunyuan: {
		base: "/v1",
		error: coded("invalid_request_error"),
		refuses: all(without(...LOGPROBS, ...PENALTIES, ...OF_OPENAI, "user"), oneChoice),
	},
	stepfun: { audio: true, base: "/v1", error: envelope, refuses: without(...LOGPROBS, ...OF_OPENAI) },
	qianfan: {
		base: "/v2",
		error: coded("invalid_argument"),
		refuses: all(without(...LOGPROBS, ...OF_OPENAI, "user"), oneChoice),
	},
	ollama: {
		base: "/v1",
		error: envelope,
		refuses: all(without("logit_bias", ...OF_OPENAI), oneChoice, toolChoices("auto", "none")),
	},
	vllm: {
		audio: true,
		base: "/v1",
		error: envelope,
		refuses: without(...OF_OPENAI.filter((field) => field !== "metadata")),
	},
	"lm-studio": {
		base: "/v1",
		error: envelope,
		refuses: all(without(...OF_OPENAI), oneChoice, toolChoices("auto", "none", "required")),
	},
};

function wireOf({ refuses, error, dialect, reads = (body) => body }: House): Wire {
	const own: Dialect = {
		...compatibleDialect,
		malformed: ({ path, expected, received }) => {
			throw error(400, `${path}: expected ${expected}, received ${received}`);
		},
		thinking: (body, seat) => compatibleDialect.thinking({ ...body, reasoning_effort: effortOf(body) }, seat),
		...dialect,
	};
	const failure = (status: number, message = "The request failed.") => error(status, message);
	return {
		...openaiCompatible,
		admit: (headers) => checkCredential(headers, ["authorization"], () => failure(401, "Invalid API key")),
		read(body, seat) {
			const problem = refuses(body, seat.modelId);
			if (problem !== null) throw error(400, problem);
			return readChat(reads(body), seat, own);
		},
		failure,
		noModel: (id) => failure(404, `The model ${id} does not exist.`),
		tooLong: (context) => failure(400, `This model's maximum context length is ${context} tokens.`),
	};
}

/** How hard a request asks to think, in whichever of the vendors' words. */
function effortOf(body: Readonly<Record<string, unknown>>): string {
	const { reasoning_effort: effort, enable_thinking: flag, thinking } = body;
	if (typeof effort === "string") return effort;
	const type = (thinking as { type?: Json } | undefined)?.type;
	return flag === true || type === "enabled" ? "medium" : "none";
}

/** A key in a header of its own, or a bearer's token. */
const azure = (wire: Wire): Wire => ({
	...wire,
	admit: (headers) => checkCredential(headers, ["api-key", "authorization"], () => openaiChat.failure(401)),
});

export interface PlayedPreset {
	/** The path of its API, below its name. */
	readonly base: string;
	/** By the rest of the path. */
	readonly wires: Readonly<Record<string, Wire>>;
}

const AZURE: PlayedPreset = {
	base: "/openai/v1",
	wires: { "/chat/completions": azure(openaiChat), "/responses": azure(openaiResponses) },
};

function wiresOf(house: House): Readonly<Record<string, Wire>> {
	const chat = wireOf(house);
	if (house.audio !== true) return { "/chat/completions": chat };
	return {
		"/chat/completions": chat,
		"/audio/transcriptions": { ...chat, read: compatibleTranscriptions.read },
		"/audio/translations": { ...chat, read: compatibleTranscriptions.read },
		"/audio/speech": { ...chat, read: compatibleSpeech.read },
	};
}

/** The vendors that presets name, by the preset. */
export const PLAYED_PRESETS: ReadonlyMap<string, PlayedPreset> = new Map<string, PlayedPreset>([
	...Object.entries(HOUSES).map(([name, house]): [string, PlayedPreset] => [
		name,
		{ base: house.base, wires: wiresOf(house) },
	]),
	["azure-openai", AZURE],
]);
