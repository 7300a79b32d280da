// Parses a legacy completions request into the canonical one.
import * as v from "valibot";
import type { ChatRequest } from "#core/chat/chat";
import { invalidRequest, unsupportedParameter } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { parseChat } from "#faces/openai-chat/parse";
import { isObject } from "#lib/json";

/** How the caller wants the answer written. */
export interface CompletionsStyle {
	/** A chunk with the usage before the end of the stream. */
	readonly includeUsage: boolean;
}

/** What OpenAI's API writes at most when a request names no limit, in tokens. */
const DEFAULT_MAX_TOKENS = 16;
/** The most alternatives to each token that OpenAI's API tells of. */
const MAX_LOGPROBS = 5;

const ONE_TEXT = "must be a text, or an array with one text: the prompts of a request are answered one by one here";
const Prompt = v.pipe(v.string(ONE_TEXT), v.minLength(1));
const PromptList = v.pipe(v.array(Prompt), v.length(1, ONE_TEXT));

/** The fields that completions have and chat has not, or in another form. */
export const RequestSchema = v.looseObject({
	prompt: v.lazy<typeof Prompt | typeof PromptList>((input) => (Array.isArray(input) ? PromptList : Prompt)),
	logprobs: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_LOGPROBS))),
	suffix: v.nullish(v.string()),
	echo: v.nullish(v.boolean()),
	best_of: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
	n: v.nullish(v.unknown()),
	max_tokens: v.nullish(v.unknown()),
});

/** Fields of chat that a completion has no words for: a conversation, and what is answered with beside a text. */
const CHATS = [
	"messages",
	"tools",
	"tool_choice",
	"functions",
	"function_call",
	"modalities",
	"audio",
	"max_completion_tokens",
] as const;

/**
 * Parses a completions body into the canonical request: the prompt becomes the one message of a user, all else is read
 * as in Chat Completions. Throws `GatewayError` 400 naming the offending field.
 */
export function parseCompletions(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ChatRequest, CompletionsStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(RequestSchema, body, { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const { prompt, suffix, echo, best_of: bestOf, logprobs, max_tokens: limit, ...rest } = result.output;
	const chats = CHATS.find((field) => rest[field] != null);
	if (chats !== undefined) {
		throw unsupportedParameter(
			chats,
			`\`${chats}\` belongs to \`/v1/chat/completions\`: a completion has a \`prompt\``,
		);
	}
	refuse(suffix ? "suffix" : null, "no model that chats fills in a text between two others");
	refuse(echo === true ? "echo" : null, "the answer holds what the model wrote; put the prompt before it yourself");
	refuse(
		bestOf != null && bestOf !== (rest.n ?? 1) ? "best_of" : null,
		"no provider picks the best of several answers; `n` gets them all",
	);
	const asked = {
		...rest,
		messages: [{ role: "user", content: typeof prompt === "string" ? prompt : prompt[0] }],
		max_tokens: limit ?? DEFAULT_MAX_TOKENS,
		...(logprobs != null && { logprobs: true, top_logprobs: logprobs }),
	};
	const { request, preference, style } = parseChat(asked, providerNamed);
	return { request, preference, style: { includeUsage: style.includeUsage }, relays: false };
}

function refuse(field: string | null, why: string): void {
	if (field !== null) throw unsupportedParameter(field, why);
}
