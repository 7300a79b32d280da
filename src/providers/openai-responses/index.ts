// The adapter of OpenAI's Responses API.
import type { ChatAdapter } from "#providers/adapter";
import { openaiModels } from "#providers/model-lists/listers";
import { openaiFault } from "#providers/openai-chat/errors";
import { openaiNative } from "#providers/openai-chat/own-api";
import { inputTokensEndpoint, responsesEndpoint } from "./own-api";
import { passedBody } from "./passed";
import { ResponsesRelay } from "./relay";
import { encodeResponses } from "./request";
import { decodeResponse } from "./response";
import { ResponsesStreamDecoder } from "./stream";

/** Chat over OpenAI's Responses API. */
export const openaiResponses: ChatAdapter = {
	credentialHeader: "authorization",
	version: "v1",
	models: openaiModels,
	fault: openaiFault,
	chat: {
		encode: encodeResponses,
		decode: (body, request) => decodeResponse(body, request),
		decoder: ({ responses }) => new ResponsesStreamDecoder(responses?.itemized),
		relay: (request, model) => (passedBody(request, model) === null ? null : new ResponsesRelay()),
	},
	native: openaiNative([responsesEndpoint, inputTokensEndpoint]),
};
