/**
 * Any server that speaks OpenAI's protocol, as the common ones do: lenient, with whole tool calls that carry no index.
 */

import type { Effort } from "#core/chat/chat";
import type { Problem } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import { openaiUsage, thinkingOf } from "#simulator/wire/vendors/openai";
import { dataFrame, Refusal, type Wire } from "#simulator/wire/wire";
import { readChat } from "./index";
import type { Dialect } from "./schema";

function failure(status: number, message?: string): Refusal {
	const type =
		status === 401
			? "AuthenticationError"
			: status === 404
				? "NotFoundError"
				: status >= 500
					? "InternalServerError"
					: "BadRequestError";
	return new Refusal(status, { error: { message: message ?? "The request failed.", type, param: null, code: status } });
}

/** What such servers have in common. */
export const compatibleDialect: Dialect = {
	check() {},
	malformed(problem: Problem): never {
		throw failure(400, `${problem.path}: expected ${problem.expected}, received ${problem.received}`);
	},
	thinking: (body) => thinkingOf((body.reasoning_effort ?? "none") as Effort),
	limit: (body) => body.max_completion_tokens ?? body.max_tokens ?? null,
	answerId: (seat) => `chatcmpl-${seat.id}`,
	callId: (seat, choice, call) => `chatcmpl-tool-${seat.id.slice(0, 16)}${choice}${call}`,
	extra: {},
	messageExtra: {},
	reasoning: (text) => ({ reasoning_content: text }),
	finished: () => ({}),
	usage: openaiUsage,
	reportsCache: "reads and writes",
	usagePlacement: "own_chunk_if_asked",
	callDeltas: "whole",
	comments: [],
};

export const openaiCompatible: Wire = {
	admit: (headers) => checkCredential(headers, ["authorization"], () => failure(401)),
	read: (body, seat) => readChat(body, seat, compatibleDialect),
	failure,
	noModel: (id) => failure(404, `The model \`${id}\` does not exist.`),
	tooLong: (context) => failure(400, `This model's maximum context length is ${context} tokens.`),
	errorFrame: () =>
		dataFrame({ error: { message: "The engine stopped.", type: "InternalServerError", param: null, code: 500 } }),
	lead: "",
	headers: () => ({ server: "uvicorn" }),
};
