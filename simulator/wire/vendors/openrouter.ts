// OpenRouter's dialect of Chat Completions, with its refusals.
import { pictureSize } from "#core/images/picture-size";
import { isObject, type Json, type JsonObject } from "#lib/json";
import { base64Bytes } from "#lib/text-bytes";
import type { Question } from "#simulator/model/model-behaviour";
import { resultsInPrompt, type Search } from "#simulator/model/search";
import { sign, verify } from "#simulator/model/signature";
import type { Problem } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import { type Drawn, drawnBy } from "#simulator/wire/images/shapes";
import { ECHO_MISSING, forgetsReasoning } from "#simulator/wire/openai-chat/echo";
import { readChat } from "#simulator/wire/openai-chat/index";
import type { ChatBody, Dialect } from "#simulator/wire/openai-chat/schema";
import { type Answer, dataFrame, Refusal, type Seat, type Wire } from "#simulator/wire/wire";

function error(status: number, message: string, metadata?: JsonObject): Refusal {
	return new Refusal(status, {
		error: { message, code: status, ...(metadata === undefined ? {} : { metadata }) },
		user_id: "user_simulated",
	});
}

function failure(status: number, message?: string): Refusal {
	if (status === 401) return error(401, message ?? "No auth credentials found");
	if (status === 402)
		return error(402, message ?? "Insufficient credits. Add more using https://openrouter.ai/settings/credits");
	if (status === 403) {
		return error(403, message ?? "Provider returned error", {
			raw: '{"error":{"message":"This model is not for your account","code":"permission_denied"}}',
			provider_name: "Simulated",
		});
	}
	if (status === 429) {
		return error(429, message ?? "Provider returned error", {
			raw: "simulated model is temporarily rate-limited upstream",
			provider_name: "Simulated",
			error_type: "rate_limit_exceeded",
		});
	}
	if (status >= 500)
		return error(status, message ?? "Provider returned error", {
			provider_name: "Simulated",
			error_type: "provider_unavailable",
		});
	return error(status, message ?? "Invalid request");
}

interface Reasoning {
	/** Null when the model must not think. */
	effort: string | null;
	/** Thought, but not shown. */
	exclude: boolean;
}

function reasoningOf(body: ChatBody, seat: Seat): Reasoning {
	const wish = isObject(body.reasoning) ? body.reasoning : {};
	const effort = typeof wish.effort === "string" ? wish.effort : body.reasoning_effort;
	const isOff = !seat.model.reasoning || effort === "none" || wish.enabled === false;
	return { effort: isOff ? null : (effort ?? "medium"), exclude: wish.exclude === true };
}

function level(effort: string | null): Question["thinking"] {
	if (effort === null) return 0;
	if (effort === "minimal" || effort === "low") return 1;
	return effort === "medium" ? 2 : 3;
}

/** Whose blocks a model's reasoning details are. */
function formatOf(seat: Seat): string {
	const [author] = seat.model.id.replace(/^~/, "").split("/");
	if (author === "anthropic") return "anthropic-claude-v1";
	if (author === "google") return "google-gemini-v1";
	return author === "openai" ? "openai-responses-v1" : "unknown";
}

function detail(text: string, seat: Seat): JsonObject {
	const format = formatOf(seat);
	return format === "openai-responses-v1"
		? { type: "reasoning.summary", summary: text, format, index: 0 }
		: { type: "reasoning.text", text, format, index: 0 };
}

/** What must come back unchanged, after the readable part: a signature or an encrypted block. */
function seal(text: string, seat: Seat): JsonObject | null {
	const format = formatOf(seat);
	if (format === "anthropic-claude-v1")
		return { type: "reasoning.text", text: "", signature: sign(seat.model.id, text), format, index: 0 };
	if (format === "unknown") return null;
	return {
		type: "reasoning.encrypted",
		data: sign(seat.model.id, text),
		id: `rs_${seat.id.slice(0, 16)}`,
		format,
		index: 1,
	};
}

function wholeDetails(text: string, seat: Seat): Json[] {
	const sealed = seal(text, seat);
	if (sealed === null) return [detail(text, seat)];
	return sealed.type === "reasoning.text"
		? [{ ...detail(text, seat), signature: sealed.signature ?? null }]
		: [detail(text, seat), sealed];
}

const dialect: Dialect = {
	check(body, seat) {
		const nested = isObject(body.reasoning) ? body.reasoning.effort : undefined;
		if (typeof nested === "string" && typeof body.reasoning_effort === "string" && nested !== body.reasoning_effort) {
			throw error(400, 'Only one of "reasoning.effort" and "reasoning_effort" may be provided');
		}
		const isThinking = reasoningOf(body, seat).effort !== null;
		if (isThinking && forgetsReasoning(body, seat, "reasoning_content", "reasoning")) {
			throw error(400, "Provider returned error", {
				raw: JSON.stringify({ error: { message: ECHO_MISSING, type: "invalid_request_error" } }),
				provider_name: "DeepSeek",
			});
		}
		for (const message of body.messages) {
			if (message.role === "assistant" && Array.isArray(message.reasoning_details)) {
				checkDetails(message.reasoning_details, seat);
			}
		}
	},
	malformed(problem: Problem): never {
		throw error(
			400,
			`Input validation error: ${problem.path}: expected ${problem.expected}, received ${problem.received}`,
		);
	},
	draws,
	thinking: (body, seat) => level(reasoningOf(body, seat).effort),
	limit: (body) => body.max_completion_tokens ?? body.max_tokens ?? null,
	answerId: (seat) => `gen-${Math.floor(seat.now / 1000)}-${seat.id.slice(0, 20)}`,
	callId: (seat, choice, call) => `call_${seat.id.slice(0, 20)}${choice}${call}`,
	extra: { provider: "Simulated" },
	messageExtra: { refusal: null },
	reasoning(text, seat, streamed, body) {
		if (reasoningOf(body, seat).exclude) return {};
		return { reasoning: text, reasoning_details: streamed ? [detail(text, seat)] : wholeDetails(text, seat) };
	},
	reasoningEnd(text, seat, body) {
		const sealed = seal(text, seat);
		return sealed === null || reasoningOf(body, seat).exclude ? null : { reasoning_details: [sealed] };
	},
	finished: (reason) => ({ native_finish_reason: reason === "stop" ? "completed" : reason }),
	usage,
	search,
	reportsCache: "reads and writes",
	usagePlacement: "own_chunk_with_choice",
	callDeltas: "fragments",
	callIndex: true,
	comments: ["OPENROUTER PROCESSING", "OPENROUTER PROCESSING"],
};

/**
 * Details must come back as they were given, whole or in the pieces of a stream: under a signature stands the text of
 * all pieces since the last one.
 */
function checkDetails(details: readonly unknown[], seat: Seat): void {
	if (formatOf(seat) !== "anthropic-claude-v1") return;
	let text = "";
	for (const entry of details) {
		if (!isObject(entry)) continue;
		if (typeof entry.text === "string") text += entry.text;
		if (typeof entry.signature !== "string" || entry.signature === "") continue;
		if (verify(entry.signature, seat.model.id, text) !== "valid") {
			throw error(400, "Provider returned error", {
				raw: '{"type":"error","error":{"type":"invalid_request_error","message":"Invalid `signature` in `thinking` block"}}',
				provider_name: "Anthropic",
			});
		}
		text = "";
	}
}

/** Models draw when they are asked for pictures, in a shape that they know. */
function draws({ messages, modalities, image_config: config }: ChatBody, text: string, { model }: Seat): Drawn | null {
	const isAsked = Array.isArray(modalities) && modalities.includes("image");
	if (!isAsked) return null;
	if (!model.output.includes("image"))
		throw error(404, "No endpoints found that support the requested output modalities: image, text");
	const { aspect_ratio: shape = "1:1", image_size: size = "1K" } = isObject(config) ? config : {};
	const drawn = drawnBy(model, text, String(shape), String(size));
	if (drawn === null)
		throw error(400, "Provider returned error", { raw: "Invalid image_config", provider_name: "Google" });
	return drawn.data === null ? drawn : { ...drawn, ...unitsOf(model, [drawn.data, ...picturesIn(messages)]) };
}

/** The data of the pictures in a prompt. */
function picturesIn(messages: ChatBody["messages"]): readonly string[] {
	const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as readonly unknown[]) : []));
	return parts.flatMap((part) => {
		const url = isObject(part) && isObject(part.image_url) ? part.image_url.url : undefined;
		const [, data] = typeof url === "string" ? (/^data:image\/\w+;base64,(.*)$/.exec(url) ?? []) : [];
		return data === undefined ? [] : [data];
	});
}

const MEGAPIXEL = 1024 * 1024;

/** What pictures are billed where that is by their size: what is drawn comes first, and the others go in. */
function unitsOf({ rules }: Seat["model"], pictures: readonly string[]): Pick<Drawn, "units"> {
	const { image, megapixel } = rules.imageFees ?? {};
	if (image === undefined && megapixel === undefined) return {};
	const megapixels = pictures.map((data) => {
		const [width, height] = pictureSize(base64Bytes(data)) ?? [1, 1];
		return Math.ceil((width * height) / MEGAPIXEL);
	});
	return {
		units: {
			...(image !== undefined && { image: 1 }),
			...(megapixel !== undefined && { megapixel: megapixels.reduce((sum, each) => sum + each, 0) }),
		},
	};
}

/** The plugin `web` searches once and puts what it found into the prompt. Each result is billed. */
function search({ plugins }: ChatBody): Search | undefined {
	const plugin: unknown = Array.isArray(plugins) ? plugins.find((one) => isObject(one) && one.id === "web") : undefined;
	if (!isObject(plugin)) return undefined;
	return resultsInPrompt(typeof plugin.max_results === "number" ? plugin.max_results : 5);
}

function usage({
	usage: { uncachedInput, cacheRead, cacheWrite, cacheWriteHour, output, reasoning, imageOutput },
	cost,
}: Answer): JsonObject {
	const prompt = uncachedInput + cacheRead + cacheWrite + cacheWriteHour;
	return {
		prompt_tokens: prompt,
		completion_tokens: output,
		total_tokens: prompt + output,
		cost: cost / 1e9,
		is_byok: false,
		cost_details: { upstream_inference_cost: null },
		prompt_tokens_details: {
			cached_tokens: cacheRead,
			cache_write_tokens: cacheWrite + cacheWriteHour,
			audio_tokens: 0,
			video_tokens: 0,
		},
		completion_tokens_details: { reasoning_tokens: reasoning, image_tokens: imageOutput },
	};
}

export const openrouter: Wire = {
	admit: (headers) => checkCredential(headers, ["authorization"], () => failure(401)),
	read: (body, seat) => readChat(body, seat, dialect),
	failure,
	noModel: (id) => error(400, `${id} is not a valid model ID`),
	tooLong: (context, tokens) =>
		error(
			400,
			`This endpoint's maximum context length is ${context} tokens. However, you requested about ${tokens} tokens. Please reduce the length of either one.`,
		),
	errorFrame: () =>
		dataFrame({
			id: "gen-simulated",
			object: "chat.completion.chunk",
			created: 1_700_000_000,
			model: "simulated",
			provider: "Simulated",
			error: {
				code: 502,
				message: "Provider disconnected unexpectedly",
				metadata: { error_type: "provider_unavailable" },
			},
			choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
		}),
	lead: "\n         \n",
	headers: (id) => ({ "x-generation-id": `gen-${id.slice(0, 20)}` }),
};
