// Finds the output limit in an encoded request.
import { isObject, type JsonObject } from "#lib/json";

/** Where the protocols name their limit. Callers cannot set these natively, so an encoded body holds one at most. */
const FIELDS = ["max_completion_tokens", "max_tokens", "max_output_tokens"] as const;

/** The output limit in tokens per choice that an encoded body tells its upstream; null when it tells none. */
export function outputLimitOf(body: JsonObject): number | null {
	for (const field of FIELDS) {
		const limit = body[field];
		if (typeof limit === "number") return limit;
	}
	const config = body.generationConfig;
	return isObject(config) && typeof config.maxOutputTokens === "number" ? config.maxOutputTokens : null;
}
