// What one request came to over all of its attempts.
import { promptTokens } from "#core/chat/usage";
import type { RequestRecord } from "#core/usage/request-record";

/** What a request came to, over all of its attempts. Tokens, and nano-dollars for `cost`. */
interface RequestTotals {
	/** The whole prompt, cached tokens included. */
	readonly input: number;
	/** Of `input`: read from the vendor's cache. */
	readonly cachedInput: number;
	readonly output: number;
	/** Of `output`. */
	readonly reasoning: number;
	readonly cost: number;
	/** Some attempt's charge is not what its provider reported. */
	readonly estimated: boolean;
	/** Some attempt used tokens whose price is not known, which are not in `cost`. */
	readonly unpriced: boolean;
}

export function totalsOf({ attempts }: Pick<RequestRecord, "attempts">): RequestTotals {
	let [input, cachedInput, output, reasoning, cost, estimated, unpriced] = [0, 0, 0, 0, 0, false, false];
	for (const attempt of attempts) {
		cost += attempt.cost;
		estimated ||= attempt.estimated;
		unpriced ||= attempt.unpriced === true;
		if (attempt.usage === null) continue;
		input += promptTokens(attempt.usage);
		cachedInput += attempt.usage.cacheRead;
		output += attempt.usage.output;
		reasoning += attempt.usage.reasoning;
	}
	return { input, cachedInput, output, reasoning, cost, estimated, unpriced };
}
