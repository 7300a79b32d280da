// The adapter of OpenAI's Responses API.
import type { ChatAdapter } from "#providers/adapter";
import { openaiFault } from "#providers/openai-chat/errors";
import { encodeResponses } from "./request";
import { decodeResponse } from "./response";
import { ResponsesStreamDecoder } from "./stream";

/** Chat over OpenAI's Responses API. */
export const openaiResponses: ChatAdapter = {
	credentialHeader: "authorization",
	version: "v1",
	fault: openaiFault,
	chat: {
		encode: encodeResponses,
		decode: decodeResponse,
		decoder: () => new ResponsesStreamDecoder(),
	},
};
