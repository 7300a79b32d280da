import type { ChatAdapter } from "./adapter";
import { openaiFault } from "./openai-faults";
import { decodeResponse } from "./openai-responses-reply";
import { encodeResponses } from "./openai-responses-request";
import { ResponsesStreamDecoder } from "./openai-responses-stream";

/** Chat over OpenAI's Responses API. */
export const openaiResponses: ChatAdapter = {
	credentialHeader: "authorization",
	version: "v1",
	encode: encodeResponses,
	decode: decodeResponse,
	decoder: () => new ResponsesStreamDecoder(),
	fault: openaiFault,
};
