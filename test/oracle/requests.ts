/**
 * What a caller may send: OpenAI's types as its own SDK declares them. Nothing imports this file; `generate.ts` turns
 * it into a JSON schema, of which a test makes requests.
 */
import type { ChatCompletionCreateParamsBase } from "openai/resources/chat/completions/completions";

export interface Requests {
	chat: ChatCompletionCreateParamsBase;
}
