// Decides how a Claude model thinks in a request.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import { effortFor } from "#providers/shared/effort";
import type { AnthropicConversation } from "./messages";

/** How the model thinks in one request. */
export interface ThinkingPlan {
	/** The native field; absent to leave the model as it is. */
	thinking?: JsonObject;
	/** For `output_config`. */
	effort?: string;
	/** Whether earlier thinking goes back to the model. */
	replays: boolean;
}

/** Tokens to think in by effort, for models that take a budget. */
const BUDGETS = { minimal: 1024, low: 2048, medium: 8192, high: 16384, xhigh: 24576, max: 32768 } as const;
/** The least budget that Anthropic accepts. */
const MIN_BUDGET_TOKENS = 1024;
/** How much of the output limit may go into thinking, so that an answer remains. */
const THINKING_SHARE = 0.8;

/** Decides the thinking from effort, model and what rules it out; an effort that is lost is named in `dropped`. */
export function thinkingPlan(
	request: ChatRequest,
	model: Model,
	conversation: AnthropicConversation,
	{ isForced, maxTokens }: { isForced: boolean; maxTokens: number },
	dropped: string[],
): ThinkingPlan {
	const wanted = request.reasoning_effort;
	switch (model.traits.thinking) {
		case "adaptive":
		case "always":
			return model.traits.thinking === "adaptive" && (wanted === "none" || isForced)
				? withoutThinking(request, model, dropped)
				: adaptive(request, model, dropped);
		case "budget": {
			if (wanted === undefined || wanted === "none") return { replays: false };
			const budget = Math.min(BUDGETS[wanted], Math.floor(maxTokens * THINKING_SHARE));
			const isRuledOut = isForced || conversation.isPrefilled || conversation.isUnthinkingLoop;
			if (!isRuledOut && budget >= MIN_BUDGET_TOKENS) {
				return { thinking: { type: "enabled", budget_tokens: budget }, replays: true };
			}
			dropped.push("reasoning_effort");
			return { replays: false };
		}
		default:
			if (wanted !== undefined && wanted !== "none") dropped.push("reasoning_effort");
			return { replays: false };
	}
}

/** These models think by themselves; asked for, their summaries come along at no cost. */
function adaptive(request: ChatRequest, model: Model, dropped: string[]): ThinkingPlan {
	const thinking = { type: "adaptive", display: "summarized" };
	if (request.reasoning_effort === "none") {
		// It cannot be turned off, so it is held low.
		dropped.push("reasoning_effort");
		return { thinking, effort: "low", replays: true };
	}
	const effort = effortFor(request, model, dropped);
	return { thinking, ...(effort !== undefined && { effort }), replays: true };
}

/** Thinking rules out a forced tool. Above "high" an effort in turn needs thinking. */
function withoutThinking(request: ChatRequest, model: Model, dropped: string[]): ThinkingPlan {
	const thinking = { type: "disabled" };
	if (request.reasoning_effort === "none") return { thinking, replays: false };
	const effort = effortFor(request, model, dropped);
	if (effort === undefined) return { thinking, replays: false };
	return { thinking, effort: effort === "xhigh" || effort === "max" ? "high" : effort, replays: false };
}
