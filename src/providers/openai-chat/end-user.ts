// Names the caller's end user to OpenAI.
import type { ChatRequest } from "#core/chat/chat";

/** Longest `safety_identifier` that OpenAI accepts. */
const LIMIT = 64;

/** The caller's end user in OpenAI's words; one that does not fit is left out and named in `dropped`. */
export function safetyIdentifier({ user }: ChatRequest, dropped: string[]): { safety_identifier?: string } {
	if (user === undefined) return {};
	if (user.length <= LIMIT) return { safety_identifier: user };
	dropped.push("user");
	return {};
}
