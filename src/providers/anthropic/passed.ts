// Sends a request in Messages to Anthropic as it came, where the model takes it so.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { isObject, type JsonObject } from "#lib/json";
import { append } from "#lib/list";
import { outputLimit } from "#providers/shared/request-fields";
import { hasFixedSampling } from "#providers/shared/sampling";
import { passedBetas } from "./betas";

const SAMPLING = ["temperature", "top_p", "top_k"] as const;
/** How a model thinks that takes this kind of thinking. */
const THINKS: Readonly<Record<string, readonly unknown[]>> = {
	enabled: ["budget"],
	adaptive: ["adaptive", "always"],
	disabled: ["budget", "adaptive", undefined],
};

/**
 * The body of `/messages` as the caller wrote it; null where something in it has to be put otherwise for the model.
 * Anthropic refuses fields that it does not know unless a beta of the caller's brings them: without one they go into
 * `dropped`, and where a beta is left out, what it brings may stand anywhere.
 */
export function passedBody(request: ChatRequest, model: Model, dropped: string[]): JsonObject | null {
	const { passed, stream, anthropicHeaders: { betas } = {} } = request;
	const limit = outputLimit(request, model);
	if (passed?.face !== "messages" || limit === undefined || !suits(passed.body, request, model, limit)) return null;
	const body = { ...passed.body, model: model.id, max_tokens: limit, ...(stream && { stream }) };
	if (betas === undefined) {
		append(dropped, Object.keys(passed.unknown));
		return body;
	}
	return passedBetas(betas, body, model, []) === betas ? { ...body, ...passed.unknown } : null;
}

function suits(body: JsonObject, request: ChatRequest, model: Model, limit: number): boolean {
	const { traits } = model;
	const { thinking, tool_choice: choice, output_config: output } = body;
	const doesThink = isObject(thinking) && thinking.type !== "disabled";
	const isForced = isObject(choice) && (choice.type === "any" || choice.type === "tool");
	const mayThink = doesThink || traits.thinking === "adaptive" || traits.thinking === "always";
	if (body.tools !== undefined && !model.tools) return false;
	if (isForced && (mayThink || traits.no_forced_tools === true)) return false;
	if (traits.no_system_prompt === true && body.system !== undefined) return false;
	return (
		suitsThinking(thinking, model, limit) &&
		suitsEffort(output, model) &&
		suitsSampling(body, request, model, doesThink)
	);
}

function suitsThinking(thinking: unknown, { traits }: Model, limit: number): boolean {
	if (!isObject(thinking)) return true;
	const { type, budget_tokens: budget } = thinking;
	if (typeof budget === "number" && budget >= limit) return false;
	return typeof type === "string" && THINKS[type]?.includes(traits.thinking) === true;
}

function suitsEffort(output: unknown, model: Model): boolean {
	const wanted = isObject(output) ? output.effort : undefined;
	if (typeof wanted !== "string") return true;
	const isTaken = model.traits.thinking === "adaptive" || model.traits.thinking === "always";
	return isTaken && model.traits.efforts?.some((effort) => effort === wanted) !== false;
}

/** Newer models take one of the two at most, and some none. */
function suitsSampling(body: JsonObject, request: ChatRequest, model: Model, doesThink: boolean): boolean {
	const isSet = SAMPLING.some((name) => body[name] !== undefined);
	if (isSet && (doesThink || hasFixedSampling(request, model))) return false;
	return body.temperature === undefined || body.top_p === undefined;
}
