// What of an answer of Workers AI is the model's.
import { isObject } from "#lib/json";
import { malformed } from "#providers/shared/faults";
import { workersAiErrorWithin } from "./errors";

/** The model's own answer: Cloudflare's API wraps what the binding answers bare. Throws `UpstreamError`. */
export function answerWithin(body: unknown): Record<string, unknown> {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	const error = workersAiErrorWithin(body);
	if (error !== null) throw error;
	return body.success === true && isObject(body.result) ? body.result : body;
}
