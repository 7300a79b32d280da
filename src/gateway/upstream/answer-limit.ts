/** How much of one answer is read to be kept: whole, collected from a stream, or held back before it is passed on. */
import type { UpstreamError } from "#core/fault";
import { malformed } from "#providers/shared/faults";

/** Largest answer that is kept, in bytes. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export function answerTooLarge(): UpstreamError {
	return malformed(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
}
