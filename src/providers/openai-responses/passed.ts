// Sends a request in Responses to OpenAI as it came, where the model takes it so.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { isObject, type JsonObject } from "#lib/json";
import { outputLimit } from "#providers/shared/request-fields";
import { hasFixedSampling } from "#providers/shared/sampling";

/** The Responses API refuses a lower output limit. */
export const MIN_LIMIT_TOKENS = 16;
/** What a model thought comes back with this alone where nothing is stored. */
export const ENCRYPTED_REASONING = "reasoning.encrypted_content";

const SAMPLING = ["temperature", "top_p", "top_logprobs"] as const;

/** The body of `/responses` as the caller wrote it; null where something in it must be put otherwise for the model. */
export function passedBody(request: ChatRequest, model: Model): JsonObject | null {
	const { passed, stream } = request;
	if (passed?.face !== "responses" || !suits(passed.body, request, model)) return null;
	const limit = outputLimit(request, model);
	const include = Array.isArray(passed.body.include) ? passed.body.include : [];
	return {
		...passed.body,
		model: model.id,
		stream,
		store: false,
		...(limit !== undefined && { max_output_tokens: Math.max(limit, MIN_LIMIT_TOKENS) }),
		include: include.includes(ENCRYPTED_REASONING) ? include : [...include, ENCRYPTED_REASONING],
	};
}

function suits(body: JsonObject, request: ChatRequest, model: Model): boolean {
	const { traits } = model;
	const { tools, tool_choice: choice } = body;
	const isForced = choice === "required" || isObject(choice);
	if (Array.isArray(tools) && tools.length > 0 && (!model.tools || (isForced && traits.no_forced_tools === true)))
		return false;
	const { reasoning_effort: effort } = request;
	const takesEffort =
		traits.efforts === undefined ? model.reasoning : effort === undefined || traits.efforts.includes(effort);
	if (isObject(body.reasoning) && !takesEffort) return false;
	const isSampled = SAMPLING.some((name) => body[name] !== undefined) || request.logprobs === true;
	return !isSampled || !hasFixedSampling(request, model);
}
