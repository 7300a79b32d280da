// The most input tokens of a call with several prompts that its model reads apart.
import { byteLength } from "#lib/text-bytes";

/** What vendors usually put around a prompt at most, in tokens: its ends, and words for the task of its embedding. */
const USUAL_OVERHEAD = 16;

/**
 * The most tokens that a vendor can count in `prompts`: each byte of a text, since no token is less than a byte, and
 * each token of one that is given in tokens; `overhead` is what the vendor puts around each, in tokens. Their windows
 * do not lower it: what is longer is refused or cut, and a vendor that cuts may bill the whole.
 */
export function promptsBound(prompts: readonly (string | readonly number[])[], overhead = USUAL_OVERHEAD): number {
	return prompts.reduce<number>(
		(sum, prompt) => sum + overhead + (typeof prompt === "string" ? byteLength(prompt) : prompt.length),
		0,
	);
}
