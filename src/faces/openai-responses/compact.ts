/**
 * OpenAI's compaction: a conversation in, and items out that stand for all of it, what is left of the model's part
 * encrypted. Only OpenAI can make and read it.
 */
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import { unsupportedParameter } from "#core/errors";
import type { AnswerHead, Face, Parsed } from "#faces/face";
import { isObject } from "#lib/json";
import type { NanoUsd } from "#metering/money";
import { openaiResponses } from "./index";
import { parseContinued, type ResponsesStyle } from "./parse";
import { type ResponseObject, responsesUsage } from "./shell";
import { responseId, storageWish, suffixOf } from "./stored";

export const openaiCompact: Face<ChatRequest, Completion, Chunk, ResponsesStyle> = {
	...openaiResponses,
	name: "compact",
	parse: parseCompact,
	whole: renderCompacted,
	stream: () => {
		throw new TypeError("a compaction never asks for a stream");
	},
	// It may go on from stored answers, and is none itself.
	storage: { ...openaiResponses.storage, wish: (body) => ({ ...storageWish(body), store: false }) },
};

function parseCompact(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ChatRequest, ResponsesStyle> {
	if (isObject(body) && body.stream === true) {
		throw unsupportedParameter("stream", "a compaction comes whole");
	}
	const parsed = parseContinued(body, providerNamed);
	const { passed: _, ...request } = parsed.request;
	const { responses = { tools: [], fields: {} } } = request;
	return { ...parsed, relays: false, request: { ...request, responses: { ...responses, compacts: true } } };
}

function renderCompacted(
	{ requestId, receivedAt }: AnswerHead,
	{ choices }: Completion,
	usage: Usage,
	cost: NanoUsd | null,
): ResponseObject {
	return {
		id: responseId(suffixOf(requestId)),
		object: "response.compaction",
		created_at: Math.floor(receivedAt / 1000),
		output: choices[0]?.message.items ?? [],
		usage: responsesUsage(usage, cost),
	};
}
