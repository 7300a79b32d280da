// The output limit that a request to Workers AI names.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { outputLimit } from "#providers/shared/request-fields";

/** Output tokens for a caller who sets no limit; thinking needs more room. */
const DEFAULT = 4096;
const DEFAULT_WITH_REASONING = 16_384;

/**
 * The output limit in tokens, always sent: without one most models stop after 256. One that the caller did not
 * ask for takes at most half of the context, because input and limit together must fit.
 */
export function workersAiLimit(request: ChatRequest, model: Model): number {
	const limit = outputLimit(request, model);
	if (limit !== undefined) return limit;
	const room = model.context === null ? Number.POSITIVE_INFINITY : Math.floor(model.context / 2);
	const wanted = model.reasoning ? DEFAULT_WITH_REASONING : DEFAULT;
	return Math.min(wanted, room, model.maxOutput ?? wanted);
}
