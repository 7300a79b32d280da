// OpenAI's rules that both of its protocols share, and its dialect of Chat Completions.
import type { Effort } from "#core/chat/chat";
import { isObject, type JsonObject } from "#lib/json";
import type { Question } from "#simulator/model/model-behaviour";
import type { SoundFormat } from "#simulator/model/sound";
import { unknownKey } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import { keyedCache, readChat, textOf } from "#simulator/wire/openai-chat/index";
import type { ChatBody, ChatMessage, Dialect } from "#simulator/wire/openai-chat/schema";
import { type Answer, dataFrame, type Seat, type Wire } from "#simulator/wire/wire";
import { openaiError, openaiFailure, openaiMalformed, openaiTooLong, unknownParameter } from "./openai-errors";

const KEYS = new Set(
	`model messages stream stream_options max_tokens max_completion_tokens temperature top_p presence_penalty
	frequency_penalty logit_bias seed stop n logprobs top_logprobs tools tool_choice parallel_tool_calls response_format
	reasoning_effort verbosity service_tier prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier
	user metadata store modalities audio prediction web_search_options moderation`.split(/\s+/),
);
const MESSAGE_KEYS: Readonly<Record<ChatMessage["role"], ReadonlySet<string>>> = {
	system: new Set(["role", "content", "name"]),
	developer: new Set(["role", "content", "name"]),
	user: new Set(["role", "content", "name"]),
	assistant: new Set(["role", "content", "name", "refusal", "annotations", "tool_calls", "audio"]),
	tool: new Set(["role", "content", "name", "tool_call_id"]),
};
const CALL_KEYS = new Set(["id", "type", "function", "custom"]);

/** Whether the model thinks in this request: OpenAI's models do unless they are told not to. */
export function effortOf(effort: string | null | undefined, seat: Seat): Effort {
	if (!seat.model.reasoning) return "none";
	return (effort ?? "medium") as Effort;
}

export function thinkingOf(effort: Effort): Question["thinking"] {
	if (effort === "none") return 0;
	if (effort === "minimal" || effort === "low") return 1;
	return effort === "medium" ? 2 : 3;
}

/** Checks an effort against those that the model takes. */
export function checkEffort(effort: string | null | undefined, seat: Seat, param: string): void {
	if (typeof effort !== "string") return;
	const { efforts } = seat.model.traits;
	if (efforts === undefined && !seat.model.reasoning) {
		throw openaiError(
			400,
			`Unsupported parameter: '${param}' is not supported with this model.`,
			param,
			"unsupported_parameter",
		);
	}
	if (efforts !== undefined && !(efforts as readonly string[]).includes(effort)) {
		const supported = efforts.map((value) => `'${value}'`).join(", ");
		throw openaiError(
			400,
			`Unsupported value: '${param}' does not support '${effort}' with this model. Supported values are: ${supported}.`,
			param,
			"unsupported_value",
		);
	}
}

/** The tier that serves a request, by the name that answers use. */
export function servedTier(tier: string | null | undefined): string {
	if (tier === "fast" || tier === "priority") return "priority";
	return tier === "flex" || tier === "scale" || tier === "ultrafast" ? tier : "default";
}

const SAMPLING = {
	temperature: 1,
	top_p: 1,
	presence_penalty: 0,
	frequency_penalty: 0,
	logprobs: false,
	top_logprobs: 0,
} as const;

const dialect: Dialect = {
	check(body, seat) {
		if (seat.model.traits.responses_only) {
			throw openaiError(404, "This model is only supported in v1/responses and not in v1/chat/completions.", "model");
		}
		checkKeys(body);
		checkReasoningRules(body, seat);
		if (body.stream_options != null && body.stream !== true) {
			throw openaiError(
				400,
				"The 'stream_options' parameter is only allowed when 'stream' is enabled.",
				"stream_options",
			);
		}
		if (body.top_logprobs != null && body.logprobs !== true) {
			throw openaiError(
				400,
				"The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
				"top_logprobs",
			);
		}
		if (body.tools?.length === 0) {
			throw openaiError(
				400,
				"Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
				"tools",
				"empty_array",
			);
		}
		if (body.tools == null && body.tool_choice != null) {
			throw openaiError(
				400,
				"Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
				"tool_choice",
			);
		}
		checkToolNames(body);
		checkAnswered(body.messages);
		if (
			body.response_format?.type === "json_object" &&
			!body.messages.some((message) => /json/i.test(textOf(message)))
		) {
			throw openaiError(
				400,
				"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
				"messages",
			);
		}
		checkStrictSchemas(body);
	},
	malformed: openaiMalformed,
	hears: true,
	speaks,
	thinking: (body, seat) => thinkingOf(effortOf(body.reasoning_effort, seat)),
	limit: (body) => body.max_completion_tokens ?? body.max_tokens ?? null,
	cached: (body, seat, total) => keyedCache(body.prompt_cache_key, seat, total),
	serviceTier: (body) => servedTier(body.service_tier),
	answerId: (seat) => `chatcmpl-${seat.id.slice(0, 29)}`,
	callId: (seat, choice, call) => `call_${seat.id.slice(0, 20)}${choice}${String(call).padStart(3, "0")}`,
	extra: { system_fingerprint: "fp_simulated" },
	messageExtra: { refusal: null },
	reasoning: () => ({}),
	finished: () => ({}),
	usage: openaiUsage,
	reportsCache: "reads and writes",
	usagePlacement: "own_chunk_if_asked",
	callDeltas: "fragments",
	padded: true,
	namedCallStops: true,
	comments: [],
};

/** Models speak when they are asked to, in a voice and a format. */
function speaks({ modalities, audio, stream }: ChatBody, { model, modelId }: Seat): SoundFormat | null {
	if (!Array.isArray(modalities) || !modalities.includes("audio")) return null;
	if (!model.output.includes("audio"))
		throw openaiError(400, `This model does not support audio output: ${modelId}.`, "modalities", "invalid_value");
	const { voice, format } = isObject(audio) ? audio : {};
	if (typeof voice !== "string" || !SPOKEN.includes(format as SoundFormat | "pcm16"))
		throw openaiError(400, "Missing required parameter: 'audio'.", "audio", "missing_required_parameter");
	if (stream === true && format !== "pcm16")
		throw openaiError(
			400,
			"Unsupported value: 'audio.format' with stream=true. Supported values are: 'pcm16'.",
			"audio.format",
		);
	return format === "pcm16" ? "pcm" : (format as SoundFormat);
}

const SPOKEN: readonly (SoundFormat | "pcm16")[] = ["wav", "aac", "mp3", "flac", "opus", "pcm16"];

export function openaiUsage({ usage }: Answer): JsonObject {
	const prompt = usage.uncachedInput + usage.cacheRead + usage.cacheWrite + usage.cacheWriteHour;
	return {
		prompt_tokens: prompt,
		completion_tokens: usage.output,
		total_tokens: prompt + usage.output,
		prompt_tokens_details: {
			cached_tokens: usage.cacheRead,
			cache_write_tokens: usage.cacheWrite,
			audio_tokens: usage.audioInput,
		},
		completion_tokens_details: {
			reasoning_tokens: usage.reasoning,
			audio_tokens: usage.audioOutput,
			accepted_prediction_tokens: 0,
			rejected_prediction_tokens: 0,
		},
	};
}

function checkKeys(body: ChatBody): void {
	const key = unknownKey(body, KEYS);
	if (key !== undefined) throw openaiError(400, `Unrecognized request argument supplied: ${key}`);
	for (const [at, message] of body.messages.entries()) {
		const stranger = unknownKey(message, MESSAGE_KEYS[message.role]);
		if (stranger !== undefined) throw unknownParameter(`messages[${at}].${stranger}`);
		if (message.role !== "assistant") continue;
		for (const [index, call] of (message.tool_calls ?? []).entries()) {
			const foreign = unknownKey(call, CALL_KEYS);
			if (foreign !== undefined) throw unknownParameter(`messages[${at}].tool_calls[${index}].${foreign}`);
		}
	}
}

function checkReasoningRules(body: ChatBody, seat: Seat): void {
	const { traits, reasoning, id } = seat.model;
	checkEffort(body.reasoning_effort, seat, "reasoning_effort");
	checkLimit(dialect.limit(body), seat, body.max_tokens == null ? "max_completion_tokens" : "max_tokens");
	if (reasoning && body.max_tokens != null) {
		throw openaiError(
			400,
			"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
			"max_tokens",
			"unsupported_parameter",
		);
	}
	const effort = effortOf(body.reasoning_effort, seat);
	checkFixedSampling(body, effort, seat);
	const thinks = effort !== "none";
	const rule = traits.tools_via_responses;
	const refusesTools =
		rule === "always" ||
		(rule === "unless_effort_none" && thinks) ||
		(rule === "if_effort_set" && body.reasoning_effort != null && thinks);
	if (refusesTools && body.tools != null) {
		throw openaiError(
			400,
			`Function tools with reasoning_effort are not supported for ${id} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
			"reasoning_effort",
		);
	}
}

/** Models that think sample in one way only; the parameters may be sent with their defaults. */
export function checkFixedSampling(body: Readonly<Record<string, unknown>>, effort: Effort, seat: Seat): void {
	const rule = seat.model.traits.fixed_sampling;
	if (rule === undefined || (rule === "unless_effort_none" && effort === "none")) return;
	for (const [param, fixed] of Object.entries(SAMPLING)) {
		const value = body[param];
		if (value == null || value === fixed) continue;
		throw openaiError(
			400,
			`Unsupported value: '${param}' does not support ${String(value)} with this model. Only the default (${String(fixed)}) value is supported.`,
			param,
			"unsupported_value",
		);
	}
	if (body.logit_bias != null) {
		throw openaiError(
			400,
			"Unsupported parameter: 'logit_bias' is not supported with this model.",
			"logit_bias",
			"unsupported_parameter",
		);
	}
}

/** The limit may not be larger than what the model can produce. */
export function checkLimit(limit: number | null, seat: Seat, param: string): void {
	const { maxOutput } = seat.model;
	if (limit === null || maxOutput === null || limit <= maxOutput) return;
	throw openaiError(
		400,
		`${param} is too large: ${limit}. This model supports at most ${maxOutput} completion tokens, whereas you provided ${limit}.`,
		param,
		"invalid_value",
	);
}

function checkToolNames(body: ChatBody): void {
	for (const [at, tool] of (body.tools ?? []).entries()) {
		const name = tool.type === "function" ? tool.function.name : tool.custom.name;
		if (/^[a-zA-Z0-9_-]{1,64}$/.test(name)) continue;
		const path = `tools[${at}].${tool.type}.name`;
		throw openaiError(
			400,
			`Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
			path,
			"invalid_value",
		);
	}
	const choice = body.tool_choice;
	if (typeof choice === "object" && choice?.type === "function") {
		const isKnown = body.tools?.some((tool) => tool.type === "function" && tool.function.name === choice.function.name);
		if (isKnown !== true) {
			throw openaiError(400, `Tool choice '${choice.function.name}' not found in 'tools' parameter.`, "tool_choice");
		}
	}
}

/** Every tool call must be answered before the conversation goes on, and nothing else may be. */
export function checkAnswered(messages: readonly ChatMessage[]): void {
	let open = new Set<string>();
	for (const [at, message] of messages.entries()) {
		if (message.role === "tool") {
			if (!open.delete(message.tool_call_id)) {
				throw openaiError(
					400,
					"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
					`messages.[${at}].role`,
				);
			}
			continue;
		}
		refuseOpen(open, at);
		open = new Set(message.role === "assistant" ? (message.tool_calls ?? []).map((call) => call.id) : []);
	}
	refuseOpen(open, messages.length);
}

function refuseOpen(open: ReadonlySet<string>, at: number): void {
	if (open.size === 0) return;
	throw openaiError(
		400,
		`An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(", ")}`,
		`messages.[${at}].role`,
	);
}

function checkStrictSchemas(body: ChatBody): void {
	const format = body.response_format;
	if (format?.type === "json_schema" && format.json_schema.strict === true) {
		checkStrict(format.json_schema.schema ?? {}, `response_format '${format.json_schema.name}'`, "response_format");
	}
	for (const [at, tool] of (body.tools ?? []).entries()) {
		if (tool.type !== "function" || tool.function.strict !== true) continue;
		checkStrict(tool.function.parameters ?? {}, `function '${tool.function.name}'`, `tools[${at}].function.parameters`);
	}
}

/** Strict schemas name every property as required and allow no others, all the way down. */
export function checkStrict(schema: unknown, what: string, param: string): void {
	if (Array.isArray(schema)) for (const entry of schema) checkStrict(entry, what, param);
	if (!isObject(schema)) return;
	if (schema.type === "object") {
		const properties = isObject(schema.properties) ? Object.keys(schema.properties) : [];
		const required = Array.isArray(schema.required) ? schema.required : [];
		const missing = properties.find((name) => !required.includes(name));
		const problem =
			schema.additionalProperties !== false
				? "'additionalProperties' is required to be supplied and to be false."
				: missing === undefined
					? null
					: `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
		if (problem !== null) {
			throw openaiError(400, `Invalid schema for ${what}: In context=(), ${problem}`, param, "invalid_json_schema");
		}
	}
	for (const [key, value] of Object.entries(schema)) {
		if (key !== "enum" && key !== "const" && key !== "default" && key !== "examples") checkStrict(value, what, param);
	}
}

export function admitToOpenai(headers: Headers): void {
	checkCredential(headers, ["authorization"], () => openaiFailure(401));
}

/** Headers as OpenAI sends them. */
export function openaiHeaders(id: string): Record<string, string> {
	return {
		"x-request-id": `req_${id}`,
		"openai-version": "2020-10-01",
		"openai-organization": "simulated",
		"openai-processing-ms": "12",
		"x-ratelimit-limit-requests": "10000",
		"x-ratelimit-remaining-requests": "9999",
		"x-ratelimit-reset-requests": "6ms",
		"x-ratelimit-limit-tokens": "2000000",
		"x-ratelimit-remaining-tokens": "1999000",
		"x-ratelimit-reset-tokens": "1m12s",
	};
}

export const openaiChat: Wire = {
	admit: admitToOpenai,
	read: (body, seat) => readChat(body, seat, dialect),
	failure: openaiFailure,
	noModel: (id) =>
		openaiError(404, `The model \`${id}\` does not exist or you do not have access to it.`, null, "model_not_found"),
	tooLong: openaiTooLong,
	errorFrame: () =>
		dataFrame({
			error: {
				message: "The server had an error while processing your request.",
				type: "server_error",
				param: null,
				code: null,
			},
		}),
	lead: "",
	headers: openaiHeaders,
};
